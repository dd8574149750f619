"""The small Markdown: nothing else passes for it, however a text is put together."""

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.dossier.models import Header, Named, Texts, Withdrawal
from bot.dossier.schema import FACT_TYPES, KINDS
from bot.dossier.text_validators import TEXTS, check_markdown

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


def test_every_text_that_readers_get_is_checked() -> None:
    """A text for each language is asked for where it is missing, and its facts are looked for. A name for all may be one for some."""
    models = [*(kind.model for kind in KINDS.values()), *FACT_TYPES.values(), Withdrawal]
    for model in models:
        keys = next((keys for entry, keys in TEXTS.items() if issubclass(model, entry)), {})
        for name, info in model.model_fields.items():
            if info.annotation in (Texts, Texts | None, Named, Named | None) and (model, name) != (Header, "name"):
                assert keys.get(name) in ("line", "markdown", "name"), (model, name)
