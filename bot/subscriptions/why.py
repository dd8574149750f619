"""``/why``: the last bulletins, and the delivery of each to this chat."""

from collections.abc import Iterator
from datetime import UTC, datetime

from bot.db.delivery_reports import HistoryEntry, delivery_history
from bot.db.fan_out import COUNTED_AS_SENT, OTHER_LANGUAGE, OTHER_TOPICS
from bot.db.readers import Reader
from bot.db.schema import BULLETIN_WITHDRAWN, CROSSPOST_DUE, CROSSPOST_REFUSED, GONE, WITHDRAWN
from bot.db.store import Store
from bot.db.subscriptions import UNSUBSCRIBED
from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import Dossier, Language
from bot.reader import CLOSED, ENDED, MAY_HAVE_ARRIVED, MESSAGE_DELETED, MUTED, Address
from bot.replies.bulletins import from_json
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import moment
from bot.replies.i18n import phrases_in
from bot.replies.question import Command
from bot.replies.reply import Block, Button, Reply
from bot.schedule import Subscription, zone_of


async def delivery_report(store: Store, dossier: Dossier, address: Address, language: Language) -> Reply:
    """The reply to ``/why``."""
    entries = await delivery_history(store.database, address)
    subscription = await store.subscriptions.get(address)
    reader = await store.readers.get(address)
    phrases, texts = phrases_in(language), DossierTexts(dossier, language)
    blocks: list[Block] = []
    if reader is not None and reader.suspended_since is not None:
        text = phrases.say(
            "Nothing has been sent here since {moment}: {reason}.",
            moment=_moment(reader.suspended_since, subscription, language),
            reason=_reason(reader.reason, language),
        )
        blocks.append(Paragraph((Span(text),)))
    listed, unlisted = list[tuple[Span, Span]](), list[str]()
    for entry in entries:
        words = history_in_words(entry, subscription, language, reader)
        if entry.state is None and (entry.published is None or subscription is None or _is_earlier(entry)):
            unlisted.append(words)  # one sentence stands for all of them
        else:
            listed.append((Span(_title(texts, entry), bold=True), Span(f" — {words}")))
    if listed:
        blocks.append(Items(tuple(listed)))
    elif subscription is not None:
        blocks.append(Paragraph((Span(phrases.say("No bulletins yet.")),)))
    if subscription is None:
        blocks.append(Paragraph((Span(phrases.say("Not subscribed: no bulletins come.")),)))
    elif unlisted:
        blocks.append(Paragraph((Span(phrases.say("What was published before the subscription does not come.")),)))
    title, to_settings = phrases.say("What was sent here"), f"⚙️ {phrases.say('Settings')}"
    return Reply(None, language, title, "🔎", tuple(blocks), buttons=(Button(to_settings, Command("settings")),))


def history_in_words(
    entry: HistoryEntry, subscription: Subscription | None, language: Language, reader: Reader | None = None
) -> str:
    """``delivered 24 Nov 2026, 09:00`` and the like, in the reader's time zone."""
    say = phrases_in(language).say
    if entry.sent is None and entry.reason == COUNTED_AS_SENT:
        return say("on its way when the bot was restored from a backup")
    if entry.sent is not None:
        return ", ".join(_delivered(entry, subscription, language))
    match entry.state:
        case "dropped" if entry.reason == WITHDRAWN:
            return say("withdrawn before it came here")
        case "due" | "claimed" | "retry":
            return say("comes {moment}", moment=_moment(entry.due, subscription, language))
        case "failed" if (entry.reason or "").startswith(MAY_HAVE_ARRIVED):
            return say("sent, but it is not known whether it arrived")
        case "failed" | "dropped":
            return say("not delivered: {reason}", reason=_reason(entry.reason, language))
        case _:
            return _why_not(entry, subscription, language, reader)


def _delivered(entry: HistoryEntry, subscription: Subscription | None, language: Language) -> Iterator[str]:
    say = phrases_in(language).say
    yield say("delivered {moment}", moment=_moment(entry.sent, subscription, language))
    if entry.bulletin_state == BULLETIN_WITHDRAWN and entry.edited and entry.is_current:
        yield say("withdrawn {moment}", moment=_moment(entry.edited, subscription, language))
    elif entry.bulletin_state == BULLETIN_WITHDRAWN:
        yield say("withdrawn since")
    elif entry.edited:
        yield say("corrected {moment}", moment=_moment(entry.edited, subscription, language))
    if entry.state == "failed":
        yield say("the message could not be changed: {reason}", reason=_reason(entry.reason, language))
    if entry.crosspost == CROSSPOST_DUE:
        yield say("the channel’s followers get it {moment}", moment=_moment(entry.due, subscription, language))
    if entry.crosspost == CROSSPOST_REFUSED:
        yield say("not published to the channel’s followers: {reason}", reason=_reason(entry.reason, language))


def _is_earlier(entry: HistoryEntry) -> bool:
    return entry.subscribed is not None and entry.published is not None and entry.subscribed > entry.published


def _why_not(entry: HistoryEntry, subscription: Subscription | None, language: Language, reader: Reader | None) -> str:
    """Why the bulletin has no delivery to this chat, as far as that is known."""
    say = phrases_in(language).say
    if entry.bulletin_state == BULLETIN_WITHDRAWN:
        return say("withdrawn before it came here")
    if entry.bulletin_state == "history" or entry.published is None:
        return say("published before sending began")
    if subscription is None or entry.subscribed is None:
        return say("not subscribed here")
    if _is_earlier(entry):
        return say("published before the subscription")
    if reader is not None and reader.suspended_since is not None and reader.suspended_since <= entry.published:
        return say("not delivered: {reason}", reason=_reason(reader.reason, language))
    if subscription.topics is not None and entry.topics and not subscription.topics & entry.topics:
        return say("not about the topics chosen here")
    return say("not sent: when it was published, the bot could not write here, or other settings held")


def _title(texts: DossierTexts, entry: HistoryEntry) -> str:
    """The title in the dossier, or in the ledger if the dossier no longer has the bulletin."""
    bulletin = texts.dossier.bulletins.get(entry.bulletin)
    if bulletin is not None:
        return texts.title(bulletin, short=True)
    languages = (texts.language, texts.dossier.header.default_language, *entry.articles)
    stored = next((entry.articles[language] for language in languages if language in entry.articles), None)
    return from_json(stored).title if stored else entry.bulletin


def _moment(seconds: float | None, subscription: Subscription | None, language: Language) -> str:
    zone = zone_of(subscription.timing.zone) if subscription else UTC
    return moment(datetime.fromtimestamp(seconds or 0, zone), language)


def _reason(reason: str | None, language: Language) -> str:
    """The reason for readers. A platform's own words, which ``nota deliveries`` shows, are of no use to them."""
    say = phrases_in(language).say
    translated = {
        UNSUBSCRIBED: say("the subscription had ended"),
        "left": say("the bot was removed"),
        "blocked": say("the bot was blocked"),
        ENDED: say("the subscription was ended on your side"),
        MUTED: say("the bot may not write here"),
        CLOSED: say("the topic or thread is closed"),
        GONE: say("not available at the moment"),
        MESSAGE_DELETED: say("the message was deleted"),
        OTHER_LANGUAGE: say("not in the language chosen here"),
        OTHER_TOPICS: say("not about the topics chosen here"),
    }
    return translated.get(reason or "", say("a technical problem"))
