"""The files that a PaaS reads agree with the code."""

import json
import re
import sys
from pathlib import Path

import pytest
from honcho.environ import parse_procfile

from bot.cli import COMMANDS
from bot.settings import Settings

ROOT = Path(__file__).parents[2]
SETTINGS = {name.upper() for name in Settings.model_fields}


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


class TestFiles:
    """Procfile, app.json, requirements.txt and the rest as buildpacks read them."""

    @pytest.mark.parametrize("process", ["release", "web"])
    def test_procfile_calls_commands_that_there_are(self, process: str) -> None:
        command = parse_procfile(text_of("Procfile")).processes[process].split()
        assert command[:3] == ["python", "-m", "bot"]
        assert command[3] in COMMANDS

    def test_app_json_sets_only_what_is_a_setting(self) -> None:
        """It also adds a database, so that nothing is lost with the disk."""
        app = json.loads(text_of("app.json"))
        assert set(app["env"]) <= SETTINGS
        assert any(addon.startswith("heroku-postgresql") for addon in app["addons"])

    def test_env_example_names_only_settings(self) -> None:
        """A name that is not a setting would have no effect."""
        named = re.findall(r"^# ([A-Z_]+)=", text_of(".env.example"), re.M)
        assert named
        assert set(named) <= SETTINGS

    def test_env_example_has_values_that_end_with_their_line(self) -> None:
        """The EnvironmentFile of systemd and ``docker --env-file`` would take a comment as part of the value."""
        assert not re.findall(r"^# [A-Z_]+=.*[ \t].*$", text_of(".env.example"), re.M)

    @pytest.mark.parametrize("file", ["requirements.txt", "requirements-semantic.txt"])
    def test_requirements_are_pinned_with_hashes(self, file: str) -> None:
        pinned = text_of(file).replace("\\\n", " ")
        requirements = [line for line in pinned.splitlines() if line and not line.lstrip().startswith("#")]
        assert requirements
        for requirement in requirements:
            assert re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", requirement), requirement

    def test_python_version_is_one_that_we_run_on(self) -> None:
        """Major and minor only, so that security releases come by themselves."""
        version = tuple(map(int, text_of(".python-version").split(".")))
        assert (3, 11) <= version <= (3, 14)
        assert f"python:{'.'.join(map(str, version))}-slim" in text_of("Dockerfile")
        assert sys.version_info >= (3, 11)

    def test_the_container_is_nobody(self) -> None:
        """Not root, and its entry is the one command."""
        dockerfile = text_of("Dockerfile")
        assert re.search(r"^USER 10001:10001$", dockerfile, re.M)
        assert dockerfile.index("USER") < dockerfile.index('CMD ["python", "-m", "bot", "run"]')

    def test_the_container_is_given_what_it_copies_and_nothing_else(self) -> None:
        """It contains neither tests nor a .env, a database or bytecode."""
        copied = re.findall(r"^COPY (?!--from)(\S+) \S+$", text_of("Dockerfile"), re.M)
        everything, *rest = text_of(".dockerignore").split()
        assert everything == "*"
        assert {line[1:] for line in rest if line.startswith("!")} == set(copied)
        assert "**/__pycache__" in rest[len(copied) :]

    def test_bytecode_in_the_container_does_not_go_by_times(self) -> None:
        """Which the engine rounds; pip's own bytecode would go by them."""
        dockerfile = text_of("Dockerfile")
        modes = re.findall(r"compileall -q(?: --invalidation-mode (\S+))?", dockerfile)
        assert len(modes) == 3
        assert set(modes) <= {"checked-hash", "unchecked-hash"}
        assert re.search(r"pip .*install .*--no-compile", dockerfile)


class TestWalkThroughs:
    """docs/operators.md has less than ten lines of commands for each place."""

    @pytest.mark.parametrize(
        "place", ["Heroku", "Dokku", "Render", "Railway", "Fly", "A server of your own", "A container"]
    )
    def test_is_short(self, place: str) -> None:
        section = re.search(rf"^### {place}.*?\n(.*?)(?=^##|\Z)", text_of("docs/operators.md"), re.M | re.S)
        assert section, place
        block = re.search(r"```\n(.*?)```", section[1], re.S)
        assert block
        assert len(block[1].splitlines()) < 10

    def test_a_server_of_ones_own_has_what_the_unit_looks_for(self) -> None:
        """The checkout, its packages, the settings."""
        section = text_of("docs/operators.md").partition("### A server of your own")[2].partition("\n###")[0]
        unit = text_of("docs/nota.service")
        [folder], [settings] = (
            re.findall(r"^WorkingDirectory=(.*)$", unit, re.M),
            re.findall(r"^EnvironmentFile=(.*)$", unit, re.M),
        )
        assert re.search(rf"^git clone \S+ {folder} && cd {folder}$", section, re.M)
        assert f" {settings}" in section
        assert set(re.findall(r"^Exec\w+=(\S+) -m bot ", unit, re.M)) == {f"{folder}/.venv/bin/python"}
        assert "python3 -m venv .venv" in section
