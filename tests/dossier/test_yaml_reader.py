"""Reading one file: YAML 1.2 values with their lines, and errors that an editor understands."""

import random
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dossier.loader import load
from bot.dossier.yaml_reader import ReadError, parse
from tests.conftest import CONTENT, TODAY
from tests.tables import cases, table


def read_error(text: str) -> str:
    """The error of the file."""
    with pytest.raises(ReadError) as caught:
        parse(text.encode())
    return f"f:{caught.value}"


ALIKE = "expected key: value lines of one level in the same column"


class TestScalars:
    """YAML 1.2's core schema."""

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("x: yes", "yes"), ("x: no", "no"), ("x: on", "on"), ("x: true", True), ("x: 2025-06-19", "2025-06-19"),
            ("x: 0o17", 15), ("x: 017", 17), ("x: 0x1F", 31), ("x: 1_000", "1_000"), ("x: 1.5e3", 1500.0), ("x: ~", None),
            ("x:", None), ('x: "5"', "5"), ("x: 12:30", "12:30"), ("x: " + "9" * 5000, "9" * 5000),
            ("x: 1e999", "1e999"), ("x: -1e999", "-1e999"),
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
    """One error, never another exception."""

    @given(st.binary(max_size=300))
    def test_any_bytes(self, raw: bytes) -> None:
        """Random ones."""
        with suppress(ReadError):
            assert parse(raw).lines

    @pytest.mark.slow
    @settings(max_examples=20, deadline=None)
    @given(st.integers(0, 2**32))
    def test_damaged_dossier(self, tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
        """The real files with a few characters changed give diagnostics with existing lines, or none."""
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


class TestErrorLines:
    """The line on which an editor has to do something, not the one where the parser gave up."""

    @table("text, line")
    def test_line_of_the_slip(self, text: str, line: int) -> None:
        r"""Quotes and brackets where they open, keys without a colon where they stand.

        "a:\n  en: 'x\n  id: y\n  ru: z\n" | 2
        "a:\n  en: \"x\n  id: \"y\"\n" | 2
        "a: 1\norder:6\n\n\nb: 2\n" | 2
        "order:6\nb: 2\n" | 1
        "a: 1\ntitle\n  en: x\n" | 2
        "a: [b, c\n\nd: 1\n" | 1
        "a: {b: c\nd: 1\n" | 1
        "a: |\n    xx yy\n  zz ww\nb: x\n" | 3
        "a: |\n    xx yy\nzz ww\nb: x\n" | 3
        """
        assert read_error(text).startswith(f"f:{line}: not YAML: ")

    @pytest.mark.parametrize("sign", ["\x00", "\x07", "\x85", "\u2028", "\u202e"])
    def test_line_of_a_control_character(self, sign: str) -> None:
        """Counted in lines of text, whatever the script of those before it."""
        assert read_error(f"a: Россия\nb: |\n  и Индонезия\n  x{sign}y\n").startswith("f:4: the control character U+")


class TestErrorMessages:
    """What is wrong, and what to write instead."""

    @table("text, words")
    def test_in_plain_words(self, text: str, words: str) -> None:
        r"""No word of the parser's own is left.

        "a:\n\tb: x\n" | a tab at the start of the line, expected ordinary spaces
        "a: 'x\n" | a quote that opens here is never closed, expected the same quote at the end
        "a: 'Russia's costs'\n" | words after a closing quote, expected different quotes inside a quoted text
        "a: Internet: what\n" | a second colon, expected quotes around a text that contains ": "
        "a: 1\norder:6\nb: 2\n" | no space after the colon, expected key: value
        "a:\n  - x\n  -y\n  - z\n" | no space after the dash, expected - item
        "a: 1\nb\nc: 3\n" | a line without a key, expected key: value
        "a: @x\n" | a text that begins with @, expected quotes around a text that begins with @
        "a: **C** x\n" | a text that begins with *, expected quotes around a text that begins with *
        "a: *C x\n" | a text that begins with *
        "a: {price} a month\n" | a text that begins with {, expected quotes around a text that begins with {
        "a: [b, c\nd: 1\n" | [ is not closed, expected ], and commas between entries
        "a: >x\n" | "words after \u007c or >, expected the words on the next line, or the text in quotes"
        "p:\n  type: money\n    min: 1\n" | indented further than the value above it allows, expected key: value lines of one level in the same column
        "a:\n  en: \"x\"\n   id: \"y\"\n" | not indented like the lines around it, expected key: value lines of one level in the same column
        "a: |\n    xx\n  zz\n" | expected the same indentation for all lines of a text
        "a: 1\n---\nb: 1\n" | a second document, expected one in a file
        "- a\nb: 1\n" | not an item of the list above, expected - item lines
        "a: [\n- b\n]\n" | a missing entry in [ ] or { }
        "a: \"C:\\path\"\n" | a backslash in double quotes
        "a: \"\\ud83d\"\n" | a backslash in double quotes
        """
        assert words in read_error(text)

    @pytest.mark.parametrize("sign", ["\t", "\u00a0", "\u2003"])
    def test_space_that_is_none(self, sign: str) -> None:
        """Pasted from a word processor or a page; nobody sees it."""
        error = read_error(f'a:\n  b: "1"\n{sign}{sign}c: "2"\n  d: "3"\n')
        assert error.startswith("f:3: ")
        assert error.endswith("at the start of the line, expected ordinary spaces")


class TestConflicts:
    """Git's marks, wherever they stand."""

    @cases("text")
    def test_line_of_the_first(self, text: str) -> None:
        r"""In a text they would be Markdown of a kind.

        "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n"
        "a: |\n  <<<<<<< x\n  b\n"
        """
        assert (
            read_error(text)
            == "f:2: an unresolved Git conflict, expected one of the versions, without <<<, === and >>>"
        )


class TestNothingIsLost:
    """What YAML would drop silently is an error."""

    @pytest.mark.parametrize("text", ["a: &Co profits\n", "a: [b, &c d]\n", 'a: {"b":&c d}\n', "&x a: b\n"])
    def test_anchors(self, text: str) -> None:
        """``&Co profits`` would be read as "profits"."""
        assert read_error(text).startswith("f:1: the anchor '&")

    @pytest.mark.parametrize("text", ["a: !important news\n", "a: !!str 2025\n", "a: ! news\n", "a: !!int 6\n"])
    def test_tags(self, text: str) -> None:
        """``!important news`` as "news", and ``!!str 2025`` as a number."""
        assert read_error(text).startswith("f:1: the tag '!")

    @pytest.mark.parametrize("text", ["a: R&D, wow!\n", 'a: "&x"\n', "a: '!y'\n", "a: A & B ! c\n", "a: |\n  &x !y\n"])
    def test_the_signs_in_a_text(self, text: str) -> None:
        """They are read as they stand."""
        assert parse(text.encode()).value

    @pytest.mark.parametrize("number", ["95.000", "1.500", "-160.000"])
    def test_thousands_parted_by_a_point(self, number: str) -> None:
        """In Jakarta and Moscow 95.000 is ninety-five thousand; it is not taken for 95."""
        assert parse(f"a: {number}".encode()).value == {"a": number}

    @pytest.mark.parametrize(("number", "value"), [("86.4", 86.4), ("0.250", 0.25), ("1.609", 1.609), ("95.0", 95.0)])
    def test_fractions(self, number: str, value: float) -> None:
        """What nobody can take for thousands is a number."""
        assert parse(f"a: {number}".encode()).value == {"a": value}
