"""``/why``: the last bulletins, and the delivery of each to this chat."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.db.delivery_reports import HistoryEntry, delivery_history
from bot.db.fan_out import COUNTED_AS_SENT
from bot.db.readers import Reader
from bot.db.schema import BULLETIN_WITHDRAWN, CROSSPOST_DUE, CROSSPOST_REFUSED, GONE, WITHDRAWN
from bot.db.store import Store
from bot.db.subscriptions import UNSUBSCRIBED
from bot.dossier.markdown import Items, Paragraph, Span
from bot.dossier.models import Dossier, Language
from bot.reader import CLOSED, ENDED, MAY_HAVE_ARRIVED, MESSAGE_DELETED, MUTED, PASSING, Address
from bot.replies.bulletins import from_json
from bot.replies.dossier_texts import DossierTexts
from bot.replies.i18n import phrases_in
from bot.replies.question import Command
from bot.replies.reply import Block, Button, Reply
from bot.schedule import OTHER_TOPICS, SWITCHES, Subscription, unwanted, zone_of


@dataclass(frozen=True, slots=True)
class Here:
    """The chat that is told.

    Attributes:
        language: of the reply.
        spoken: the language in which its bulletins come.
        is_stopped: whether nothing is sent there at the moment.
    """

    language: Language
    subscription: Subscription | None = None
    reader: Reader | None = None
    spoken: str = ""
    is_stopped: bool = False

    def moment(self, seconds: float | None) -> str:
        """A moment in the reader's time zone."""
        zone = zone_of(self.subscription.timing.zone) if self.subscription else UTC
        return phrases_in(self.language).moment(datetime.fromtimestamp(seconds or 0, zone))

    def refuses(self, entry: HistoryEntry) -> str | None:
        """Why the bulletin does not come as things are; None: it comes."""
        reader = self.reader
        if reader and reader.suspended_since is not None and reader.reason not in PASSING:
            why = _reason(reader.reason, self.language)
            return phrases_in(self.language).say("not delivered: {reason}", reason=why)
        if self.subscription and (reason := unwanted(self.subscription, entry.traits, self.spoken)):
            return _reason(reason, self.language)
        return phrases_in(self.language).say("waits: nothing is sent at the moment") if self.is_stopped else None


async def delivery_report(store: Store, dossier: Dossier, address: Address, language: Language) -> Reply:
    """The reply to ``/why``."""
    entries = await delivery_history(store.database, address)
    subscription, reader = await store.subscriptions.get(address), await store.readers.get(address)
    detected = reader.detected_language if reader else None
    spoken = store.readers.language(address) or detected or dossier.header.default_language
    is_stopped = await store.safeguards.stops_on(address.platform)
    here = Here(language, subscription, reader, spoken, is_stopped)
    phrases, texts = phrases_in(language), DossierTexts(dossier, language)
    blocks: list[Block] = []
    if reader is not None and reader.suspended_since is not None:
        since, why = here.moment(reader.suspended_since), _reason(reader.reason, language)
        text = phrases.say("Nothing has been sent here since {moment}: {reason}.", moment=since, reason=why)
        blocks.append(Paragraph((Span(text),)))
    listed, unlisted = list[tuple[Span, Span]](), list[str]()
    for entry in entries:
        words = history_in_words(entry, here)
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


def history_in_words(entry: HistoryEntry, here: Here) -> str:
    """``delivered 24 Nov 2026, 09:00`` and the like, in the reader's time zone."""
    say = phrases_in(here.language).say
    if entry.sent is None and entry.reason == COUNTED_AS_SENT:
        return say("on its way when the bot was restored from a backup")
    if entry.sent is not None:
        return ", ".join(_delivered(entry, here))
    match entry.state:
        case "dropped" if entry.reason == WITHDRAWN:
            return say("withdrawn before it came here")
        case "due" | "claimed" | "retry":
            return here.refuses(entry) or say("comes {moment}", moment=here.moment(entry.due))
        case "failed" if (entry.reason or "").startswith(MAY_HAVE_ARRIVED):
            return say("sent, but it is not known whether it arrived")
        case "failed" | "dropped":
            return say("not delivered: {reason}", reason=_reason(entry.reason, here.language))
        case _:
            return _why_not(entry, here)


def _delivered(entry: HistoryEntry, here: Here) -> Iterator[str]:
    say = phrases_in(here.language).say
    yield say("delivered {moment}", moment=here.moment(entry.sent))
    if entry.bulletin_state == BULLETIN_WITHDRAWN and entry.edited and entry.is_current:
        yield say("withdrawn {moment}", moment=here.moment(entry.edited))
    elif entry.bulletin_state == BULLETIN_WITHDRAWN:
        yield say("withdrawn since")
    elif entry.edited:
        yield say("corrected {moment}", moment=here.moment(entry.edited))
    if entry.state == "failed":
        yield say("the message could not be changed: {reason}", reason=_reason(entry.reason, here.language))
    if entry.crosspost == CROSSPOST_DUE:
        yield say("the channel’s followers get it {moment}", moment=here.moment(entry.due))
    if entry.crosspost == CROSSPOST_REFUSED:
        yield say("not published to the channel’s followers: {reason}", reason=_reason(entry.reason, here.language))


def _is_earlier(entry: HistoryEntry) -> bool:
    return entry.subscribed is not None and entry.published is not None and entry.subscribed > entry.published


def _why_not(entry: HistoryEntry, here: Here) -> str:
    """Why the bulletin has no delivery to this chat, as far as that is known."""
    say, subscription, reader = phrases_in(here.language).say, here.subscription, here.reader
    if entry.bulletin_state == BULLETIN_WITHDRAWN:
        return say("withdrawn before it came here")
    if entry.bulletin_state == "history" or entry.published is None:
        return say("published before sending began")
    if subscription is None or entry.subscribed is None:
        return say("not subscribed here")
    if _is_earlier(entry):
        return say("published before the subscription")
    if reader is not None and reader.suspended_since is not None and reader.suspended_since <= entry.published:
        return say("not delivered: {reason}", reason=_reason(reader.reason, here.language))
    if reason := unwanted(subscription, entry.traits, here.spoken):
        return _reason(reason, here.language)
    return say("not sent: when it was published, the bot could not write here, or other settings held")


def _title(texts: DossierTexts, entry: HistoryEntry) -> str:
    """The title in the dossier, or in the ledger if the dossier no longer has the bulletin."""
    bulletin = texts.dossier.bulletins.get(entry.bulletin)
    if bulletin is not None:
        return texts.title(bulletin, short=True)
    languages = (texts.language, texts.dossier.header.default_language, *entry.articles)
    stored = next((entry.articles[language] for language in languages if language in entry.articles), None)
    return from_json(stored).title if stored else entry.bulletin


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
        **{switch.reason: say(switch.why) for switch in SWITCHES if switch.reason},
        OTHER_TOPICS: say("not about the topics chosen here"),
    }
    return translated.get(reason or "", say("a technical problem"))
