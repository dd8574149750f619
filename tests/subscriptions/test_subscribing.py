"""Chats subscribe, change their settings, leave and come back; on each kind of database."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.conversation import Conversation
from bot.db.retention import READER_DAYS
from bot.db.schema import readers
from bot.db.store import Store
from bot.dossier.models import Claim, Dossier, Language, TopicId
from bot.live_dossier import LiveDossier
from bot.message import Chat
from bot.platforms.plain_text import render
from bot.reader import MUTED, Address
from bot.replies.question import AboutBulletin, AboutTopic, Command, Question
from bot.replies.reply import Reply
from bot.subscriptions.service import first_subscription, greeting
from tests.asking import asked
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY, loaded, shipped
from tests.tables import cases

GROUP = Address("telegram", "-1001")
TOPIC = Address("telegram", "-1001", "7")


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return shipped()


Ask = Callable[..., Awaitable[Reply]]


@pytest.fixture
def conversation(store: Store, dossier: Dossier) -> Conversation:
    return Conversation(LiveDossier(dossier), store, lambda: TODAY)


@pytest.fixture
def ask(conversation: Conversation) -> Ask:
    """Asks in the group, by default as an admin."""

    async def ask_in_group(
        name: str, argument: str = "", where: Address = GROUP, admin: bool = True, language: str = "en"
    ) -> Reply:
        spoken = conversation.language(where, language)
        message = asked(Command(name, argument), where, "group", spoken, is_admin=admin, title="The group")
        reply = await conversation.reply(message)
        assert reply is not None
        return reply

    return ask_in_group


def asked_by(reply: Reply) -> list[Question | None]:
    return [button.question for button in reply.buttons]


class TestSubscribe:
    """A chat's admins subscribe it in two taps."""

    async def test_every_topic_at_once(self, ask: Ask, store: Store, dossier: Dossier) -> None:
        """The reply has a button for the latest bulletin; earlier ones are not sent."""
        reply = await ask("subscribe")
        assert AboutBulletin(next(iter(dossier.bulletins))) in asked_by(reply)
        subscription = await store.subscriptions.get(GROUP)
        assert subscription is not None
        assert subscription.topics is None

    @pytest.mark.parametrize("command", ["subscribe", "unsubscribe", "settings", "why"])
    async def test_others_may_not(self, ask: Ask, store: Store, command: str) -> None:
        assert (await ask(command, admin=False)).private
        assert await store.subscriptions.get(GROUP) is None

    async def test_a_second_time_keeps_the_settings(self, ask: Ask, store: Store) -> None:
        await ask("subscribe")
        await ask("settings", "when daily 8")
        await ask("subscribe")
        subscription = await store.subscriptions.get(GROUP)
        assert subscription is not None
        assert subscription.timing.pace == "daily"

    async def test_says_what_will_come(self, ask: Ask) -> None:
        """The topics of earlier bulletins, and a button to choose among topics."""
        reply = await ask("subscribe")
        assert "🌏 The wider ties (13), 📜 What was agreed (2)" in render(reply)
        assert Command("settings", "topics") in asked_by(reply)

    async def test_says_in_which_language_it_will_come_if_that_is_another(
        self, ask: Ask, conversation: Conversation
    ) -> None:
        """The first language of a group is that of whoever added the bot."""
        await conversation.membership.joined(Chat(GROUP, "group", Language("en"), "The group"))
        reply = await ask("subscribe", language="id")
        assert "Buletin dikirim ke sini dalam: 🇬🇧 English" in render(reply)
        assert Command("language") in asked_by(reply)
        assert "Bulletins come here in" not in render(await ask("subscribe"))

    async def test_topic_of_a_forum_is_a_reader_of_its_own(self, ask: Ask, store: Store) -> None:
        """The group around it is not subscribed."""
        await ask("subscribe", where=TOPIC)
        assert await store.subscriptions.get(TOPIC) is not None
        assert await store.subscriptions.get(GROUP) is None

    async def test_unsubscribe(self, ask: Ask, store: Store) -> None:
        """The reply has a button to subscribe again."""
        await ask("subscribe")
        assert Command("subscribe") in asked_by(await ask("unsubscribe"))
        assert await store.subscriptions.get(GROUP) is None
        assert (await ask("unsubscribe")).title == "Not subscribed"

    async def test_settings_come_back_within_30_days(self, ask: Ask, store: Store) -> None:
        """Unsubscribe stands beside Language and is pressed by mistake. Another chat of the same admin gets nothing of it."""
        await ask("subscribe")
        for argument in ("topic duration", "when weekly 4 18", "quiet 22 7", "zone Asia/Jakarta", "sound"):
            await ask("settings", argument)
        before = await store.subscriptions.get(GROUP)
        ended = await ask("unsubscribe")
        assert "settings are kept for 30 days" in render(ended)
        assert await store.subscriptions.get(GROUP) is None
        await ask("subscribe", where=TOPIC)
        assert await store.subscriptions.get(TOPIC) == first_subscription(Language("en"))
        back = await ask("subscribe")
        assert "those from before you unsubscribed" in render(back)
        assert await store.subscriptions.get(GROUP) == before
        assert "those from before" not in render(await ask("subscribe"))

    async def test_after_30_days_it_starts_anew(self, ask: Ask, store: Store, clock: MovedClock) -> None:
        for where in (GROUP, TOPIC):
            await ask("subscribe", where=where)
            await ask("settings", "sound", where=where)
        await ask("unsubscribe")
        clock.forward(-60, days=READER_DAYS)
        await ask("unsubscribe", where=TOPIC)
        assert await store.subscriptions.delete_ended() == 0
        clock.forward(seconds=120)
        assert await store.subscriptions.delete_ended() == 1
        for where in (GROUP, TOPIC):
            await ask("subscribe", where=where)
        kept = [await store.subscriptions.get(where) for where in (GROUP, TOPIC)]
        assert [each.silent if each else None for each in kept] == [False, True]

    @pytest.mark.parametrize("stored", ["[]", '{"pace": "at_once"}', '{"topics": 5}', "3"])
    async def test_stored_settings_that_cannot_be_used(self, ask: Ask, store: Store, stored: str) -> None:
        await ask("subscribe")
        await ask("unsubscribe")
        async with store.database.write() as connection:
            await connection.execute(readers.update().values(ended_subscription=json.loads(stored)))
        await ask("subscribe")
        assert await store.subscriptions.get(GROUP) == first_subscription(Language("en"))


class TestSettings:
    """The panel shows the settings in force."""

    async def test_before_subscribing(self, ask: Ask) -> None:
        """A button to subscribe."""
        assert Command("subscribe") in asked_by(await ask("settings"))

    async def test_press_by_press(self, ask: Ask) -> None:
        await ask("subscribe", language="id")
        await ask("settings", "quiet 22 7")
        await ask("settings", "zone Europe/Moscow")
        text = render(await ask("settings", "when weekly 4 18"))
        assert "22:00–07:00" in text
        assert "Europe/Moscow" in text
        assert "once a week, on Friday at 18:00" in text

    @pytest.mark.parametrize("name", ["localtime", "posix/Asia/Jakarta", "Factory", "asia/jakarta", "Mars/Base"])
    async def test_a_zone_that_not_every_machine_knows_is_not_taken(self, ask: Ask, store: Store, name: str) -> None:
        """On a machine without that zone, nobody would get bulletins. The panel offers similar ones."""
        await ask("subscribe", language="id")
        assert "Zona waktu" in render(await ask("settings", f"zone {name}", language="id"))
        subscription = await store.subscriptions.get(GROUP)
        assert subscription is not None
        assert subscription.timing.zone == "Asia/Jakarta"

    @cases("language, words")
    async def test_hours_as_the_language_writes_them(self, ask: Ask, language: str, words: str) -> None:
        """
        en | From now on bulletins come here once a week, on Friday at 18:00.
        id | Mulai sekarang buletin dikirim ke sini sekali sepekan, setiap Jumat pukul 18.00.
        ru | Теперь новости будут приходить сюда раз в неделю (пятница, 18:00).
        """
        await ask("subscribe", language=language)
        await ask("settings", "when weekly 4 18", language=language)
        assert words in render(await ask("subscribe", language=language))
        hours = [button.label for button in (await ask("settings", "when daily", language=language)).buttons]
        assert ("09.00" if language == "id" else "09:00") in hours

    async def test_language_of_the_chat_shows_in_the_panel(self, ask: Ask) -> None:
        """It goes before the asker's own."""
        await ask("subscribe")
        await ask("language", "ru")
        assert (await ask("settings")).title == "Настройки"


class TestMembership:
    """The bot is added, removed and added again; the chat gets a new id."""

    async def test_being_added_greets_once(self, conversation: Conversation) -> None:
        """The greeting has a topic, a rumour that was checked, and a button to subscribe."""
        greeting = await conversation.membership.joined(Chat(GROUP, "group", Language("id"), "The group"))
        assert greeting is not None
        assert greeting.language == "id"
        topic, rumour, subscribe = asked_by(greeting)
        assert topic == AboutTopic(TopicId("agreement"))
        assert conversation.dossier_reply(rumour, Language("id")).verdict == "contradicts"
        assert subscribe == Command("subscribe")
        assert await conversation.membership.joined(Chat(GROUP, "group", Language("id"), "The group")) is None

    def test_what_a_dossier_lacks_its_greeting_lacks(self) -> None:
        """One without reviewed claims, and one whose only false sentence is in another language or names its subject."""
        tiny = loaded(TINY)
        assert [button.short for button in greeting(tiny, Language("en")).buttons] == ["1", "2"]
        claim = {"says": {"en": ["{it} sank", "the ferry sank"]}, "verdict": False, "because": {"en": "No."}}
        false = Claim.model_validate({**claim, "id": "sank", "date": "2026-01-01"})
        for language, number in (("en", 3), ("id", 2)):
            shown = greeting(replace(tiny, claims={false.id: false}), Language(language))
            assert len(shown.buttons) == number
            assert "{it}" not in render(shown)

    async def test_removed_and_added_again_within_30_days(
        self, ask: Ask, conversation: Conversation, store: Store, clock: MovedClock
    ) -> None:
        """Its settings apply again."""
        await ask("subscribe")
        await ask("settings", "when daily 8")
        await conversation.membership.left(GROUP, "left")
        clock.forward(-60, days=READER_DAYS)
        await store.readers.delete_lapsed()
        again = await conversation.membership.joined(Chat(GROUP, "group", Language("en"), "The group"))
        assert again is not None
        assert again.title == "Here again"
        subscription = await store.subscriptions.get(GROUP)
        assert subscription is not None
        assert subscription.timing.hour == 8

    async def test_after_30_days_it_is_a_new_chat(
        self, ask: Ask, conversation: Conversation, store: Store, clock: MovedClock
    ) -> None:
        await ask("subscribe")
        await conversation.membership.left(GROUP, "left")
        clock.forward(60, days=READER_DAYS)
        await store.readers.delete_lapsed()
        greeting = await conversation.membership.joined(Chat(GROUP, "group", Language("en"), "The group"))
        assert greeting is not None
        assert Command("subscribe") in asked_by(greeting)
        assert await store.subscriptions.get(GROUP) is None

    async def test_group_becomes_a_supergroup(self, ask: Ask, conversation: Conversation, store: Store) -> None:
        """It keeps its language, subscription and settings."""
        await ask("subscribe")
        await ask("language", "ru")
        await conversation.membership.moved("telegram", GROUP.chat_id, "-1002")
        new = Address("telegram", "-1002")
        assert await store.subscriptions.get(new) is not None
        assert conversation.language(new, "en") == "ru"


class TestWhy:
    """/why shows admins what became of the last bulletins."""

    async def test_nothing_was_sent_yet(self, ask: Ask) -> None:
        assert "Not subscribed: no bulletins come." in render(await ask("why"))
        await ask("subscribe")
        assert "No bulletins yet." in render(await ask("why"))

    async def test_a_suspended_chat_learns_the_reason(self, ask: Ask, conversation: Conversation) -> None:
        await ask("subscribe")
        await conversation.membership.left(GROUP, "left")
        assert "the bot was removed" in render(await ask("why"))

    async def test_the_reason_is_in_the_chats_language(self, ask: Ask, store: Store) -> None:
        await ask("subscribe")
        await ask("language", "id")
        await store.readers.suspend("telegram", GROUP.chat_id, MUTED)
        assert "bot tidak diizinkan menulis di sini" in render(await ask("why"))
