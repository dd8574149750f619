"""What a platform reads has no key that it does not know, and values of its types: our own reading of each platform's page.

A reading has a key for each that we use or may use. A type is what the value must be; a set, one of these; a list, a list of such;
``ANY`` as a key stands for names of our own.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ANY = "*"

HEROKU = {  # devcenter.heroku.com/articles/app-json-schema; other keys are refused
    **dict.fromkeys(("name", "description", "website", "repository", "logo", "success_url", "image", "stack"), str),
    "keywords": [str],
    "scripts": {"postdeploy": str, "pr-predestroy": str},
    "env": {ANY: {"description": str, "value": str, "required": bool, "generator": {"secret"}}},
    "formation": {"web": {"quantity": int, "size": str}},
    "addons": [str],
    "buildpacks": [{"url": str}],
}

DOKKU = {  # dokku.com/docs/appendices/file-formats/app-json
    "healthchecks": {
        "web": [
            {
                "type": {"startup", "readiness", "liveness"},
                "name": str,
                "path": str,
                **dict.fromkeys(("attempts", "timeout", "wait", "initialDelay", "port"), int),
            }
        ]
    }
}

RAILWAY = {  # docs.railway.com/config-as-code/reference; numbers are numbers, whatever its example shows (railwayapp/docs issue 1243)
    "$schema": str,
    "build": {
        "builder": {"DOCKERFILE", "RAILPACK"},
        "dockerfilePath": str,
        "buildCommand": str,
        "watchPatterns": [str],
    },
    "deploy": {
        "preDeployCommand": [str],
        "startCommand": str,
        "healthcheckPath": str,
        "restartPolicyType": {"ON_FAILURE", "ALWAYS", "NEVER"},
        **dict.fromkeys(("healthcheckTimeout", "restartPolicyMaxRetries", "overlapSeconds", "drainingSeconds"), int),
    },
}

RENDER = {  # render.com/docs/blueprint-spec
    "services": [
        {
            "type": {"web", "pserv", "worker", "cron", "keyvalue"},
            "runtime": {"python", "docker", "image", "node", "static"},
            **dict.fromkeys(
                (
                    "name",
                    "plan",
                    "region",
                    "branch",
                    "buildCommand",
                    "preDeployCommand",
                    "startCommand",
                    "healthCheckPath",
                ),
                str,
            ),
            "envVars": [
                {
                    "key": str,
                    "value": str,
                    "sync": bool,
                    "generateValue": bool,
                    "fromDatabase": {"name": str, "property": {"connectionString", "host", "port", "user", "password"}},
                }
            ],
        }
    ],
    "databases": [{"name": str, "plan": str, "postgresMajorVersion": str}],
}

FLY = {  # fly.io/docs/reference/configuration
    "app": str,
    "primary_region": str,
    "kill_signal": {"SIGINT", "SIGTERM", "SIGQUIT"},
    "kill_timeout": int,
    "build": {"dockerfile": str, "image": str, "args": {ANY: str}},
    "deploy": {"release_command": str, "strategy": {"rolling", "immediate", "canary", "bluegreen"}},
    "env": {ANY: str},
    "http_service": {
        "internal_port": int,
        "force_https": bool,
        "auto_stop_machines": {"off", "stop", "suspend"},
        "auto_start_machines": bool,
        "min_machines_running": int,
        "checks": [dict.fromkeys(("method", "path", "interval", "timeout", "grace_period"), str)],
    },
    "vm": [{"cpu_kind": {"shared", "performance"}, "cpus": int, "memory": str}],
}


def faults(value: Any, reading: Any, place: str = "") -> list[str]:
    """What the platform would not know."""
    match reading:
        case type():
            return [] if type(value) is reading else [f"{place}: {value!r} is no {reading.__name__}"]
        case set():
            return [] if value in reading else [f"{place}: {value!r} is none of {sorted(reading)}"]
        case [item]:
            rows = value if isinstance(value, list) else [value]
            return [f"{place}: no list"] * (rows is not value) + [
                each for n, row in enumerate(rows) for each in faults(row, item, f"{place}[{n}]")
            ]
    if not isinstance(value, dict):
        return [f"{place}: no object"]
    found = [f"{place}.{key}: not known" for key in value if key not in reading and ANY not in reading]
    return found + [
        each
        for key, part in value.items()
        if key in reading or ANY in reading
        for each in faults(part, reading.get(key, reading.get(ANY)), f"{place}.{key}")
    ]


FILES = {
    "app.json": (json.loads, HEROKU),
    "docs/dokku.json": (json.loads, DOKKU),
    "railway.json": (json.loads, RAILWAY),
    "render.yaml": (yaml.safe_load, RENDER),
    "fly.toml": (tomllib.loads, FLY),
}


@pytest.mark.parametrize("name", FILES)
def test_is_known_to_its_platform(name: str) -> None:
    read, reading = FILES[name]
    assert faults(read((ROOT / name).read_text("utf-8")), reading) == []


def test_faults_are_seen() -> None:
    """A key of another platform, a number as a text, a word that is none, one in place of a list."""
    wrong = {
        "build": {"builder": "DOCKER"},
        "deploy": {"drainingSeconds": "15", "preDeployCommand": "a"},
        "healthchecks": {},
    }
    assert sorted(each.partition(":")[0] for each in faults(wrong, RAILWAY)) == [
        ".build.builder",
        ".deploy.drainingSeconds",
        ".deploy.preDeployCommand",
        ".healthchecks",
    ]
