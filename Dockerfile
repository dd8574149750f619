# Runs as an unprivileged user, on a read-only file system:
#   docker run --read-only -p 8080:8080 -e PUBLIC_URL=https://… -e DATABASE_URL=postgres://… -e TELEGRAM_TOKEN=… nota
# Without DATABASE_URL, mount a volume on /app/data for the SQLite file; without PUBLIC_URL, publish no port to strangers.
# Your own dossier: -v /srv/dossier:/content:ro -e CONTENT_DIR=/content, or an image that is made of this one (docs/operators.md).
# Python 3.13.15 on Debian 13, for every architecture. Newer: --build-arg BASE=python:3.13-slim, and its digest here in each release.
ARG BASE=python:3.13-slim@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b
FROM ${BASE} AS python
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=2 PORT=8080
# The image comes without bytecode, and its user may write none: compiling at each start takes a second. Bytecode is checked by a
# hash, because container engines round the times of files, by which it would count as outdated.
RUN python -m compileall -q --invalidation-mode unchecked-hash -x '/(test|idlelib|site-packages)/' /usr/local/lib/python3.13

FROM python AS packages
COPY requirements.txt .
RUN python -m venv --without-pip /venv && \
    pip --python /venv install --no-cache-dir --no-compile --require-hashes -r requirements.txt && \
    python -m compileall -q --invalidation-mode unchecked-hash /venv

FROM python
WORKDIR /app
COPY --from=packages /venv /venv
COPY bot bot
COPY content content
RUN python -m compileall -q --invalidation-mode checked-hash bot && mkdir data && chown 10001:10001 data
USER 10001:10001
EXPOSE 8080
# docker build --build-arg COMMIT=$(git rev-parse HEAD)
ARG COMMIT=
ENV COMMIT=$COMMIT
CMD ["python", "-m", "bot", "run"]
