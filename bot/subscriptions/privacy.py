"""``/privacy``: shows what is stored about a chat and how long, and deletes it."""

from datetime import UTC, datetime

from bot.commands import PRIVACY
from bot.db.retention import AWAITED_DAYS, COUNTED_DAYS, QUESTION_DAYS, READER_DAYS, REPORT_DAYS
from bot.db.store import Store
from bot.dossier.markdown import Items, Span
from bot.dossier.models import Language
from bot.reader import Address
from bot.replies.i18n import phrases_in
from bot.replies.question import HELP, AboutTopic, Command
from bot.replies.reply import Button, Note, Reply, text_reply

DELETE, CONFIRMED = "delete", "delete now"
"""The arguments of the buttons; only an admin may press them."""


async def privacy_reply(store: Store, address: Address, argument: str, language: Language) -> Reply:
    """The reply to ``/privacy argument``. The caller has checked who may delete."""
    say = phrases_in(language).say
    if argument == CONFIRMED:
        await store.readers.delete(address.platform, address.chat_id)
        text = say("All that was stored about this chat is deleted, and no bulletins come here any more.")
        return text_reply(language, "🗑", say("Deleted"), text)
    if argument == DELETE:
        text = say("Settings, subscription, record of bulletins, waiting questions and reported mistakes go for good.")
        yes = Button(f"🗑 {say('Yes, delete it')}", Command(PRIVACY, CONFIRMED))
        back = Button(say("◀️ Back"), Command(PRIVACY))
        return text_reply(language, "❓", say("Delete everything about this chat?"), text, yes, back)
    return await _stored(store, address, language)


async def _stored(store: Store, address: Address, language: Language) -> Reply:
    say = phrases_in(language).say
    readers = await store.readers.of_chat(address.platform, address.chat_id)  # of a forum, with its topics
    addresses = [reader.address for reader in readers]
    keeps_ended = any([await store.subscriptions.keeps_ended(address) for address in addresses])
    lines = []
    if readers:
        first = datetime.fromtimestamp(min(reader.first_seen for reader in readers), UTC)
        since = phrases_in(language).day(first.date())
        lines.append(say("This chat’s number, name, kind and language, since {day}.", day=since))
    if any([await store.subscriptions.get(address) for address in addresses]):
        lines.append(say("Its settings for bulletins, and which bulletins came when."))
    if keeps_ended:
        lines.append(say("Its settings for bulletins, for {kept} days after it unsubscribed.", kept=READER_DAYS))
    if awaited := await store.awaited.count(*addresses):
        lines += [say("Questions that wait for an answer: {n}, for at most {days} days.", n=awaited, days=AWAITED_DAYS)]
    if reported := await store.reports.count(*addresses):
        lines += [say("Mistakes reported to the editors: {n}, for at most {days} days.", n=reported, days=REPORT_DAYS)]
    if not lines:
        lines.append(say("Nothing."))
    rules = say(
        "Nota does not store who asks what. How often each topic is asked, questions have no answer and answers help is counted by day "
        "for {counted} days, without names; whoever runs the bot may keep the words of questions without an answer, "
        "and what was chosen below them, for {days} days. "
        "After the bot is removed, the settings are kept for {kept} days.",
        counted=COUNTED_DAYS,
        days=QUESTION_DAYS,
        kept=READER_DAYS,
    )
    items = Items(tuple((Span(line),) for line in lines))
    button = Button(f"❓ {say('Help')}", AboutTopic(HELP))
    if readers:
        button = Button(f"🗑 {say('Delete it')}", Command(PRIVACY, DELETE))
    return Reply(None, language, say("Stored about this chat"), "🔏", (items, Note((Span(rules),))), buttons=(button,))
