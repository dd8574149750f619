"""The message about a change in the editors' chat: what it says, its state, and the buttons that decide."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from bot.commands import DESK
from bot.db.changes import Action, Change, ChangedEntry, Said, State
from bot.db.delivery_reports import Progress
from bot.db.engine import AnyRow
from bot.dossier.entries import Content, Key, fields
from bot.dossier.entry_fields import NEXT
from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import Dossier, Language
from bot.newsroom.change_content import ends_withdrawal, is_withdrawal, title_of
from bot.newsroom.figures import ANSWERS, answer_of, figures_kept
from bot.newsroom.translation import left_out_key, untranslated
from bot.replies.bulletins import BulletinText
from bot.replies.formatting import fact_text, moment
from bot.replies.i18n import phrases_in
from bot.replies.language_panel import language_name
from bot.replies.question import Command
from bot.replies.reply import Button
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

MAX_SHOWN = 700
"""Characters of a text in the message; the desk shows it whole."""


def message(
    change: Change,
    entries: Mapping[Key, ChangedEntry],
    mark: str,
    progress: Sequence[Progress],
    dossier: Dossier,
    language: Language,
    last: AnyRow,
    link: str | None,
) -> BulletinText:
    """The message in a language.

    Args:
        change: the change.
        entries: its entries.
        mark: of their contents, which a button carries.
        progress: what became of its bulletins in the ledger.
        dossier: the dossier in force.
        language: of the message.
        last: the last decision.
        link: the change's page, if a chat's button can open it; None if not.
    """
    say = phrases_in(language).say
    blocks: list[Paragraph | Items] = []
    for key, entry in entries.items():
        blocks.extend(_entry_blocks(key, entry, language, dossier.header.default_language))
        if (answer := answer_of(entry)) is not None:
            blocks.append(Paragraph((Span(say(_ANSWERED[answer.said])),)))
    lines = [Span(say(STATES[change.state]), bold=True), Span(f" · {last.name}")]
    if last.reason and change.state != "in_force":
        reason = last.reason if last.decided_by else say(last.reason)
        lines.append(Span(f"\n{say('Reason: {reason}', reason=reason)}"))
    if change.state != "draft" and (left_out := _left_out(entries.values(), dossier.languages)):
        lines.append(Span(f"\n{say('Is sent without: {languages}', languages=left_out)}"))
    if change.state == "approved" and change.due is not None:
        zone = dossier.header.zone
        when = f"{moment(local_time(change.due, zone), language)} ({zone})"
        lines.append(Span(f"\n{say('It comes into force at {moment}. Until then it can be taken back.', moment=when)}"))
    blocks.append(Paragraph(tuple(lines)))
    if counted := list(_progress(progress, language)):
        blocks.append(Items(tuple((Span(line),) for line in counted)))
    buttons = [
        Button(
            f"{_SIGNS[action]} {say(ACTIONS[action])}",
            Command(DESK, f"{action} {change.id} {change.version} {mark}"),
        )
        for action in _BUTTONS.get(change.state, ())
    ]
    if link is not None:
        buttons.append(Button(f"🗝 {say('Desk')}", url=link))
    day = datetime.fromtimestamp(change.changed, UTC).date()
    title = change.title or say("Change {number}", number=change.id)
    return BulletinText(title, day, tuple(blocks), (), None, "🗞", tuple(buttons))


def reminder(change: Change, last: AnyRow, dossier: Dossier, language: Language, link: str | None) -> BulletinText:
    """That a change still waits for approval, or its state by now.

    ``last``: the decision by which somebody asked for it, or the one that ended the wait.
    """
    say, zone = phrases_in(language).say, dossier.header.zone
    if change.state == "review":
        when = f"{moment(local_time(last.decided, zone), language)} ({zone})"
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


def _entry_blocks(key: Key, entry: ChangedEntry, language: Language, default: Language) -> Iterator[Paragraph]:
    """What an entry says, or what is done to it, in few lines."""
    say = phrases_in(language).say
    kind, _, name = key.partition("/")
    title = title_of(entry.content or entry.base, language) or name
    if entry.content is None:
        yield _lines(say("Removed: {what}", what=f"{kind}/{name}"))
    elif is_withdrawal(entry.base, entry.content):
        yield _lines(say("Withdraw: {title}", title=title), _because(entry.content, language, default))
    elif kept := figures_kept(entry):
        figures = (f"{{{name}}} → {fact_text(fact, language)}" for name, fact in kept.items())
        yield _lines(say("Keeps its figures: {title}", title=title), *figures)
    elif kind == "bulletins":
        label = say("New bulletin") if entry.base is None else say("Correction")
        spans = [Span(f"{label}: {title}", bold=True), Span(f"\n{_text(entry.content, language, default)}")]
        if words := _was_wrong(entry.content, language):
            spans.append(Span(f"\n{say('What was wrong')}: {words}", italic=True))
        if ends_withdrawal(entry.base, entry.content):
            spans.insert(1, Span(f"\n{say('This ends the withdrawal: readers get the bulletin again.')}", bold=True))
        yield Paragraph(tuple(spans))
    elif kind == "sources":
        yield Paragraph(
            (Span(f"{say('Source')}: "), Span(str(entry.content.get("title") or name), url=_url(entry.content)))
        )
    else:
        yield _lines(f"{kind}/{name}", _values(entry))


def _lines(head: str, *others: str) -> Paragraph:
    return Paragraph((Span(head, bold=True), *(Span(f"\n{words}") for words in others)))


def _because(content: Content, language: Language, default: Language) -> str:
    mark = content.get("withdrawn")
    return _in_language(mark.get("because") if isinstance(mark, dict) else None, language, default)


def _text(content: Content, language: Language, default: Language) -> str:
    return _cut(_in_language(content.get("body"), language, default))


def _was_wrong(content: Content, language: Language) -> str:
    """What readers of the language are told of this correction."""
    said = content.get("corrections")
    texts = said.get(NEXT) if isinstance(said, dict) else None
    return str(texts.get(language) or "") if isinstance(texts, dict) else ""


def _in_language(texts: object, language: Language, default: Language) -> str:
    if not isinstance(texts, dict):
        return str(texts or "")
    return str(texts.get(language) or texts.get(default) or next(iter(texts.values()), ""))


def _url(content: Content) -> str | None:
    url = str(content.get("url") or "")
    return url if url.startswith(("http://", "https://")) else None


def _values(entry: ChangedEntry) -> str:
    before = fields(entry.base)
    changed = [
        f"{'.'.join(place)}: {value}" for place, value in fields(entry.content).items() if before.get(place) != value
    ]
    return _cut("\n".join(changed))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"


def _progress(progress: Sequence[Progress], language: Language) -> Iterator[str]:
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
