"""Reading a content file survives anything that a file can hold."""

import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dossier.loader import load
from bot.dossier.yaml_reader import ReadError, parse
from tests.conftest import CONTENT, TODAY


class TestScalars:
    """YAML 1.2's core schema."""

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("x: yes", "yes"), ("x: no", "no"), ("x: on", "on"), ("x: true", True), ("x: 2025-06-19", "2025-06-19"),
            ("x: 0o17", 15), ("x: 017", 17), ("x: 0x1F", 31), ("x: 1_000", "1_000"), ("x: 1.5e3", 1500.0), ("x: ~", None),
            ("x:", None), ('x: "5"', "5"), ("x: 12:30", "12:30"), ("x: " + "9" * 5000, "9" * 5000),
        ],
    )  # fmt: skip
    def test_value(self, text: str, value: object) -> None:
        """No surprises of YAML 1.1: no sexagesimals, no Norway."""
        assert parse(text.encode()).value == {"x": value}

    def test_byte_order_mark(self) -> None:
        """Some editors write one."""
        assert parse(b"\xef\xbb\xbfx: 1").value == {"x": 1}


class TestLines:
    """Every place knows its line."""

    def test_keys_items_and_block_texts(self) -> None:
        """A block text's line is that of its first words."""
        document = parse(b"a:\n  b: 1\n  c:\n    - x\n    - y\nd: |\n  words\n")
        assert [document.line(place) for place in [("a",), ("a", "b"), ("a", "c", 1), ("d",)]] == [1, 2, 5, 7]

    def test_place_that_is_not_there(self) -> None:
        """Its nearest parent's line."""
        assert parse(b"\na:\n  b: 1\n").line(("a", "zz")) == 2


class TestAnything:
    """One mistake, never another exception."""

    @given(st.binary(max_size=300))
    def test_any_bytes(self, raw: bytes) -> None:
        """Random ones."""
        with suppress(ReadError):
            assert parse(raw).lines

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 2**32))
    def test_damaged_dossier(self, tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
        """The real files with a few characters changed give mistakes with existing lines, or none."""
        chance = random.Random(seed)
        folder = tmp_path_factory.mktemp("content")
        for file in [*CONTENT.glob("*.yaml"), CONTENT / "topics/pricing.yaml", *list(CONTENT.glob("bulletins/*"))[:2]]:
            target = folder / file.relative_to(CONTENT)
            target.parent.mkdir(exist_ok=True)
            target.write_text(_damaged(file, chance), encoding="utf-8")
        for diagnostic in load(folder, TODAY).diagnostics:
            assert diagnostic.line >= 1
            assert diagnostic.message
            assert diagnostic.fix


def _damaged(file: Path, chance: random.Random) -> str:
    text = file.read_text(encoding="utf-8")
    for _ in range(chance.choice([0, 0, 1, 3])):
        at = chance.randrange(len(text))
        text = (
            text[:at]
            + chance.choice(["", ":", "\n", "  ", "{", "]", '"', "\t", "&a ", "*a", "!x ", "- ", "0"])
            + text[at + 1 :]
        )
    return text
