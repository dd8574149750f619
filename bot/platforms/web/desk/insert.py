"""What an editor inserts into a text: facts with their values, and sources; and what the dossier knows of a source by its address."""

from collections import Counter
from collections.abc import Mapping
from urllib.parse import urlsplit

from bot.dossier.entries import Content, Key
from bot.dossier.markdown import is_web_address
from bot.dossier.models import Language
from bot.dossier.yaml_reader import Value
from bot.newsroom.change_content import Contents, title_of
from bot.newsroom.labels import Titles, about_source, shown


def insertable(titles: Titles, values: Titles) -> list[dict[str, str]]:
    """The facts and sources in force and of a change, by title.

    Each has its ``kind``, its id as ``name``, as ``title`` what it measures or who published, as ``detail`` its value as readers see it, or
    headline and day; the ``address`` of a source; and the ``text`` that is inserted.

    Args:
        titles: in the editor's language.
        values: in the language of the text.
    """
    kept = {key: content for key, content in titles.contents.items() if content is not None}
    found = [_fact(key, content, titles, values) for key, content in kept.items() if key.startswith("facts/")]
    found += [_source(key, content, titles) for key, content in kept.items() if key.startswith("sources/")]
    return sorted(found, key=lambda each: (each["kind"], each["title"].casefold(), each["name"]))


def _fact(key: Key, content: Content, titles: Titles, values: Titles) -> dict[str, str]:
    name, value = key.partition("/")[2], values.value(key) or values.read(shown(_in(content.get("value"), values)))
    return _insertable("facts", name, titles.of(key), value, "", f"{{{name}}}")


def _in(texts: Value, titles: Titles) -> Value:
    return texts.get(titles.language) if isinstance(texts, dict) else texts


def _source(key: Key, content: Content, titles: Titles) -> dict[str, str]:
    name = key.partition("/")[2]
    publisher = title_of({"publisher": content.get("publisher")}, titles.language) or name
    detail = about_source(content, titles.language)
    return _insertable("sources", name, publisher, detail, shown(content.get("url")), f"[@{name}]")


def _insertable(kind: str, name: str, title: str, detail: str, address: str, text: str) -> dict[str, str]:
    return {"kind": kind, "name": name, "title": title, "detail": detail, "address": address, "text": text}


def is_address(words: str) -> bool:
    """Whether an editor typed the address of a page."""
    return is_web_address(words.strip())


def known_source(address: str, contents: Contents) -> Key | None:
    """The source with this address. ``www.``, a slash at the end and a place in the page make no other one, nor does https://."""
    page = _page(address)
    sources = (key for key, content in contents.items() if content is not None and key.startswith("sources/"))
    return next((key for key in sources if _page(shown((contents[key] or {}).get("url"))) == page), None)


def publisher_at(address: str, contents: Contents) -> Value:
    """Who published what the dossier has from the same host, as most of these sources name them; None: it has nothing from there."""
    host, found, counted = _page(address)[0], dict[str, Value](), Counter[str]()
    for key, content in contents.items():
        publisher = (content or {}).get("publisher") if key.startswith("sources/") else None
        if publisher and _page(shown((content or {}).get("url")))[0] == host:
            counted[repr(publisher)] += 1
            found[repr(publisher)] = publisher
    return found[counted.most_common(1)[0][0]] if counted else None


def new_source(address: str, contents: Contents) -> tuple[dict[str, Value], str]:
    """What a source at an address begins with, and the words of which its key is made."""
    address, publisher = address.strip(), publisher_at(address, contents)
    content: dict[str, Value] = {"url": address, **({"publisher": publisher} if publisher else {})}
    return content, title_of(content, Language("en")) or _page(address)[0]


def about_address(address: str, titles: Titles) -> Mapping[str, object]:
    """What the dossier knows of an address, for a form: the source that has it, and the publisher, by language if it has one of each."""
    if not is_address(address):
        return {}
    known = known_source(address, titles.contents)
    publisher = publisher_at(address, titles.contents)
    named: Content = publisher if isinstance(publisher, dict) else {"": publisher} if publisher else {}
    return {
        "known": {"name": known.partition("/")[2], "title": titles.of(known)} if known else None,
        "publisher": {str(language): shown(name) for language, name in named.items()},
        "shown": title_of({"publisher": publisher}, titles.language),
    }


def _page(address: str) -> tuple[str, str, str]:
    """Host, path and query of an address, as far as they make another page."""
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname or ""
    except ValueError:
        return address, "", ""
    return host.removeprefix("www."), parts.path.rstrip("/"), parts.query
