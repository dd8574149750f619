"""What a platform reads has no key that it does not know, and values of its types: our own reading of each platform's page.

The readings stand in ``manifests.yaml``.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ANY = "*"

READINGS = yaml.safe_load((Path(__file__).parent / "manifests.yaml").read_text("utf-8"))
TYPES = {"text": str, "number": int, "yes or no": bool}


def faults(value: Any, reading: Any, place: str = "") -> list[str]:
    """What the platform would not know."""
    match reading:
        case str() if reading in TYPES:
            return [] if type(value) is TYPES[reading] else [f"{place}: {value!r} is no {reading}"]
        case str():
            return [] if value in reading.split(" | ") else [f"{place}: {value!r} is none of {reading}"]
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
    "app.json": (json.loads, READINGS["heroku"]),
    "docs/dokku.json": (json.loads, READINGS["dokku"]),
    "railway.json": (json.loads, READINGS["railway"]),
    "render.yaml": (yaml.safe_load, READINGS["render"]),
    "fly.toml": (tomllib.loads, READINGS["fly"]),
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
    assert sorted(each.partition(":")[0] for each in faults(wrong, READINGS["railway"])) == [
        ".build.builder",
        ".deploy.drainingSeconds",
        ".deploy.preDeployCommand",
        ".healthchecks",
    ]
