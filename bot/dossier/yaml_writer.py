"""Writes values as YAML like editors do, with texts of several lines as blocks. :mod:`bot.dossier.yaml_reader` reads it back. PURE."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

_ONLY_IN_QUOTES = re.compile("[\r\x85\u2028\u2029\ufeff]|<{7} ")
"""Line ends besides ``\\n``, which only double quotes can escape, and a text that the reader would take for a Git conflict."""

_MAYBE_A_NUMBER = re.compile(r"[-+.\d][\w.+-]*", re.ASCII)
"""PyYAML would write ``08`` and ``0o7`` without quotes, but the reader reads them as numbers."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d)?)?", re.ASCII)
"""Text for the reader, which the files write without quotes. PyYAML would write a tag before one that is no timestamp of YAML 1.1."""


def written(fields: Mapping[str, Any]) -> str:
    """The fields in their order, in the YAML of a content file."""
    text: str = yaml.dump(dict(fields), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)
    return text


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""

    def ignore_aliases(self, _data: object) -> bool:
        """Writes a repeated value again, because content files have no anchors."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    if _MOMENT.fullmatch(text):
        return dumper.represent_scalar("tag:yaml.org,2002:timestamp", text)
    style = "|" if "\n" in text or ": " in text else "'" if _MAYBE_A_NUMBER.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if _ONLY_IN_QUOTES.search(text) else style)


_Dumper.add_representer(str, _text)
