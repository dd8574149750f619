# Runs as nobody in particular, on a read-only file system:
#   docker run --read-only -p 8080:8080 -e DATABASE_URL=postgres://… -e TELEGRAM_TOKEN=… nota
# Without DATABASE_URL, mount a volume on /app/data for the SQLite file.
FROM python:3.13-slim AS packages
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONOPTIMIZE=2 MALLOC_ARENA_MAX=2 PORT=8080
WORKDIR /app
COPY --from=packages /venv /venv
COPY bot bot
COPY content content
# the bytecode of PYTHONOPTIMIZE=2, for Python's own modules and the packages too: who runs it may write none
RUN python -m compileall -q /usr/local/lib/python3.13 /venv bot; mkdir data && chown 10001:10001 data
USER 10001:10001
EXPOSE 8080
CMD ["python", "-m", "bot", "run"]
