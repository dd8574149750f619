"""The desk's first page as a board: what waits for an editor, and where every other change is."""

from collections.abc import Mapping, Sequence
from typing import Literal

from bot.db.changes import ChangedEntry, ChangeId
from bot.db.engine import AnyRow
from bot.dossier.entries import Content, fields
from bot.dossier.models import Language
from bot.newsroom.change_content import is_withdrawal
from bot.newsroom.desk import Item
from bot.newsroom.translation import outdated_fields
from bot.platforms.web.desk.form import shown

Column = Literal["waiting", "drafts", "scheduled", "in_force"]

COLUMNS: Mapping[Column, tuple[str, str]] = {
    "waiting": ("Waiting for me", "Nothing waits for you."),
    "drafts": ("Drafts and requests", "Nobody is writing anything."),
    "scheduled": ("Scheduled", "Nothing is approved and waits for its time."),
    "in_force": ("In force lately", "Nothing has come into force yet."),
}
"""Column → its title, and what it says when it is empty."""

RETURNED: Mapping[str, str] = {"return": "Returned to you", "overtaken": "Returned, because something else has changed"}
"""Decision that made a draft of it again → how the board says it to the writer."""

Translated = Literal["done", "outdated", "missing"]

TRANSLATED: Mapping[Translated, tuple[str, str]] = {
    "done": ("✓", "the text is there"),
    "outdated": ("changed since", "the original was changed since it was translated"),
    "missing": ("–", "a text is missing"),
}
"""State of a language → how a row shows it, and what that means."""


def board(items: Sequence[Item], last: Mapping[ChangeId, AnyRow], person: str) -> dict[Column, list[Item]]:
    """The changes by column, in the order of ``items``; the scheduled ones in that of their time.

    Args:
        items: open changes, as this person sees them, and those that came into force lately.
        last: change → its last decision.
        person: the account of who looks.
    """
    found: dict[Column, list[Item]] = {name: [] for name in COLUMNS}
    for item in items:
        found[_column(item, last.get(item.change.id), person)].append(item)
    found["scheduled"].sort(key=lambda each: (each.change.due or 0.0, each.change.id))
    return found


def _column(item: Item, last: AnyRow | None, person: str) -> Column:
    change = item.change
    if change.state == "in_force":
        return "in_force"
    if change.state == "approved":
        return "scheduled"
    is_own = person in change.savers
    is_returned = change.state == "draft" and last is not None and last.action in ("return", "overtaken")
    can_decide = change.state == "review" and "approve" in item.possible
    return "waiting" if (is_own and is_returned) or (can_decide and not is_own) else "drafts"


def has_words(item: Item, title: str, wanted: Sequence[str]) -> bool:
    """Whether each of the words stands in the title or in a text of the change, in any language. ``wanted``: case-folded."""
    if not wanted:
        return True
    texts = (shown(value) for entry in item.entries.values() for value in fields(entry.content or entry.base).values())
    every = " ".join((title, *item.entries, *texts)).casefold()
    return all(word in every for word in wanted)


def translated(item: Item, languages: Sequence[Language], default: Language) -> list[tuple[Language, Translated]]:
    """The languages of the dossier with the state of the change's texts; none if it has no text of a language."""
    entries = [each for each in item.entries.values() if each.content and not is_withdrawal(each.base, each.content)]
    spoken = [each for each in entries if _texts(each.content, languages)]
    return [(language, _state(spoken, language, languages, default)) for language in languages] if spoken else []


def _state(
    entries: Sequence[ChangedEntry], language: Language, languages: Sequence[Language], default: Language
) -> Translated:
    texts = [text for each in entries for text in _texts(each.content, languages).values()]
    if not all(language in each for each in texts):
        return "missing"
    return "outdated" if any(outdated_fields(each, language, default) for each in entries) else "done"


def _texts(content: Content | None, languages: Sequence[Language]) -> dict[tuple[str, ...], set[str]]:
    """Field → the languages that have a text in it. Lists are examples, which nobody translates."""
    found: dict[tuple[str, ...], set[str]] = {}
    for place, value in fields(content).items():
        if len(place) > 1 and place[-1] in languages and not isinstance(value, list):
            found.setdefault(place[:-1], set()).add(place[-1])
    return found
