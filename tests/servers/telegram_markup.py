"""The Bot API's HTML as its documentation describes it (core.telegram.org/bots/api#html-style)."""

import re

TAGS = frozenset({"b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "a", "blockquote"})
ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}

_TOKEN = re.compile(r"<(/?)([a-z]+)((?:\s+[a-z-]+(?:=\"[^\"]*\")?)*)\s*>|&(#?\w+);|([<&])|([^<&]+)")


class CannotParse(Exception):
    """Markup that Telegram refuses; the message says why."""


def parsed(html: str) -> str:
    """The text after its tags are parsed.

    Raises:
        CannotParse: an unknown or unclosed tag, or one closed in the wrong order; a bare ``<``; an unknown entity.
    """
    words: list[str] = []
    open_tags: list[str] = []
    for closing, tag, attributes, entity, bare, text in _TOKEN.findall(html):
        if tag:
            _tag(tag, bool(closing), attributes, open_tags)
        elif entity:
            words.append(ENTITIES[entity] if entity in ENTITIES else _numeric(entity))
        elif bare == "<":
            raise CannotParse("Unsupported start tag")
        else:
            words.append(bare or text)
    if open_tags:
        raise CannotParse(f"Can't find end tag corresponding to start tag {open_tags[-1]}")
    return "".join(words)


def _tag(tag: str, closing: bool, attributes: str, open_tags: list[str]) -> None:
    if tag not in TAGS:
        raise CannotParse(f'Unsupported start tag "{tag}"')
    if not closing:
        if tag == "a" and not re.fullmatch(r'\s+href="[^"]+"', attributes):
            raise CannotParse("a link without href")
        if tag == "blockquote" and "blockquote" in open_tags:
            raise CannotParse("a blockquote inside a blockquote")
        open_tags.append(tag)
    elif not open_tags or open_tags.pop() != tag:
        raise CannotParse(f'Unexpected end tag "{tag}"')


def _numeric(entity: str) -> str:
    if not re.fullmatch(r"#\d{1,7}", entity):
        raise CannotParse(f"Unsupported entity &{entity};")
    return chr(int(entity[1:]))


def units(text: str) -> int:
    """The length in UTF-16 units, as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2
