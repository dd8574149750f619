"""Rules for texts: the small Markdown, and values that are typed though a fact holds them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.dossier.loader import load
from bot.dossier.text_validators import check_markdown
from tests.conftest import TODAY, Edit
from tests.dossier.conftest import diagnostics_of


class TestWarnings:
    """What does not stop the dossier, but should be looked at."""

    def test_fact_used_nowhere(self, folder: Path, edit: Edit) -> None:
        """It may be a leftover."""
        edit("topics/fare.yaml", "**{fare}**", "little")
        edit("topics/fare.yaml", "**{fare}**", "sedikit")
        loading = load(folder, TODAY)
        assert loading.dossier is not None
        assert [str(diagnostic) for diagnostic in loading.diagnostics] == [
            "facts.yaml:1: warning: fact 'fare' is used nowhere, expected {fare} in some text"
        ]

    def test_words_that_became_a_comment(self, folder: Path, edit: Edit) -> None:
        """What follows " #" is dropped by YAML; after a number, or with a space, it was meant so."""
        edit("topics/fare.yaml", "en: The fare", "en: Deal #1 on the ferry")
        edit("topics/fare.yaml", "emoji:", "order: 6 #first\nemoji:")
        edit("topics/fare.yaml", "  id: Tarif\n", "  id: Tarif  # to be read again\n")
        edit("topics/fare.yaml", "**{fare}**.\n", '**{fare}**. It is "#1".\n')
        assert diagnostics_of(folder) == [
            "topics/fare.yaml:5: warning: '#1 on the ferry' is read as a comment, "
            'expected a text that holds " #" to stand in quotes'
        ]

    @pytest.mark.parametrize("typed", ["Rp4,500", "Rp4.500", "4500", "4 500"])
    def test_number_that_a_fact_holds(self, folder: Path, edit: Edit, typed: str) -> None:
        """It would be forgotten when the fact changes."""
        edit("topics/fare.yaml", "**{fare}**", typed + " or {fare}")
        assert any("is held by a fact, expected {fare}" in line for line in diagnostics_of(folder))

    @pytest.mark.parametrize(
        ("fact", "language", "typed"),
        [
            ("{type: date, value: 2025-06-09}", "en", "9 June 2025"),
            ("{type: date, value: 2025-06-09}", "en", "June 9, 2025"),
            ("{type: date, value: 2025-06-09}", "en", "2025-06-09"),
            ("{type: date, value: 2025-06-09}", "id", "9 Juni 2025"),
            ("{type: duration, years: 5}", "en", "5 years"),
            ("{type: duration, years: 5}", "id", "5 tahun"),
            ("{type: number, value: 4, unit: {en: boat|boats, id: kapal}}", "en", "4 boats"),
            ("{type: number, value: 4, unit: {en: boat|boats, id: kapal}}", "id", "4 kapal"),
            ("{type: number, value: 250}", "en", "250"),
            ("{type: percent, value: 12.5}", "en", "12.5%"),
            ("{type: percent, value: 12.5}", "id", "12,5 %"),
            ("{type: money, min: 6, max: 10, currency: USD}", "en", "$6"),
            ("{type: money, min: 6, max: 10, currency: USD}", "id", "US$10"),
            ("{type: money, amount: 4.5, currency: EUR}", "en", "€4.50"),
        ],
    )
    def test_day_or_small_number_that_a_fact_holds(
        self, folder: Path, edit: Edit, fact: str, language: str, typed: str
    ) -> None:
        """A day however it is written, and a small number beside what it counts, at its line."""
        edit("facts.yaml", "fare:", f"held: {fact}\nfare:")
        written = {"en": "A single ticket costs **{fare}**.", "id": "Tiket sekali jalan **{fare}**."}[language]
        edit("topics/fare.yaml", written, f"|\n    {written}\n\n    {{held}}, or {typed}.")
        line = 13 if language == "en" else 14
        assert diagnostics_of(folder) == [
            f"topics/fare.yaml:{line}: warning: {typed} is held by a fact, expected {{held}}"
        ]

    def test_value_typed_over_two_lines(self, folder: Path, edit: Edit) -> None:
        """Said in one, where it begins; each time that it stands there."""
        edit("facts.yaml", "fare:", "opening: {type: date, value: 2025-06-09}\nfare:")
        edit(
            "topics/fare.yaml",
            "A single ticket costs **{fare}**.",
            "|\n    {opening}: 9\n    June 2025, {fare}, 9 June 2025.",
        )
        words = "warning: 9 June 2025 is held by a fact, expected {opening}"
        assert diagnostics_of(folder) == [f"topics/fare.yaml:{line}: {words}" for line in (11, 12)]

    @pytest.mark.parametrize(
        "typed", ["4 cats", "14 boats", "3–4 boats", "4 boatswains", "page 4", "2025-06-091", "$6.50"]
    )
    def test_number_that_counts_something_else(self, folder: Path, edit: Edit, typed: str) -> None:
        """Small numbers are too common to warn of each."""
        facts = "boats: {type: number, value: 4, unit: {en: boat|boats, id: kapal}}\n"
        facts += "opening: {type: date, value: 2025-06-09}\nmeal: {type: money, amount: 6, currency: USD}\n"
        edit("facts.yaml", "fare:", f"{facts}fare:")
        edit("topics/fare.yaml", "costs **{fare}**", f"{{boats}} {{opening}} {{meal}} {{fare}}, {typed}")
        assert diagnostics_of(folder) == []


class TestMarkdown:
    """Outside the small subset."""

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("# Big", "a heading"),
            ("`code`", "code"),
            ("> quoted", "a quotation block"),
            ("<b>bold</b>", "HTML"),
            ("![x](https://x.example/i.png)", "an image"),
            ("- a\\n  - b", "a list inside a list"),
            ("[x](javascript:alert)", "link to"),
            ("[x](/here)", "link to"),
            ("a\\n\\n---\\n", "a rule"),
            ("| a | b |\\n|---|---|\\n| 1 | 2 |\\n\\n", "a table"),
            ("~~no~~", "struck-out text"),
            ("[x](https:///here)", "link to"),
            ("[x](https://me:secret@a.example/)", "without a user name"),
            ("[x](https://a.example/{fare})", "a fact in the address of a link"),
            ("[](https://a.example/)", "a link without words"),
        ],
    )
    def test_is_refused(self, folder: Path, edit: Edit, text: str, what: str) -> None:
        """With the line and what is allowed."""
        edit("topics/fare.yaml", "A single ticket costs **{fare}**.", f'"{text} {{fare}}"')
        assert any(what in line for line in diagnostics_of(folder)), diagnostics_of(folder)

    def test_stars_that_mark_nothing(self, folder: Path, edit: Edit) -> None:
        """A warning: they are shown as they stand."""
        edit("topics/fare.yaml", "**{fare}**.", "**{fare}.")
        assert diagnostics_of(folder) == [
            "topics/fare.yaml:10: warning: ** that marks nothing, expected **bold**, without spaces inside"
        ]

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("*It costs {fare}", "* that marks nothing, expected *italic*"),
            ("[x](https://a.example/a b) {fare}", "brackets that make no link"),
            ("[x][1] {fare}", "brackets that make no link"),
            ("- [ ] {fare}", "brackets that make no link"),
            ("• {fare}", "• that makes no list, expected - item lines"),
            ("It is\\n\\n19. {fare}", "a line that begins with 19. is shown as 1. of a list, expected 19\\. for words"),
            ("It is\\n1. {fare}", "a line that begins with 1. is shown as 1. of a list"),
        ],
    )
    def test_what_was_hardly_meant_so(self, folder: Path, edit: Edit, text: str, what: str) -> None:
        """A warning, as long as it can be shown at all."""
        edit("topics/fare.yaml", "A single ticket costs **{fare}**.", f'"{text}"')
        assert any(f"warning: {what}" in line for line in diagnostics_of(folder)), diagnostics_of(folder)

    def test_lists_as_they_should_be(self, folder: Path, edit: Edit) -> None:
        """And stars that are only stars."""
        edit(
            "topics/fare.yaml",
            "A single ticket costs **{fare}**.",
            '"*One*, 2 * 3, a* {fare}\\n\\n1. a\\n2. b\\n\\n* c"',
        )
        assert diagnostics_of(folder) == []

    def test_stars_in_a_title(self, folder: Path, edit: Edit) -> None:
        """Titles are plain."""
        edit("topics/fare.yaml", "en: The fare", "en: The **fare**")
        assert diagnostics_of(folder) == [
            "topics/fare.yaml:4: warning: Markdown in a title or summary, expected plain words"
        ]

    def test_line_inside_a_block_text(self, folder: Path, edit: Edit) -> None:
        """The line of the file, not of the text."""
        edit("topics/fare.yaml", "  en: A single ticket costs **{fare}**.", "  en: |\n    One {fare}.\n\n    ## Two\n")
        assert diagnostics_of(folder)[0].startswith("topics/fare.yaml:13: a heading")


COMMONMARK = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


INSIDE = {"paragraph", "inline", "list_item", "bullet_list", "ordered_list"}


INSIDE_LINES = {"text", "text_special", "softbreak", "hardbreak", "strong", "em", "link"}


PIECES = [
    "a",
    "б",
    "1",
    " ",
    "  ",
    "\n",
    "\n\n",
    "- ",
    "* ",
    "+ ",
    "1. ",
    "2) ",
    "**",
    "*",
    "_",
    "---",
    "===",
    "#",
    "# ",
]


PIECES += ["|", "|-|", "a|b\n-|-", "~~", "\r", "\x0b", "\u00a0", "\u2028", "&", "&#60;", "http://a", ":", "."]


def is_small(markdown: str) -> bool:
    """Whether CommonMark's own parser finds nothing in the text but paragraphs, unnested lists, bold, italic and links.

    Two stars that mark nothing are more, too.
    """
    depth = 0
    for token in COMMONMARK.parse(markdown):
        kind = token.type.removesuffix("_open").removesuffix("_close")
        depth += token.nesting if kind.endswith("_list") else 0
        lines = {each.type.removesuffix("_open").removesuffix("_close") for each in token.children or ()}
        stars = any("**" in each.content for each in token.children or () if each.type == "text")
        if kind not in INSIDE or depth > 1 or not lines <= INSIDE_LINES or (stars and "{" not in markdown):
            return False
    return True


class TestSmallMarkdown:
    """A text that is not small Markdown never passes for it, however it is put together."""

    @given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
    def test_are_found_wherever_the_parser_finds_more(self, markdown: str) -> None:
        """Most texts are passed without being parsed, which must not be a way round."""
        if not is_small(markdown):
            assert check_markdown(markdown)

    @given(
        st.lists(
            st.sampled_from(["word ", "слово, ", "**bold** ", "*so* ", "{fact} ", "\n", "- ", "(1) "]), max_size=20
        )
    )
    def test_are_none_where_the_parser_finds_no_more(self, words: list[str]) -> None:
        """Lists, paragraphs and styles in any order, but for lists inside lists."""
        markdown = "".join(words)
        if is_small(markdown):
            assert check_markdown(markdown) == []
