"""JSON Feed, versions 1 and 1.1 (jsonfeed.org/version/1.1). PURE."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from bot.wire.reading.cleaning import line_of, title_of, words_of
from bot.wire.reading.document import Document, NotAFeed
from bot.wire.reading.items import Raw, settled
from bot.wire.reading.links import canonical
from bot.wire.reading.moments import moment_in


def _text(given: object) -> str:
    """Publishers write numbers where the specification asks for strings; anything else counts as nothing."""
    if isinstance(given, bool) or not isinstance(given, (str, int, float)):
        return ""
    return _whole(str(given)[:100_000])


def _whole(text: str) -> str:
    """The text, without halves of characters: JSON can spell them (RFC 8259 §8.2), and nothing can write them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


Text = Annotated[str, BeforeValidator(_text)]


class _Entry(BaseModel):
    """An item, of which only a pointer is kept."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Text = ""
    url: Text = ""
    external_url: Text = ""
    title: Text = ""
    summary: Text = ""
    content_text: Text = ""
    content_html: Text = ""
    date_published: Text = ""
    date_modified: Text = ""


def looks_like_json(body: bytes) -> bool:
    """Whether the body begins as a JSON object does."""
    return body[:64].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"{")


def read_json(body: bytes, address: str) -> Document:
    """The feed in the body.

    Raises:
        NotAFeed: it is other JSON, or none.
    """
    try:
        feed = json.loads(body, strict=False)  # line breaks inside strings are read as they are meant
    except (ValueError, RecursionError):
        raise NotAFeed("not JSON") from None
    if not isinstance(feed, dict) or "jsonfeed.org" not in _text(feed.get("version")):
        raise NotAFeed("JSON, but no JSON Feed")
    items = feed.get("items")
    base = canonical(_text(feed.get("home_page_url")), address) or address
    title = title_of(words_of(_text(feed.get("title")), is_html=False))
    return Document("json", title, settled(list(_raws(items if isinstance(items, list) else [], base))))


def _raws(items: list[Any], base: str) -> Iterator[Raw]:
    for each in items:
        try:
            entry = _Entry.model_validate(each)
        except ValidationError:
            continue  # no object at all: the others are still good
        yield _raw(entry, base)


def _raw(entry: _Entry, base: str) -> Raw:
    texts = ((entry.summary, False), (entry.content_text, False), (entry.content_html, True))
    text = next((words for said, is_html in texts if (words := words_of(said, is_html))), "")
    title = title_of(words_of(entry.title, is_html=False) or text)
    links = (canonical(link, base) for link in (entry.url, entry.external_url, entry.id) if link)
    link = next((link for link in links if link), None) if entry.url or entry.external_url else _address(entry.id)
    return Raw(entry.id, title, line_of(text, title), link, moment_in(entry.date_published or entry.date_modified))


def _address(identity: str) -> str | None:
    """The item's id where it is an address in full, as the specification advises."""
    return canonical(identity) if "://" in identity else None
