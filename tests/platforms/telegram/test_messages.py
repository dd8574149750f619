"""What the bot answers to messages, inline queries and changes of its membership: over real HTTP, by polling and by webhook."""

import asyncio
from typing import Any

import pytest

from bot.platforms.telegram.answer_visibility import GROUP_BURST
from bot.reader import Address
from bot.replies.question import Command, token
from tests.platforms.telegram.conftest import IN_EACH_MODE, Talk
from tests.platforms.telegram.updates import (
    ADA,
    ANONYMOUS_ADMIN,
    BUDI,
    CHANNEL,
    GROUP,
    VERA,
    chat,
    inline_query,
    member,
    message,
    post,
    press,
    topic,
    user,
)
from tests.servers.telegram import Called
from tests.servers.telegram_markup import parsed
from tests.tables import cases

PRIVATE_CHAT, GROUP_CHAT = Address("telegram", str(ADA)), Address("telegram", str(GROUP))


def buttons(call: Called) -> list[dict[str, Any]]:
    return [key for row in call.given["reply_markup"]["inline_keyboard"] for key in row]


class TestCommands:
    """A command is answered in its chat."""

    @IN_EACH_MODE
    async def test_programs_lists_the_six_with_a_button_each(self, talk: Talk) -> None:
        [call] = await talk.tell(message("/programs"))
        assert (call.method, call.given["chat_id"]) == ("sendMessage", ADA)
        assert call.given["text"].startswith("<b>🧭 ")
        assert len([key for key in buttons(call) if key["callback_data"].startswith("t/program:")]) == 6
        assert call.in_webhook == (talk.mode == "webhook")

    @pytest.mark.parametrize(
        ("fields", "parameter", "value"),
        [
            (topic(42), "message_thread_id", 42),
            (topic(1), "message_thread_id", None),
            ({"message_thread_id": 42}, "message_thread_id", None),
            ({"direct_messages_topic": {"topic_id": 9, "user": {}}}, "direct_messages_topic_id", 9),
            ({}, "reply_parameters", {"message_id": 77, "allow_sending_without_reply": True}),
        ],
        ids=["forum topic", "general topic", "thread of replies", "direct messages to a channel", "reply"],
    )
    async def test_place_in_a_group(self, talk: Talk, fields: dict[str, Any], parameter: str, value: Any) -> None:
        """Telegram takes no id for the general topic and for a thread of replies."""
        [call] = await talk.tell(message("/duration@NotaTestBot", GROUP, **fields))
        assert (call.given["chat_id"], call.given.get(parameter)) == (GROUP, value)

    @IN_EACH_MODE
    async def test_a_channel_is_answered_in_the_channel(self, talk: Talk) -> None:
        [call] = await talk.tell(post("/duration"))
        assert call.given["chat_id"] == CHANNEL

    @cases("text")
    async def test_what_a_group_says_to_others_is_not_answered(self, talk: Talk, text: str) -> None:
        """Another bot's commands, unknown commands, talk.

        /duration@OtherBot
        /weather
        /cancel
        /status
        What a day
        @OtherBot how long?
        """
        assert await talk.ignores(message(text, GROUP))

    async def test_a_mention_is_a_question(self, talk: Talk) -> None:
        [call] = await talk.tell(message("@NotaTestBot how long does it last?", GROUP))
        assert call.given["chat_id"] == GROUP

    async def test_a_command_that_is_not_for_readers_is_unknown(self, talk: Talk) -> None:
        for text, where in (("/status", ADA), ("/status@NotaTestBot", GROUP)):
            [call] = await talk.tell(message(text, where))
            assert call.given["text"].startswith("<b>🤷 I don’t know the command “status”</b>")

    async def test_no_text_is_no_question(self, talk: Talk) -> None:
        """What Telegram reports of the chat, for example that a message was pinned."""
        silent = message("", pinned_message=message("x")["message"])
        del silent["message"]["text"]
        assert await talk.ignores(silent)


class TestDeepLinks:
    """``t.me/NotaTestBot?start=…`` opens a topic (core.telegram.org/bots/features#deep-linking)."""

    @pytest.mark.parametrize(("text", "where"), [("/start pricing", ADA), ("/start@NotaTestBot pricing", GROUP)])
    async def test_start_opens_a_topic_like_its_command(self, talk: Talk, text: str, where: int) -> None:
        [linked] = await talk.tell(message(text, where))
        [typed] = await talk.tell(message("/pricing", where))
        assert (linked.given["chat_id"], linked.given["text"]) == (where, typed.given["text"])

    async def test_a_programme_and_a_bulletin_have_links_too(self, talk: Talk) -> None:
        """By slug, and by id."""
        [programme] = await talk.tell(message("/start 5g-iot"))
        assert programme.given["text"].startswith("<b>📡")
        bulletin = next(iter(talk.conversation.live.dossier.bulletins.values()))
        [news] = await talk.tell(message(f"/start {bulletin.id}"))
        assert bulletin.title["en"].split("{")[0].strip() in parsed(news.given["text"])

    @pytest.mark.parametrize("parameter", ["", " nonsense", " <b>", " ../../etc"])
    async def test_anything_else_is_a_welcome(self, talk: Talk, parameter: str) -> None:
        [call] = await talk.tell(message(f"/start{parameter}"))
        assert call.given["text"].startswith("<b>📰")
        assert buttons(call)


class TestLanguages:
    """Answers are in the language that the chat chose, else in that of the user's app, else in the dossier's."""

    @cases("tag, words")
    async def test_of_the_app(self, talk: Talk, tag: str, words: str) -> None:
        """
        ru | Сколько
        id | Berapa
        id-ID | Berapa
        fr | How
        """
        [call] = await talk.tell(message("/duration", who=user(language=tag)))
        assert words in call.given["text"]

    @IN_EACH_MODE
    async def test_a_person_chooses_for_their_private_chat(self, talk: Talk) -> None:
        await talk.tell(message("/language ru"))
        [call] = await talk.tell(message("/duration"))
        [other] = await talk.tell(message("/duration", BUDI, user(BUDI)))
        assert "Сколько" in call.given["text"]
        assert "How" in other.given["text"]

    async def test_an_admin_chooses_for_the_group(self, talk: Talk) -> None:
        talk.api.state.members[GROUP, ADA] = "administrator"
        await talk.tell(message("/language@NotaTestBot ru", GROUP))
        [call] = await talk.tell(message("/duration@NotaTestBot", GROUP, user(BUDI, "id")))
        assert "Сколько" in call.given["text"]

    async def test_a_member_does_not(self, talk: Talk) -> None:
        [call] = await talk.tell(message("/language@NotaTestBot ru", GROUP))
        assert "admins" in call.given["text"]
        assert talk.store.readers.language(GROUP_CHAT) is None

    async def test_an_admin_of_a_group_that_hides_its_members(self, talk: Talk) -> None:
        """``getChatMember`` is refused to a bot that is no admin there; ``getChatAdministrators`` is not."""
        talk.api.state.hiding.add(GROUP)
        talk.api.state.members |= {(GROUP, ADA): "administrator", (GROUP, BUDI): "member"}
        [call] = await talk.tell(message("/language@NotaTestBot ru", GROUP, user(BUDI)))
        assert "admins" in call.given["text"]
        await talk.tell(message("/language@NotaTestBot ru", GROUP))
        assert talk.store.readers.language(GROUP_CHAT) == "ru"

    async def test_rights_that_cannot_be_read_are_none(self, talk: Talk) -> None:
        """A Bot API server of one's own may leave out a field that python-telegram-bot requires."""
        incomplete = {"status": "administrator", "user": user()}
        talk.api.answer("getChatAdministrators", {"ok": True, "result": [incomplete]})
        [call] = await talk.tell(message("/language@NotaTestBot ru", GROUP))
        assert "admins" in call.given["text"]
        assert talk.store.readers.language(GROUP_CHAT) is None

    async def test_an_anonymous_admin_does(self, talk: Talk) -> None:
        """They write in the group's own name, so Telegram is not asked who they are."""
        await talk.tell(message("/language ru", GROUP, ANONYMOUS_ADMIN, sender_chat=chat(GROUP)))
        assert talk.store.readers.language(GROUP_CHAT) == "ru"
        assert talk.api.of("getChatAdministrators") == []

    async def test_who_writes_in_another_chats_name_does_not(self, talk: Talk) -> None:
        await talk.tell(message("/language ru", GROUP, ANONYMOUS_ADMIN, sender_chat=chat(CHANNEL)))
        assert talk.store.readers.language(GROUP_CHAT) is None

    async def test_a_channel_chooses_for_itself(self, talk: Talk) -> None:
        """Whoever may post may choose."""
        await talk.tell(post("/language id"))
        [call] = await talk.tell(post("/duration"))
        assert "Berapa" in call.given["text"]

    async def test_a_forum_topic_has_its_own_else_the_groups(self, talk: Talk) -> None:
        talk.api.state.members[GROUP, VERA] = "creator"
        vera = user(VERA, "en")
        await talk.tell(message("/language@NotaTestBot id", GROUP, vera))
        await talk.tell(message("/language@NotaTestBot ru", GROUP, vera, **topic(42)))
        [own] = await talk.tell(message("/duration@NotaTestBot", GROUP, vera, **topic(42)))
        [groups] = await talk.tell(message("/duration@NotaTestBot", GROUP, vera, **topic(43)))
        assert "Сколько" in own.given["text"]
        assert "Berapa" in groups.given["text"]


class TestBadInput:
    """No text crashes, leaks or misleads."""

    @pytest.mark.parametrize(
        "text",
        [
            "x" * 100_000,
            "/" + "x" * 100_000,
            "<b>bold</i> & <script>",
            "**bold** [a](javascript:x) `c`",
            "\x00\x1b[31m\u202e\u2066reversed",
            "/\u202eprograms",
            "/<b>",
            "/start " + "A" * 5000,
            "🏴\u200d☠️" * 500,
            "{0} {name} %s %(x)s",
            "/ask {renewal} {0.__class__}",
        ],
        ids=["long", "long command", "HTML", "Markdown", "control", "bidi", "tag", "link", "emoji", "format", "fact"],
    )
    async def test_any_text_is_answered(self, talk: Talk, text: str) -> None:
        """In valid HTML of at most 4096 units: the Bot API of these tests refuses anything else."""
        [call] = await talk.tell(message(text))
        assert call.method == "sendMessage"
        assert not isinstance(call.result, Exception)
        assert "\u202e" not in call.given["text"]

    async def test_names_that_hold_markup_do_no_harm(self, talk: Talk) -> None:
        """All people and chats of these tests have such names."""
        [call] = await talk.tell(message("/subscribe"))
        assert not isinstance(call.result, Exception)


class TestFloods:
    """A flood from one person does not disturb the others."""

    @pytest.mark.slow
    async def test_who_floods_is_told_once_and_others_are_served(self, talk: Talk) -> None:
        for _ in range(500 if talk.mode == "webhook" else 10_000):
            await talk.give(message("/programs"))
        await talk.give(message("/duration", BUDI, user(BUDI)))
        await talk.api.when(lambda: talk.api.answers[-1:] and talk.api.answers[-1].given["chat_id"] == BUDI, seconds=60)
        calls = [call for call in talk.api.answers if call.given["chat_id"] == ADA]
        texts = [call.given["text"] for call in calls if call.method == "sendMessage"]
        assert len(calls) - len(texts) <= GROUP_BURST + 6  # reactions, within a minute
        assert len([text for text in texts if "One moment" in text]) == 1
        assert 20 <= len(texts) < 60

    async def test_too_many_inline_queries_are_answered_with_nothing(self, talk: Talk) -> None:
        """The app waits for each answer."""
        for _ in range(30):
            await talk.give(inline_query("price"))
        answers = await talk.api.until("answerInlineQuery", 30)
        assert [] in [parameters["results"] for parameters in answers]


class TestInlineMode:
    """``@NotaTestBot price`` in any chat offers the topics that answer what is typed."""

    async def articles(self, talk: Talk, text: str, language: str = "en") -> list[dict[str, Any]]:
        [call] = await talk.tell(inline_query(text, user(language=language)))
        assert call.method == "answerInlineQuery"
        assert call.given["is_personal"] is True
        assert not isinstance(call.result, Exception)
        return list(call.given["results"])

    @cases("text, language, first")
    async def test_best_first(self, talk: Talk, text: str, language: str, first: str) -> None:
        """Found by a command, by the beginning of a word, or by free text.

        pric | en | t/pricing
        pricing | en | t/pricing
        /duration | en | t/duration
        5g | en | t/program:5g-iot
        срок | ru | t/duration
        """
        assert (await self.articles(talk, text, language))[0]["id"] == first

    @IN_EACH_MODE
    async def test_an_article_holds_the_reply(self, talk: Talk) -> None:
        [article, *_] = await self.articles(talk, "pricing")
        [reply] = await talk.tell(message("/pricing"))
        assert article["input_message_content"]["message_text"] == reply.given["text"]
        assert article["input_message_content"]["link_preview_options"] == {"is_disabled": True}
        assert article["title"] == parsed(reply.given["text"]).partition("\n")[0]
        assert article["description"]

    async def test_an_empty_query_offers_the_first_topics(self, talk: Talk) -> None:
        assert len(await self.articles(talk, "")) == 10

    async def test_in_the_users_language(self, talk: Talk) -> None:
        assert "Сколько" in (await self.articles(talk, "/duration", "ru"))[0]["title"]

    @pytest.mark.parametrize("text", ["<b>", "\x00\u202e", "q" * 5000, "%s{0}", "zzzz qqqq"])
    async def test_any_query_is_answered(self, talk: Talk, text: str) -> None:
        assert isinstance(await self.articles(talk, text), list)


async def removed(talk: Talk, update: dict[str, Any]) -> None:
    """The bot is removed from a chat; it says nothing there."""
    chat_id, start = update["my_chat_member"]["chat"]["id"], len(talk.api.answers)
    await talk.give(update)
    async with asyncio.timeout(60):
        while not talk.store.readers.is_suspended(Address("telegram", str(chat_id))):  # noqa: ASYNC110  nothing announces it
            await asyncio.sleep(0.01)
    assert len(talk.api.answers) == start


class TestMembership:
    """A chat that removes the bot is suspended; its settings come back with the bot."""

    @IN_EACH_MODE
    async def test_a_group_is_greeted_with_a_subscribe_button(self, talk: Talk) -> None:
        [greeting] = await talk.tell(member("member"))
        assert greeting.method == "sendMessage"
        assert [key["callback_data"] for key in buttons(greeting)][-1] == "+c/subscribe/"

    async def test_the_greeting_stays_whoever_presses_its_buttons(self, talk: Talk) -> None:
        """Two members try it out: the group reads each answer in its short form."""
        [greeting] = await talk.tell(member("member"))
        under = greeting.result | {"text": greeting.given["text"]}
        topic, rumour, _ = [key["callback_data"] for key in buttons(greeting)]
        for who, data, said in ((BUDI, topic, "What was agreed"), (VERA, rumour, "hoax” – False")):
            calls = await talk.tell(press(data, under, user(who), id=f"press {who}"), 2)
            [answer] = [call for call in calls if call.method == "sendMessage"]
            assert said in answer.given["text"]
            assert [key["text"] for key in buttons(answer)] == ["More"]
        assert talk.api.of("editMessageText") == []

    @pytest.mark.parametrize(("language", "said"), [("en", "Mention me"), ("id", "Sebut nama"), ("ru", "Упомяните")])
    async def test_start_in_a_group_is_the_greeting(self, talk: Talk, language: str, said: str) -> None:
        """In private it is the welcome; with a topic it is that topic."""
        [shown] = await talk.tell(message("/start@NotaTestBot", GROUP, user(BUDI, language)))
        assert said in shown.given["text"]
        assert len(parsed(shown.given["text"])) <= 250
        [row] = shown.given["reply_markup"]["inline_keyboard"]
        assert [key["text"] for key in row] == ["1", "2", "3"]
        [alone] = await talk.tell(message("/start", BUDI, user(BUDI, language)))
        assert said not in alone.given["text"]
        [topic] = await talk.tell(message("/start@NotaTestBot duration", GROUP, user(BUDI, language)))
        assert said not in topic.given["text"]

    async def test_the_rumour_of_another_ones_greeting_comes_to_the_presser_alone(self, talk: Talk) -> None:
        [shown] = await talk.tell(message("/start@NotaTestBot", GROUP, user(BUDI)))
        under = shown.result | {"reply_to_message": {"from": user(BUDI), "message_id": 77}}
        rumour = buttons(shown)[1]["callback_data"]
        copy, _ = await talk.tell(press(rumour, under, user(VERA)), 2)
        assert copy.given["ephemeral_message_parameters"]["receiver_user_id"] == VERA
        assert "hoax” – False" in copy.given["text"]

    @pytest.mark.parametrize(
        ("where", "change", "reason"),
        [
            (GROUP, member("kicked"), "left"),
            (GROUP, member("restricted", is_member=False), "left"),
            (ADA, member("kicked", ADA), "blocked"),
        ],
    )
    async def test_removed(self, talk: Talk, where: int, change: dict[str, Any], reason: str) -> None:
        await talk.tell(message("/subscribe") if where == ADA else member("member"))
        await removed(talk, change)
        reader = await talk.store.readers.get(Address("telegram", str(where)))
        assert reader is not None
        assert reader.suspended_since is not None
        assert reader.reason == reason

    async def test_back_in_a_group(self, talk: Talk) -> None:
        await talk.tell(member("member"))
        await removed(talk, member("kicked"))
        await talk.tell(member("administrator"))
        reader = await talk.store.readers.get(GROUP_CHAT)
        assert reader is not None
        assert reader.suspended_since is None

    async def test_who_writes_again_reads_of_no_pause(self, talk: Talk) -> None:
        await talk.tell(message("/subscribe"))
        await removed(talk, member("kicked", ADA))
        [call] = await talk.tell(message("/why"))
        assert "blocked" not in call.given["text"]

    async def test_unblocking_brings_no_greeting(self, talk: Talk) -> None:
        await talk.tell(message("/subscribe"))
        await removed(talk, member("kicked", ADA))
        assert await talk.ignores(member("member", ADA))

    @IN_EACH_MODE
    async def test_a_supergroup_keeps_the_groups_language(self, talk: Talk) -> None:
        await talk.store.readers.set_language(Address("telegram", "-55"), "ru")
        update = message("", -55, migrate_to_chat_id=-100777)
        del update["message"]["text"]
        assert await talk.ignores(update)
        assert talk.store.readers.language(Address("telegram", "-100777")) == "ru"

    @IN_EACH_MODE
    async def test_a_command_of_the_group_counts_when_it_has_just_moved(self, talk: Talk) -> None:
        """Telegram refuses to name the admins of the group, and says that it is a supergroup now. The update that says so may be answered first."""
        update = message("", -55, migrate_to_chat_id=-100777)
        del update["message"]["text"]
        assert await talk.ignores(update)
        talk.api.state.members[-100777, ADA] = "administrator"
        upgraded = "Bad Request: group chat was upgraded to a supergroup chat"
        talk.api.fault("getChatAdministrators", 400, upgraded, migrate_to_chat_id=-100777)
        [call] = await talk.tell(message("/subscribe@NotaTestBot", -55, user(ADA)))
        assert "Subscribed" in call.given["text"]
        assert call.given["chat_id"] == -100777
        assert (await talk.store.subscriptions.get(Address("telegram", "-100777"))) is not None


class TestRepeats:
    """Telegram delivers an update again whose answer it did not get; what it changes is changed once.

    A webhook knows the updates whose answer Telegram took, and answers them once.
    """

    async def until_confirmed(self, talk: Talk) -> None:
        """By polling: until the bot has told Telegram which updates are done."""
        if talk.mode == "polling":
            await talk.api.when(lambda: not talk.api.pending)

    @IN_EACH_MODE
    async def test_a_switch_is_switched_once(self, talk: Talk) -> None:
        """Each press is answered, with the settings as they are."""
        panel = {"message_id": 9, "date": 1, "chat": chat(ADA), "text": "Settings"}
        pressed = press(token(Command("settings", "sound")), panel) | {"update_id": 4242}
        await talk.tell(message("/subscribe"))
        for number in range(3):
            await self.until_confirmed(talk)
            calls = await talk.tell(pressed, expect=0 if talk.mode == "webhook" and number else 2)
            # the panel is not one of this Bot API's messages, so that the edit of an earlier press may become a new message
            assert {call.method for call in calls} <= {"answerCallbackQuery", "editMessageText", "sendMessage"}
            subscription = await talk.store.subscriptions.get(PRIVATE_CHAT)
            assert subscription is not None
            assert subscription.silent
