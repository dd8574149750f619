"""/why: the last bulletins, and what became of each in this chat."""

from collections.abc import Iterator
from datetime import UTC, datetime

from bot.db.bulletins import COUNTED_AS_SENT, OTHER_TOPICS
from bot.db.delivery_log import HistoryEntry, delivery_history
from bot.db.schema import CROSSPOST_DUE, CROSSPOST_REFUSED
from bot.db.store import Store
from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import BulletinId, Dossier, Language
from bot.reader import MUTED, Address
from bot.replies.composer import Composer
from bot.replies.formatting import moment
from bot.replies.i18n import phrases_in
from bot.replies.question import Command
from bot.replies.reply import Block, Button, Reply
from bot.schedule import Subscription, zone_of


async def delivery_report(store: Store, dossier: Dossier, address: Address, language: Language) -> Reply:
    """The reply to ``/why``."""
    found = await delivery_history(store.database, address)
    wanted = await store.subscriptions.get(address)
    reader = await store.readers.get(address)
    phrases = phrases_in(language)
    blocks: list[Block] = []
    if reader is not None and reader.suspended_since is not None:
        since = _moment(reader.suspended_since, wanted, language)
        words = phrases.say(
            "Nothing has been sent here since {moment}: {reason}.",
            moment=since,
            reason=_reason(reader.reason, language),
        )
        blocks.append(Paragraph((Span(words),)))
    composer = Composer(dossier, language)
    lines = tuple(
        (Span(_title(composer, entry.bulletin), bold=True), Span(f" — {history_in_words(entry, wanted, language)}"))
        for entry in found
    )
    blocks.append(Items(lines) if lines else Paragraph((Span(phrases.say("No bulletins yet.")),)))
    way = Button(f"⚙️ {phrases.say('Settings')}", Command("settings"))
    return Reply(None, language, phrases.say("What became of the last bulletins"), "🔎", tuple(blocks), buttons=(way,))


def history_in_words(entry: HistoryEntry, wanted: Subscription | None, language: Language) -> str:
    """``delivered 24 Nov 2026, 09:00`` and the like, by the reader's clock."""
    say = phrases_in(language).say
    match entry.state:
        case "delivered" | "due" | "claimed" | "retry" if entry.sent is not None:
            return ", ".join(_delivered(entry, wanted, language))
        case "due" | "claimed" | "retry":
            return say("comes {moment}", moment=_moment(entry.due, wanted, language))
        case "dropped" if entry.reason == COUNTED_AS_SENT:
            return say("on its way when the bot was restored from a backup")
        case "failed" | "dropped":
            return say("not delivered: {reason}", reason=_reason(entry.reason, language))
        case _:
            return _never_meant(entry, wanted, language)


def _delivered(entry: HistoryEntry, wanted: Subscription | None, language: Language) -> Iterator[str]:
    """What became of a message that stands in the chat."""
    say = phrases_in(language).say
    yield say("delivered {moment}", moment=_moment(entry.sent, wanted, language))
    if entry.edited:
        yield say("corrected {moment}", moment=_moment(entry.edited, wanted, language))
    if entry.crosspost == CROSSPOST_DUE:
        yield say("the channel’s followers get it {moment}", moment=_moment(entry.due, wanted, language))
    if entry.crosspost == CROSSPOST_REFUSED:
        yield say("not published to the channel’s followers: {reason}", reason=_reason(entry.reason, language))


def _never_meant(entry: HistoryEntry, wanted: Subscription | None, language: Language) -> str:
    say = phrases_in(language).say
    if entry.bulletin_state == "retracted":
        return say("withdrawn before it came here")
    if entry.bulletin_state == "history" or entry.published is None:
        return say("published before sending began")
    if wanted is None or entry.subscribed is None:
        return say("this chat is not subscribed")
    if entry.subscribed > entry.published:
        return say("published before this chat subscribed")
    return say("not about the topics chosen here")


def _title(composer: Composer, name: BulletinId) -> str:
    bulletin = composer.dossier.bulletins.get(name)
    return composer.line(bulletin.title[composer.language]) if bulletin else name


def _moment(seconds: float | None, wanted: Subscription | None, language: Language) -> str:
    zone = zone_of(wanted.timing.zone) if wanted else UTC
    return moment(datetime.fromtimestamp(seconds or 0, zone), language)


def _reason(reason: str | None, language: Language) -> str:
    """Reasons that the program itself gives are phrases; a platform's own words stay as they are."""
    known = {
        "unsubscribed": phrases_in(language).say("the chat unsubscribed"),
        "left": phrases_in(language).say("the bot was removed"),
        "blocked": phrases_in(language).say("the bot was blocked"),
        MUTED: phrases_in(language).say("the bot may not write here"),
        OTHER_TOPICS: phrases_in(language).say("not about the topics chosen here"),
    }
    return known.get(reason or "", reason or "?")
