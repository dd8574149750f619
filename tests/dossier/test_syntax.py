"""A file that YAML cannot read is told in an editor's words, at the line that is wrong."""

import pytest

from bot.dossier.yaml_reader import ReadError, parse


def told(text: str) -> str:
    """The one mistake of the file."""
    with pytest.raises(ReadError) as caught:
        parse(text.encode())
    return f"f:{caught.value}"


ALIKE = "expected key: value lines of one level to begin in the same column"


class TestWhere:
    """The line on which an editor has to do something, not the one where the parser gave up."""

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("a:\n  en: 'x\n  id: y\n  ru: z\n", 2),
            ('a:\n  en: "x\n  id: "y"\n', 2),
            ("a: 1\norder:6\n\n\nb: 2\n", 2),
            ("order:6\nb: 2\n", 1),
            ("a: 1\ntitle\n  en: x\n", 2),
            ("a: [b, c\n\nd: 1\n", 1),
            ("a: {b: c\nd: 1\n", 1),
            ("a: |\n    xx yy\n  zz ww\nb: x\n", 3),
            ("a: |\n    xx yy\nzz ww\nb: x\n", 3),
        ],
    )
    def test_line_of_the_slip(self, text: str, line: int) -> None:
        """Quotes and brackets where they open, keys without a colon where they stand."""
        assert told(text).startswith(f"f:{line}: not YAML: ")

    @pytest.mark.parametrize("sign", ["\x00", "\x07", "\x85", "\u2028", "\u202e"])
    def test_line_of_a_control_character(self, sign: str) -> None:
        """Counted in lines of text, whatever the script of those before it."""
        assert told(f"a: Россия\nb: |\n  и Индонезия\n  x{sign}y\n").startswith("f:4: the control character U+")


class TestWhat:
    """What is wrong, and what to write instead."""

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("a:\n\tb: x\n", "a tab at the start of the line, expected spaces, not tabs"),
            ("a: 'x\n", "a quote that opens here is never closed, expected the same quote at the end"),
            ("a: 'Russia's costs'\n", "words after a closing quote, expected other quotes inside a text in quotes"),
            ("a: Internet: what\n", 'a second colon, expected a text that holds ": " to stand in quotes'),
            ("a: 1\norder:6\nb: 2\n", "no space after the colon, expected key: value"),
            ("a:\n  - x\n  -y\n  - z\n", "no space after the dash, expected - item"),
            ("a: 1\nb\nc: 3\n", "a line without a key, expected key: value"),
            ("a: @x\n", "a text that begins with @, expected a text that begins with @ to stand in quotes"),
            ("a: **C** x\n", "a text that begins with *, expected a text that begins with * to stand in quotes"),
            ("a: *C x\n", "a text that begins with *"),
            (
                "a: {price} a month\n",
                "a text that begins with {, expected a text that begins with { to stand in quotes",
            ),
            ("a: [b, c\nd: 1\n", "what [ began is not closed, expected ], and commas between entries"),
            ("a: >x\n", "words after | or >, expected them on the next line, or all of it in quotes"),
            ("p:\n  type: money\n    min: 1\n", "indented further than the value above it allows, " + ALIKE),
            ('a:\n  en: "x"\n   id: "y"\n', "indented unlike the lines around it, " + ALIKE),
            ("a: |\n    xx\n  zz\n", "expected all lines of a text to be indented alike"),
            ("a: 1\n---\nb: 1\n", "a second document, expected one in a file"),
            ("- a\nb: 1\n", "no item of the list above it, expected - item lines"),
            ("a: [\n- b\n]\n", "an entry missing in [ ] or { }"),
            ('a: "C:\\path"\n', "a backslash in double quotes"),
            ('a: "\\ud83d"\n', "a backslash in double quotes"),
        ],
    )
    def test_in_plain_words(self, text: str, words: str) -> None:
        """No word of the parser's own is left."""
        assert words in told(text)

    @pytest.mark.parametrize("sign", ["\t", "\u00a0", "\u2003"])
    def test_space_that_is_none(self, sign: str) -> None:
        """Pasted from a word processor or a page; nobody sees it."""
        said = told(f'a:\n  b: "1"\n{sign}{sign}c: "2"\n  d: "3"\n')
        assert said.startswith("f:3: ")
        assert said.endswith("at the start of the line, expected spaces, not tabs or others")


class TestConflicts:
    """Git's marks, wherever they stand."""

    @pytest.mark.parametrize(
        "text", ["a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n", "a: |\n  <<<<<<< x\n  b\n"]
    )
    def test_line_of_the_first(self, text: str) -> None:
        """In a text they would be Markdown of a kind."""
        assert told(text) == "f:2: a conflict that Git left, expected one of the versions, without <<<, === and >>>"


class TestNothingIsLost:
    """What YAML would drop without a word is a mistake."""

    @pytest.mark.parametrize("text", ["a: &Co profits\n", "a: [b, &c d]\n", 'a: {"b":&c d}\n', "&x a: b\n"])
    def test_anchors(self, text: str) -> None:
        """``&Co profits`` would be read as "profits"."""
        assert told(text).startswith("f:1: the anchor '&")

    @pytest.mark.parametrize("text", ["a: !important news\n", "a: !!str 2025\n", "a: ! news\n", "a: !!int 6\n"])
    def test_tags(self, text: str) -> None:
        """``!important news`` as "news", and ``!!str 2025`` as a number."""
        assert told(text).startswith("f:1: the tag '!")

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
