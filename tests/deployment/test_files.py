"""The files that a PaaS or a container engine reads agree with the code."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from honcho.environ import parse_procfile

from bot.cli import COMMANDS
from bot.settings import setting_names, settings_groups
from tests.tables import table

ROOT = Path(__file__).parents[2]
SETTINGS = set(setting_names())


def composers() -> list[Any]:
    """The programs of this machine that read compose.yaml; if there is none, the reason why the test is skipped."""
    docker = ("docker", "compose")
    found: list[Any] = [(name,) for name in ("docker-compose", "podman-compose") if shutil.which(name)]
    if (
        shutil.which("docker")
        and subprocess.run([*docker, "version"], check=False, capture_output=True).returncode == 0
    ):
        found.append(docker)
    missing = pytest.mark.skip(
        reason="no docker compose and no podman-compose on this machine (apt install podman-compose)"
    )
    return found or [pytest.param((), marks=missing, id="none")]


def test_what_is_imported_is_declared() -> None:
    """In pyproject.toml, and not only brought by something else that is."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*declared["dependencies"], *chain(*declared["optional-dependencies"].values())]
    names = {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in lines}  # type: ignore[index]
    trees = [ast.parse(file.read_text("utf-8")) for file in (ROOT / "bot").rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {each.name for node in nodes if isinstance(node, ast.Import) for each in node.names}
    imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    modules = {name.partition(".")[0] for name in imported} - {"bot", "__future__"} - sys.stdlib_module_names
    brought_by = packages_distributions()
    missing = {
        module
        for module in modules
        if not names & {each.lower().replace("_", "-") for each in brought_by.get(module, (module,))}
    }
    assert missing == set()


FIELDS = {name: field for group in settings_groups() for name, field in group.model_fields.items()}
COMPOSERS = composers()


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

    @pytest.mark.parametrize("file", ["requirements.txt", "requirements-semantic.txt", "requirements-documents.txt"])
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

    def test_an_image_of_a_dossier(self) -> None:
        """The one of docs/operators.md answers from what it has copied and checked, beside which nothing of ours lies."""
        [block] = re.findall(r"```dockerfile\n(.*?)```", text_of("docs/operators.md"), re.S)
        folders = re.findall(r"^ENV CONTENT_DIR=(\S+)$|^COPY \. (\S+)$|^RUN python -m bot check (\S+)$", block, re.M)
        assert len(folders) == 3
        assert {name for names in folders for name in names if name} == {"/content"}
        assert "CONTENT_DIR" not in tomllib.loads(text_of("fly.toml"))["env"]  # which would win

    def test_bytecode_in_the_container_does_not_go_by_times(self) -> None:
        """Which the engine rounds; pip's own bytecode would go by them."""
        dockerfile = text_of("Dockerfile")
        modes = re.findall(r"compileall -q(?: --invalidation-mode (\S+))?", dockerfile)
        assert len(modes) == 3
        assert set(modes) <= {"checked-hash", "unchecked-hash"}
        assert re.search(r"pip .*install .*--no-compile", dockerfile)


HEALTH = "/healthz"
RELEASE, WEB = "python -m bot migrate", "python -m bot run"


def render() -> tuple[dict[str, Any], dict[str, Any]]:
    """The service and the database of render.yaml."""
    blueprint = yaml.safe_load(text_of("render.yaml"))
    [service], [database] = blueprint["services"], blueprint["databases"]
    return service, database


class TestPlatformFiles:
    """render.yaml, fly.toml, railway.json and the Procfile run the same two commands and set only what is a setting."""

    def test_render(self) -> None:
        """Its database is the one whose address the bot gets."""
        service, database = render()
        assert (service["preDeployCommand"], service["startCommand"]) == (RELEASE, WEB)
        assert service["healthCheckPath"] == HEALTH
        assert "--require-hashes -r requirements.txt" in service["buildCommand"]
        variables = {each["key"]: each for each in service["envVars"]}
        assert set(variables) <= SETTINGS
        assert variables["DATABASE_URL"]["fromDatabase"]["name"] == database["name"]

    def test_render_asks_for_each_secret(self) -> None:
        """A value written into the file would be everybody's."""
        written = [each["key"] for each in render()[0]["envVars"] if "value" in each]
        assert not [name for name in written if "SecretStr" in str(FIELDS[name.lower()].annotation)]

    def test_fly(self) -> None:
        """A machine stays, since a stopped one sends nothing."""
        app = tomllib.loads(text_of("fly.toml"))
        assert app["deploy"]["release_command"] == RELEASE
        assert set(app["env"]) <= SETTINGS
        service = app["http_service"]
        assert str(service["internal_port"]) in re.findall(r"PORT=(\d+)", text_of("Dockerfile"))
        assert (service["auto_stop_machines"], service["min_machines_running"]) == ("off", 1)
        assert [check["path"] for check in service["checks"]] == [HEALTH]
        assert app["kill_signal"] == "SIGTERM"

    def test_railway(self) -> None:
        deploy = json.loads(text_of("railway.json"))["deploy"]
        assert (deploy["preDeployCommand"], deploy["startCommand"]) == ([RELEASE], WEB)
        assert deploy["healthcheckPath"] == HEALTH

    def test_procfile(self) -> None:
        assert dict(parse_procfile(text_of("Procfile")).processes) == {"release": RELEASE, "web": WEB}

    def test_each_gives_time_to_stop(self) -> None:
        """SIGTERM ends the process within ten seconds (docs/operators.md)."""
        railway, fly = json.loads(text_of("railway.json")), tomllib.loads(text_of("fly.toml"))
        bot = yaml.safe_load(text_of("compose.yaml"))["services"]["bot"]
        grace = int(bot["stop_grace_period"].removesuffix("s"))
        assert min(railway["deploy"]["drainingSeconds"], fly["kill_timeout"], grace) > 10


class TestCompose:
    """compose.yaml: what the file itself promises. tests/deployment/test_image.py builds and runs its image where it can."""

    COMPOSE = yaml.safe_load(text_of("compose.yaml"))

    def test_starts_in_order(self) -> None:
        """PostgreSQL that answers, then the migration, then the bot, then Caddy."""
        waits = {
            name: {other: each["condition"] for other, each in service.get("depends_on", {}).items()}
            for name, service in self.COMPOSE["services"].items()
        }
        assert waits == {
            "db": {},
            "migrate": {"db": "service_healthy"},
            "bot": {"migrate": "service_completed_successfully"},
            "caddy": {"bot": "service_healthy"},
        }

    def test_needs_no_setting(self) -> None:
        """Every variable has a default, and .env may be missing."""
        assert re.findall(r"\$\{\w+\}", text_of("compose.yaml")) == []
        services = self.COMPOSE["services"]
        assert [each["env_file"] for each in (services["bot"], services["migrate"])] == [
            [{"path": ".env", "required": False}]
        ] * 2

    def test_sets_only_settings(self) -> None:
        """And the database's password, by the variable that PostgreSQL's clients read."""
        for name in ("bot", "migrate"):
            assert set(self.COMPOSE["services"][name]["environment"]) <= SETTINGS | {"PGPASSWORD"}

    def test_mounts_the_dossier(self) -> None:
        """For both, for reading alone; it is the folder that CONTENT_DIR names in .env, and must be there."""
        for name in ("bot", "migrate"):
            service = self.COMPOSE["services"][name]
            [mount] = [each for each in service["volumes"] if isinstance(each, dict)]
            assert service["environment"]["CONTENT_DIR"] == mount["target"]
            assert (mount["type"], mount["source"]) == ("bind", "${CONTENT_DIR:-./content}")
            assert mount["read_only"]
            assert not mount["bind"]["create_host_path"]

    def test_one_password(self) -> None:
        """The same for the server and its clients, and in no address."""
        services = self.COMPOSE["services"]
        passwords = {services[name]["environment"]["PGPASSWORD"] for name in ("bot", "migrate")}
        assert passwords == {services["db"]["environment"]["POSTGRES_PASSWORD"]} == {"${POSTGRES_PASSWORD:-nota}"}
        assert "PASSWORD" not in services["bot"]["environment"]["DATABASE_URL"]

    def test_both_commands_are_ours(self) -> None:
        """The bot's is the image's."""
        services = self.COMPOSE["services"]
        assert services["migrate"]["command"] == RELEASE
        assert "command" not in services["bot"]

    @pytest.mark.parametrize("name", ["bot", "migrate"])
    def test_can_change_nothing(self, name: str) -> None:
        """As nobody (the image's user), with no capability, on a read-only disk."""
        service = self.COMPOSE["services"][name]
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]

    def test_opens_no_port_to_others_but_caddys(self) -> None:
        """The preview and the database stay on this machine; TLS is asked for."""
        ports = {name: service.get("ports", []) for name, service in self.COMPOSE["services"].items()}
        assert all(port.startswith("127.0.0.1:") for name in ("bot", "migrate", "db") for port in ports[name])
        assert self.COMPOSE["services"]["caddy"]["profiles"] == ["tls"]

    def test_checks_its_health(self) -> None:
        assert HEALTH in self.COMPOSE["services"]["bot"]["healthcheck"]["test"][-1]
        assert "pg_isready" in self.COMPOSE["services"]["db"]["healthcheck"]["test"]

    def test_caddy_leads_to_the_bot(self) -> None:
        """By the names that compose.yaml gives."""
        caddy = self.COMPOSE["services"]["caddy"]
        assert caddy["environment"]["NOTA"] == "bot:8080"
        assert {"./docs/Caddyfile:/etc/caddy/Caddyfile:ro"} <= set(caddy["volumes"])
        assert set(re.findall(r"\{\$(\w+)", text_of("docs/Caddyfile"))) == set(caddy["environment"])

    @pytest.mark.parametrize("command", COMPOSERS, ids=" ".join)
    def test_is_read_by(self, command: tuple[str, ...]) -> None:
        """By each program on this machine that reads such files."""
        done = subprocess.run([*command, "config"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert {"bot", "migrate", "db"} <= set(yaml.safe_load(done.stdout)["services"])

    @pytest.mark.skipif(not shutil.which("caddy"), reason="caddy is not installed")
    def test_caddy_reads_its_file(self) -> None:
        command = ["caddy", "validate", "--adapter", "caddyfile", "--config", "docs/Caddyfile"]
        given = os.environ | {"PUBLIC_URL": "https://nota.example.org"}
        done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


class TestWalkThroughs:
    """docs/operators.md has less than ten lines of commands for each place."""

    @table("place")
    def test_is_short(self, place: str) -> None:
        """
        Heroku
        Dokku
        Render
        Railway
        Fly
        A server of your own
        A container
        """
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
        assert set(re.findall(r"(/\S+) -m bot ", unit)) == {f"{folder}/.venv/bin/python"}
        assert "python3 -m venv .venv" in section
