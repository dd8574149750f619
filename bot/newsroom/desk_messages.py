"""The message about a draft in the editors' chat: how it reads, its state, and the buttons that decide."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from bot.commands import DESK
from bot.db.delivery_reports import Progress
from bot.db.desk import Action, Draft, DraftState
from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import BulletinId, Dossier, Language
from bot.newsroom.draft_content import Content, in_every_language, with_draft
from bot.replies.bulletins import BulletinText, bulletin_text
from bot.replies.formatting import moment
from bot.replies.i18n import phrases_in
from bot.replies.question import Command
from bot.replies.reply import Button

"""The editors' command for the desk."""

STATES: Mapping[DraftState, str] = {
    "draft": "Draft",
    "review": "Waits for approval",
    "approved": "Approved",
    "scheduled": "Goes out soon",
    "sending": "Is being sent",
    "sent": "Sent",
    "corrected": "Sent and corrected",
    "withdrawal": "Withdrawal waits for approval",
    "withdrawn": "Withdrawn",
    "deleted": "Deleted draft",
}
"""State → the phrase for it."""

ACTIONS: Mapping[Action, str] = {
    "submit": "Ask for approval",
    "approve": "Approve",
    "send": "Send",
    "return": "Return to the writer",
    "take_back": "Take back",
    "discard": "Discard the correction",
    "withdraw": "Withdraw",
    "delete": "Delete it",
    "files": "Corrected, because the dossier has changed",
}
"""Action → its phrase, in the order of the buttons."""

_SIGNS: Mapping[Action, str] = {"approve": "✅", "return": "↩️", "send": "📨", "take_back": "✋"}

_BUTTONS: Mapping[DraftState, tuple[Action, ...]] = {
    "review": ("approve", "return"),
    "approved": ("send", "return"),
    "scheduled": ("take_back",),
    "withdrawal": ("approve", "return"),
}
"""State → what a press in the chat may do. A withdrawal needs a reason, which is typed at the desk."""


def message(
    draft: Draft,
    content: Content,
    stage: DraftState,
    progress: Progress | None,
    dossier: Dossier,
    language: Language,
    by: str,
    link: str | None,
) -> BulletinText:
    """The message in a language.

    Args:
        draft: the draft.
        content: its latest version.
        stage: its state, with what the ledger says.
        progress: what became of it in the ledger; None if it was never sent.
        dossier: what the text refers to.
        language: of the message.
        by: who decided last.
        link: the draft's page, if a chat's button can open it; None if not.
    """
    day = date.fromisoformat(draft.day) if draft.day else datetime.fromtimestamp(draft.changed, UTC).date()
    text = _text(draft, content, dossier, language, day)
    say = phrases_in(language).say
    lines = [Span(say(STATES[stage]), bold=True), Span(f" · {by}")]
    if draft.reason and stage in ("withdrawal", "withdrawn"):
        lines.append(Span(f"\n{say('Reason: {reason}', reason=draft.reason)}"))
    if stage == "scheduled" and draft.send_at is not None:
        when = f"{moment(datetime.fromtimestamp(draft.send_at, UTC), language)} (UTC)"
        lines.append(Span(f"\n{say('It goes out at {moment}. Until then it can be taken back.', moment=when)}"))
    blocks = (*text.blocks, Paragraph(tuple(lines)))
    if progress is not None and progress.is_published:
        blocks = (*blocks, Items(tuple((Span(line),) for line in _progress(progress, language))))
    buttons = [
        Button(f"{_SIGNS[action]} {say(ACTIONS[action])}", Command(DESK, f"{action} {draft.id} {draft.version}"))
        for action in _BUTTONS.get(stage, ())
    ]
    if link is not None:
        buttons.append(Button(f"🗝 {say('Desk')}", url=link))
    return BulletinText(text.title, day, blocks, text.sources, None, "🗞", tuple(buttons))


def _text(draft: Draft, content: Content, dossier: Dossier, language: Language, day: date) -> BulletinText:
    """The bulletin as readers would get it, or its bare title if it has mistakes."""
    complete = {**in_every_language(content, dossier), "not_before": ""}
    whole, bulletin, _ = with_draft(dossier, complete, draft.bulletin_id or BulletinId(f"{day}-draft"), day)
    if bulletin is not None:
        try:
            return bulletin_text(whole, bulletin, language)
        except (KeyError, ValueError):  # a fact or source is gone from the dossier
            pass
    return BulletinText(draft.title or f"#{draft.id}", day, ())


def _progress(progress: Progress, language: Language) -> Iterator[str]:
    say, counts = phrases_in(language).say, progress.counts or {}
    total = sum(counts.values())
    yield say("{n} of {total} done", n=total - progress.waiting, total=total)
    if failed := counts.get("failed"):
        yield f"{say('failed')}: {failed}"
    yield from (f"{reason}: {number}" for reason, number in list(progress.reasons)[:3])
