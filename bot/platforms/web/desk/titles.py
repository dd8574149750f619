"""The entries in force as the desk lists them: their titles, where they are used, and what a form can pick of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.dossier.entries import Key, fields
from bot.dossier.entry_fields import Use, topic_key, topic_of
from bot.dossier.models import Language
from bot.dossier.schema import FACT_TYPES, KINDS
from bot.dossier.yaml_reader import Value
from bot.newsroom.change_content import clean
from bot.newsroom.labels import Titles, shown

NEW_KINDS: Mapping[str, tuple[str, dict[str, Value]]] = {
    **{f"facts.{name}": ("facts", {"type": name}) for name in FACT_TYPES},
    **{name: (name, {}) for name, kind in KINDS.items() if kind.begins_with and name != "facts"},
}
"""What an editor can add, as forms name it → the kind of entry, and what its content begins with."""


def is_edited(key: Key) -> bool:
    """Whether editors change such an entry: feeds and the logo are files' alone."""
    return key.partition("/")[0] in KINDS


def matching(titles: Titles, kind: str, words: str) -> list[Key]:
    """The entries of a kind ("": of every kind) in which each of the words stands, wherever, in the order of lists."""
    found = sorted(
        key
        for key, content in titles.contents.items()
        if content is not None
        and is_edited(key)
        and kind in ("", key.partition("/")[0])
        and (
            not words or has_words(words, key, titles.of(key), titles.value(key), *map(shown, fields(content).values()))
        )
    )
    latest_first = [key for key in reversed(found) if key.startswith("bulletins/")]
    others = [key for key in found if not key.startswith("bulletins/")]
    order = list(KINDS)
    return sorted([*others, *latest_first], key=lambda key: order.index(key.partition("/")[0]))


def has_words(wanted: str, *texts: str) -> bool:
    """Whether each of the words stands in one of the texts, in capitals or not."""
    every = " ".join(texts).casefold()
    return all(word in every for word in wanted.casefold().split())


@dataclass(frozen=True, slots=True)
class Option:
    """An entry that a form can pick: its title, and the type of a fact."""

    title: str
    type: str = ""


def options(titles: Titles) -> dict[str, dict[str, Option]]:
    """Kind → name → what can be picked, of what is in force and of the change."""
    found: dict[str, dict[str, Option]] = {"facts": {}, "sources": {}, "topics": {}}
    ids = {str(each): number for number, each in enumerate(titles.dossier.topics)}
    for key, content in titles.contents.items():
        kind, _, name = key.partition("/")
        if content is None:
            continue
        if kind in ("topics", "programs"):
            emoji = content.get("emoji") or "📄"
            found["topics"][topic_of(key)] = Option(f"{emoji} {titles.of(key)}")
        elif kind in found:
            value = titles.value(key)
            title = titles.of(key)
            title = f"{title}: {value}" if value and value != title else title
            found[kind][name] = Option(title, str(content.get("type", "")))
    found["topics"] = dict(sorted(found["topics"].items(), key=lambda each: ids.get(each[0], len(ids))))
    return found


def key_of(of: str, name: str) -> Key:
    """The entry that a name in a picker stands for."""
    return topic_key(name) if of == "topics" else Key(f"{of}/{name}")


def grouped(used: Sequence[Use]) -> dict[Key, list[Use]]:
    """The uses by the entry that refers."""
    found: dict[Key, list[Use]] = {}
    for use in used:
        found.setdefault(use.key, []).append(use)
    return found


def new_content(kind: str, words: str, language: Language) -> tuple[str, dict[str, Value], str] | None:
    """The kind of a new entry, what it begins with, and the words of which its key is made; None: none can be added so."""
    if kind not in NEW_KINDS:
        return None
    name, content = NEW_KINDS[kind]
    words, field = " ".join(clean(words).split())[:200], KINDS[name].begins_with
    begun: dict[str, Value] = {"publisher": words, "says": {language: [words]}}
    return name, {**content, **({field: begun.get(field, {language: words})} if words else {})}, words
