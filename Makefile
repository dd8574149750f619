# Every target sets up what it needs in .venv by itself. PYTHON picks the interpreter (3.11 to 3.14).
PYTHON ?= python3
BIN := .venv/bin
DEV := .venv/.ready-dev
RUN := .venv/.ready
# Two more than there are processors: half of the tests' time is waiting. Files go to them in their own order, which ends with quick ones.
PROCESSES := $(shell printf '%s\n' 6 $$(expr $$(getconf _NPROCESSORS_ONLN) + 2) | sort -n | head -1)
SHARED := -p tests.parallel -o console_output_style=classic

.DEFAULT_GOAL := help
.PHONY: help audit run test slow check format bench chaos evaluate fit pictures screenshot demo fonts requirements

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(RUN): requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(DEV): requirements.txt requirements-dev.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ $(RUN)

run: $(RUN) ## run what the settings enable; with none, the preview on http://127.0.0.1:8080
	@$(BIN)/python -m bot run

test: $(DEV) ## the tests, but for what takes long
	@$(BIN)/python -m pytest $(SHARED) --processes $(PROCESSES) $(ARGS)

slow: $(DEV) ## the tests that take seconds each (processes, deployments, browsers), those on PostgreSQL and in other modes again, and properties with more examples
	@$(BIN)/python -m pytest -m "(slow or hypothesis) and not chaos" --hypothesis-profile thorough $(SHARED) --processes 4 $(ARGS)

check: $(DEV) ## formatting, lint, types, imports, content
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m bot check --strict

format: $(DEV) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

audit: $(DEV) ## known faults of what we depend on (needs the internet)
	@$(BIN)/pip-audit --disable-pip -r requirements.txt

evaluate: $(DEV) ## how well questions in people's own words are understood
	@$(BIN)/python -m tests.evaluation $(ARGS)

fit: $(DEV) ## fit the matcher's weights anew: bot/matching/weights.json
	@$(BIN)/python -m tests.evaluation.fit $(ARGS)

bench: $(DEV) ## speed and memory, against peers in the same run
	@$(BIN)/python -m benchmarks

chaos: $(DEV) ## kills, faults and soaks; slow
	@$(BIN)/python -m pytest -m "chaos and not alone" -n 3 -rA $(ARGS)
	@$(BIN)/python -m pytest -m "chaos and alone" -rA -s $(ARGS)

pictures: $(RUN) ## every picture in every language, light and dark
	@$(BIN)/python -m bot pictures

screenshot: $(DEV) ## the pictures in docs/ of the preview and of the page (needs chromium)
	@$(BIN)/python -m tests.platforms.web.screenshot

demo: $(DEV) ## the moving picture of the README, light and dark (needs chromium)
	@$(BIN)/python -m tests.platforms.web.demo

fonts: $(DEV) ## the page's typefaces, as subsets of the packaged ones
	@$(BIN)/python -m tests.platforms.web.typefaces

requirements: ## pin anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra semantic -c requirements.txt -o requirements-semantic.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml --extra documents -c requirements.txt -o requirements-documents.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --group bench -o requirements-bench.txt
