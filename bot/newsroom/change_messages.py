"""The message about a change in the editors' chat: what it says, its state, and the buttons that decide."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

from bot.commands import DESK
from bot.db.changes import Action, Change, ChangedEntry, Said, State
from bot.db.connection import AnyRow
from bot.db.delivery_reports import Progress
from bot.dossier.entries import ABSENT, Content, Field, Key, alterations, digest
from bot.dossier.entry_fields import Control, control_of, topic_key
from bot.dossier.markdown import Items, Paragraph, Span, without_citations
from bot.dossier.models import Dossier, Language
from bot.dossier.yaml_reader import Value
from bot.newsroom.change_content import Contents, ends_withdrawal, is_withdrawal, title_of
from bot.newsroom.figures import ANSWERS, UNPRINTED, answer_of, figures_kept
from bot.newsroom.labels import CHOICES, Titles, day_in, kind_of, label, shown, with_facts
from bot.newsroom.translation import left_out_key, untranslated
from bot.replies.bulletins import BulletinText
from bot.replies.dossier_texts import DossierTexts, cut
from bot.replies.formatting import capitalised, fact_text
from bot.replies.i18n import Phrases, phrases_in
from bot.replies.language_panel import language_name
from bot.replies.question import Command
from bot.replies.reply import Button, lines_of
from bot.replies.word_diff import excerpt, marked
from bot.schedule import local_time

STATES: Mapping[State, str] = {
    "draft": "Draft",
    "review": "Waits for approval",
    "approved": "Approved",
    "in_force": "In force",
    "discarded": "Discarded",
}
"""State → the phrase for it."""

ACTIONS: Mapping[Action, str] = {
    "ask": "Ask for approval",
    "approve": "Approve",
    "return": "Return to the writer",
    "take_back": "Take back",
    "discard": "Discard",
}
"""Action → the words of its button, in the order of the buttons."""

DONE: Mapping[Action, str] = {
    "ask": "Asked for approval",
    "approve": "Approved",
    "return": "Returned to the writer",
    "take_back": "Taken back",
    "discard": "Discarded",
    "was_wrong": ANSWERS["was_wrong"],
    "has_changed": ANSWERS["has_changed"],
    "in_force": "Came into force",
    "overtaken": "Returned, because something else has changed",
}
"""Action → what was decided by it."""

_SIGNS: Mapping[Action, str] = {"approve": "✅", "return": "↩️", "take_back": "✋"}

_BUTTONS: Mapping[State, tuple[Action, ...]] = {"review": ("approve", "return"), "approved": ("take_back",)}
"""State → what a press in the chat may do. A reason for a return is typed at the desk."""

_ANSWERED: Mapping[Said, str] = {
    "was_wrong": "It was wrong: sent messages that print it are corrected.",
    "has_changed": "It has changed: sent messages keep what they say.",
}

MAX_SHOWN, SHORT = 1200, 160
"""Characters of all lines of an entry together, and of a line that is never cut; the desk shows them whole."""

MOST_LINES, MOST_ENTRIES = 12, 8

NONE = "–"
"""Stands for an empty value."""

AROUND = 5
"""Words on each side of what differs in a text."""


def message(
    change: Change,
    entries: Mapping[Key, ChangedEntry],
    progress: Collection[Progress],
    dossier: Dossier,
    language: Language,
    last: AnyRow,
    link: str | None,
    contents: Contents,
    chats: int,
) -> BulletinText:
    """The message in a language.

    Args:
        change: the change.
        entries: its entries.
        progress: what became of its bulletins in the ledger.
        dossier: the dossier in force.
        language: of the message.
        last: the last decision.
        link: the change's page, if a chat's button can open it; None if not.
        contents: in force.
        chats: in how many chats messages are to be edited.
    """
    say = phrases_in(language).say
    blocks: list[Paragraph | Items] = []
    wording = _Wording.of(entries, contents, dossier, language)
    for key, entry in islice(entries.items(), MOST_ENTRIES):
        blocks.extend(wording.blocks(key, entry))
        if (answer := answer_of(entry)) is not None:
            blocks.append(Paragraph((Span(say(_ANSWERED[answer.said])),)))
    if len(entries) > MOST_ENTRIES:
        more = len(entries) - MOST_ENTRIES
        blocks.append(Paragraph((Span(phrases_in(language).count("and {n} more", "and {n} more", more)),)))
    lines = [Span(say(STATES[change.state]), bold=True), Span(f" · {last.name}")]
    if last.reason and change.state != "in_force":
        reason = last.reason if last.decided_by else say(last.reason)
        lines.append(Span(f"\n{say('Reason: {reason}', reason=reason)}"))
    if change.state != "draft" and (left_out := _left_out(entries.values(), dossier.languages)):
        lines.append(Span(f"\n{say('Is sent without: {languages}', languages=left_out)}"))
    if chats and change.state in ("review", "approved"):
        edited = phrases_in(language).count("edited in {n} chat", "edited in {n} chats", chats)
        lines.append(Span(f"\n{capitalised(edited)}"))
    due = {"approved": change.due, "review": change.planned if (change.planned or 0.0) > change.changed else None}
    if (at := due.get(change.state)) is not None:
        zone = dossier.header.zone
        is_approved = change.state == "approved"
        taken_back = "It comes into force at {moment}. Until then it can be taken back."
        words = taken_back if is_approved else "It comes into force at {moment}, if it is approved by then."
        lines.append(Span(f"\n{say(words, moment=f'{phrases_in(language).moment(local_time(at, zone))} ({zone})')}"))
    blocks.append(Paragraph(tuple(lines)))
    if counted := list(_progress(progress, language)):
        blocks.append(Items(tuple((Span(line),) for line in counted)))
    argument = f"{change.id} {change.version} {mark_of(entries)}"
    pressed = {each: Command(DESK, f"{each} {argument}") for each in _BUTTONS.get(change.state, ())}
    buttons = [Button(f"{_SIGNS[each]} {say(ACTIONS[each])}", command) for each, command in pressed.items()]
    if link is not None:
        buttons.append(Button(f"🗝 {say('Desk')}", url=link))
    day = datetime.fromtimestamp(change.changed, UTC).date()
    title = change.title or say("Change {number}", number=change.id)
    return BulletinText(title, day, tuple(blocks), (), None, "🗞", tuple(buttons))


def mark_of(entries: Mapping[Key, ChangedEntry]) -> str:
    """Eight digits that name the contents of a change: a button decides on what its message showed, and on nothing else."""
    return digest({key: dict(entry.content or {}) for key, entry in entries.items()})[:8]


def reminder(change: Change, last: AnyRow, dossier: Dossier, language: Language, link: str | None) -> BulletinText:
    """That a change still waits for approval, or its state by now.

    ``last``: the decision by which somebody asked for it, or the one that ended the wait.
    """
    say, zone = phrases_in(language).say, dossier.header.zone
    if change.state == "review":
        when = f"{phrases_in(language).moment(local_time(last.decided, zone))} ({zone})"
        words = say("Still waits for approval. {name} asked for it: {moment}", name=last.name, moment=when)
    else:
        words = f"{say(STATES[change.state])} · {last.name}"
    title = change.title or say("Change {number}", number=change.id)
    buttons = (Button(f"🗝 {say('Desk')}", url=link),) if link is not None else ()
    day = datetime.fromtimestamp(last.decided, UTC).date()
    return BulletinText(title, day, (Paragraph((Span(words),)),), (), None, "⏰", buttons)


def _left_out(entries: Iterable[ChangedEntry], languages: Sequence[Language]) -> str:
    """The names of the languages without which a bulletin is sent, as an editor has chosen."""
    chosen = {
        code for entry in entries for code in untranslated(entry, languages) if left_out_key(code) in entry.made_from
    }
    return ", ".join(language_name(code) for code in languages if code in chosen)


@dataclass(frozen=True, slots=True)
class _Wording:
    """How an editor reads entries of a change. ``before``, ``after``: without and with it, facts filled in."""

    before: Titles
    after: Titles
    languages: Mapping[str, str]

    @classmethod
    def of(
        cls, entries: Mapping[Key, ChangedEntry], contents: Contents, dossier: Dossier, language: Language
    ) -> "_Wording":
        sides = [{**contents, **{key: each.base for key, each in entries.items()}}, dict(contents)]
        sides[1] |= {key: each.content for key, each in entries.items()}
        changed = [{key: side[key] for key in entries} for side in sides]
        titles = [Titles(with_facts(dossier, own), language, side) for own, side in zip(changed, sides, strict=True)]
        return cls(titles[0], titles[1], {str(code): language_name(code) for code in dossier.written_languages})

    def blocks(self, key: Key, entry: ChangedEntry) -> Iterator[Paragraph]:
        """What an entry says, or what is done to it: its title, and a line for each value, old and new."""
        say, title = self._phrases.say, _title(self.after, key)
        kind = kind_of(key, entry.content or entry.base, say)
        if entry.content is None:
            yield _lines(say("Removed: {what}", what=f"{kind} · {self.before.of(key)}"))
        elif is_withdrawal(entry.base, entry.content):
            yield _lines(say("Withdraw: {title}", title=title), *self._because(entry.content))
        elif kept := figures_kept(entry):
            figures = (
                _named(_title(self.after, Key(f"facts/{name}")), fact_text(fact, self.after.language))
                for name, fact in kept.items()
            )
            yield _lines(say("Keeps its figures: {title}", title=_title(self.before, key)), *figures)
        else:
            if key.startswith("bulletins/"):
                kind = say("New bulletin") if entry.base is None else say("Correction")
            elif entry.base is None:
                kind = f"{say('New')} · {kind}"
            ends = [say("This ends the withdrawal: readers get the bulletin again.")]
            # the lines, so much of each that all of them have room
            lines = [*self._values(key, entry)]
            most = max(MAX_SHOWN // max(1, sum(len(each) > SHORT for each in lines)), SHORT)
            found = [cut(each, most) for each in lines[:MOST_LINES]]
            yield _lines(_named(kind, title), *(ends if ends_withdrawal(entry.base, entry.content) else ()), *found)

    def _because(self, content: Content) -> Iterator[str]:
        mark = content.get("withdrawn")
        because = mark.get("because") if isinstance(mark, dict) else None
        for code, text in because.items() if isinstance(because, dict) else ():
            yield f"{self.languages.get(code, code)}: {self._text(replace(self.after, language=Language(code)), str(text))}"

    def _values(self, key: Key, entry: ChangedEntry) -> Iterator[str]:
        """Each value that differs, with what it is called: "Text · English: … 120 seats … → … 130 seats …"."""
        values = self.before.value(key), self.after.value(key)
        is_measured = key.startswith("facts/") and values[0] != values[1]
        if is_measured:
            yield " → ".join(filter(None, values))
        for place, sides in alterations(entry.base, entry.content).items():
            is_value = is_measured and place[0] not in UNPRINTED and len(place) == 1
            is_title = entry.base is None and title_of(entry.content, self.after.language) == sides[1]
            if is_value or is_title or place[0] in ("type", "date", "figures", "was"):
                continue
            old = self._shown(self.before, key, entry, place, sides[0])
            new = self._shown(self.after, key, entry, place, sides[1])
            if old and new and " " in f"{old}{new}":
                words = excerpt(marked(old, new), AROUND)
                old = "".join(each.text for each in words if each.mark != "inserted").strip()
                new = "".join(each.text for each in words if each.mark != "deleted").strip()
            name = label(key, place, self._phrases.say, self.languages).replace("{}", "…")
            yield f"{name}: {f'{old} → {new or NONE}' if old else new}"

    def _shown(self, titles: Titles, key: Key, entry: ChangedEntry, place: Field, value: Value) -> str:
        """A value as an editor reads it: titles for ids, texts as readers get them."""
        control = control_of(key, entry.content or {}, place, list(self.languages)) or Control("line")
        if value is ABSENT or value is None:
            return ""
        if control.of:
            names = map(str, value if isinstance(value, list) else [value])
            keys = [topic_key(each) if control.of == "topics" else Key(f"{control.of}/{each}") for each in names]
            return ", ".join(map(titles.of, keys))
        if control.kind == "choice" and (words := CHOICES.get(place[0], {}).get(str(value).lower())):
            return self._phrases.say(words)
        if control.kind == "day":
            return day_in(value, titles.language) or shown(value)
        spoken = replace(titles, language=Language(place[-1])) if place[-1] in self.languages else titles
        if control.kind == "text" and isinstance(value, str):
            return self._text(spoken, value)
        return " / ".join(map(spoken.read, shown(value).splitlines()))

    def _text(self, titles: Titles, text: str) -> str:
        """A text as readers get it, without the numbers of its sources."""
        blocks = DossierTexts(titles.dossier, titles.language).blocks(text)
        return "\n".join(map(without_citations, lines_of(blocks)))

    @property
    def _phrases(self) -> Phrases:
        return phrases_in(self.after.language)


def _title(titles: Titles, key: Key) -> str:
    """What an entry is called; "": it has no title, only an id."""
    title = titles.of(key)
    return "" if title == key.partition("/")[2] else title


def _named(name: str, words: str) -> str:
    return ": ".join(filter(None, (name, words)))


def _lines(head: str, *others: str) -> Paragraph:
    return Paragraph((Span(head, bold=True), *(Span(f"\n{words}") for words in others)))


def _progress(progress: Collection[Progress], language: Language) -> Iterator[str]:
    """How far the messages are, all bulletins of the change together."""
    say, counts = phrases_in(language).say, dict[str, int]()
    for each in progress:
        for state, number in (each.counts or {}).items():
            counts[state] = counts.get(state, 0) + number
    if total := sum(counts.values()):
        waiting = sum(each.waiting for each in progress)
        yield say("{n} of {total} done", n=total - waiting, total=total)
    if failed := counts.get("failed"):
        yield f"{say('failed')}: {failed}"
    yield from (f"{reason}: {number}" for each in progress for reason, number in list(each.reasons)[:3])
