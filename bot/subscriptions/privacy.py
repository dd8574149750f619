"""``/privacy``: what is stored about a chat and how long, and its deletion."""

from datetime import UTC, datetime

from bot.db.questions import AWAITED_DAYS, KEPT_DAYS
from bot.db.readers import KEPT_SECONDS
from bot.db.store import Store
from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import Language
from bot.reader import Address
from bot.replies.formatting import day
from bot.replies.i18n import phrases_in
from bot.replies.question import Command
from bot.replies.reply import Button, Note, Reply

PRIVACY = "privacy"

DELETE, CONFIRMED = "delete", "delete now"
"""The arguments of the buttons; only an admin may press them."""


async def privacy_reply(store: Store, address: Address, argument: str, language: Language) -> Reply:
    """The reply to ``/privacy argument``. The caller has checked who may delete."""
    say = phrases_in(language).say
    if argument == CONFIRMED:
        await store.readers.delete(address.platform, address.chat_id)
        text = say("All that was stored about this chat is deleted, and no bulletins come here any more.")
        return Reply(None, language, say("Deleted"), "🗑", (Paragraph((Span(text),)),))
    if argument == DELETE:
        text = say("Settings, subscription, the record of bulletins and waiting questions go, and do not come back.")
        buttons = (
            Button(f"🗑 {say('Yes, delete it')}", Command(PRIVACY, CONFIRMED)),
            Button(say("◀️ Back"), Command(PRIVACY)),
        )
        return Reply(
            None,
            language,
            say("Delete everything about this chat?"),
            "❓",
            (Paragraph((Span(text),)),),
            buttons=buttons,
        )
    return await _stored(store, address, language)


async def _stored(store: Store, address: Address, language: Language) -> Reply:
    say = phrases_in(language).say
    reader = await store.readers.get(address)
    subscription = await store.subscriptions.get(address) if reader else None
    awaited = sum(each.address == address for each in await store.awaited.all()) if reader else 0
    lines = []
    if reader is not None:
        since = day(datetime.fromtimestamp(reader.first_seen, UTC).date(), language)
        lines.append(say("This chat’s number, name, kind and language, since {day}.", day=since))
    if subscription is not None:
        lines.append(say("Its settings for bulletins, and which bulletins came when."))
    if awaited:
        lines.append(
            say("Questions that wait for an answer: {n}, for at most {days} days.", n=awaited, days=AWAITED_DAYS)
        )
    if not lines:
        lines.append(say("Nothing."))
    rules = say(
        "Nota does not store who asks what. Questions without an answer and ratings are counted for {days} days, without names; "
        "whoever runs the bot may keep the words of such questions. After the bot is removed, the settings are kept for {kept} days.",
        days=KEPT_DAYS,
        kept=KEPT_SECONDS // 86400,
    )
    items = Items(tuple((Span(line),) for line in lines))
    buttons = (Button(f"🗑 {say('Delete it')}", Command(PRIVACY, DELETE)),) if reader else ()
    return Reply(None, language, say("Stored about this chat"), "🔏", (items, Note((Span(rules),))), buttons=buttons)
