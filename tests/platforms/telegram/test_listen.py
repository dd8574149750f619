"""What is answered to whom: each case over real HTTP, by polling and by webhook."""

import pytest

from bot.reader import Address
from tests.platforms.telegram.conftest import Talk
from tests.platforms.telegram.updates import (
    ADA,
    ANONYMOUS_ADMIN,
    BUDI,
    CHANNEL,
    GROUP,
    VERA,
    chat,
    message,
    post,
    topic,
    user,
)
from tests.servers.telegram_markup import parsed


class TestCommands:
    """A command is answered where it was given."""

    async def test_programs_lists_the_six_with_a_button_each(self, talk: Talk) -> None:
        """The list as an editor wrote it, and a way into each programme."""
        [call] = await talk.tell(message("/programs"))
        assert call.method == "sendMessage"
        assert call.given["chat_id"] == ADA
        assert call.given["text"].startswith("<b>🧭 ")
        tokens = [key["callback_data"] for row in call.given["reply_markup"]["inline_keyboard"] for key in row]
        assert len([token for token in tokens if token.startswith("t/program:")]) == 6
        assert call.given["link_preview_options"] == {"is_disabled": True}

    async def test_by_webhook_it_is_answered_in_the_response_itself(self, talk: Talk) -> None:
        """No call goes out."""
        [call] = await talk.tell(message("/programs"))
        assert call.in_webhook == (talk.mode == "webhook")

    async def test_a_forum_topic_is_answered_in_the_topic(self, talk: Talk) -> None:
        """Not in the group's general one."""
        [call] = await talk.tell(message("/duration@NotaTestBot", GROUP, **topic(42)))
        assert (call.given["chat_id"], call.given["message_thread_id"]) == (GROUP, 42)

    async def test_the_general_topic_is_answered_without_its_id(self, talk: Talk) -> None:
        """``sendMessage`` knows none of the id 1."""
        [call] = await talk.tell(message("/duration@NotaTestBot", GROUP, **topic(1)))
        assert "message_thread_id" not in call.given

    async def test_direct_messages_to_a_channel_are_answered_to_who_wrote(self, talk: Talk) -> None:
        """They share one chat, and Telegram takes no message there that names none of them."""
        [call] = await talk.tell(
            message("/duration@NotaTestBot", GROUP, direct_messages_topic={"topic_id": 9, "user": {}})
        )
        assert call.given["direct_messages_topic_id"] == 9

    async def test_a_thread_of_replies_is_no_topic(self, talk: Talk) -> None:
        """It bears an id too, which no message can be sent to."""
        [call] = await talk.tell(message("/duration@NotaTestBot", GROUP, message_thread_id=42))
        assert "message_thread_id" not in call.given

    async def test_in_a_group_it_replies_to_who_asked(self, talk: Talk) -> None:
        """So that it is clear whose question it was."""
        [call] = await talk.tell(message("/duration@NotaTestBot", GROUP))
        assert call.given["reply_parameters"] == {"message_id": 77, "allow_sending_without_reply": True}

    async def test_a_channel_is_answered_in_the_channel(self, talk: Talk) -> None:
        """A post that is a command."""
        [call] = await talk.tell(post("/duration"))
        assert call.given["chat_id"] == CHANNEL

    @pytest.mark.parametrize(
        "text", ["/duration@OtherBot", "/weather", "/cancel", "/status", "What a day", "@OtherBot how long?"]
    )
    async def test_what_a_group_says_to_others_is_left_alone(self, talk: Talk, text: str) -> None:
        """Another bot's commands, commands that are nobody's we know, talk."""
        assert await talk.ignores(message(text, GROUP))

    async def test_a_mention_is_a_question(self, talk: Talk) -> None:
        """In anybody's own words."""
        [call] = await talk.tell(message("@NotaTestBot how long does it last?", GROUP))
        assert call.given["chat_id"] == GROUP

    @pytest.mark.parametrize("name", ["cancel", "status"])
    async def test_what_is_no_readers_command_is_unknown(self, talk: Talk, name: str) -> None:
        """Said to us alone it is answered like any other that there is not: nobody is sent to where they are already."""
        for text, where in ((f"/{name}", ADA), (f"/{name}@NotaTestBot", GROUP)):
            [call] = await talk.tell(message(text, where))
            assert call.given["text"].startswith(f"<b>🤷 I don’t know the command /{name}</b>")

    async def test_an_unknown_command_offers_the_nearest(self, talk: Talk) -> None:
        """Nothing is made up."""
        [call] = await talk.tell(message("/pricign"))
        assert "/pricign" in call.given["text"]
        keys = [key["callback_data"] for row in call.given["reply_markup"]["inline_keyboard"] for key in row]
        assert keys[0] == "t/pricing"


class TestDeepLinks:
    """``t.me/NotaTestBot?start=…`` opens a topic (core.telegram.org/bots/features#deep-linking)."""

    async def test_start_opens_a_topic(self, talk: Talk) -> None:
        """As its command does."""
        [linked] = await talk.tell(message("/start pricing"))
        [typed] = await talk.tell(message("/pricing"))
        assert linked.given["text"] == typed.given["text"]

    async def test_startgroup_opens_it_in_the_group(self, talk: Talk) -> None:
        """Telegram says it there with the bot's name."""
        [linked] = await talk.tell(message("/start@NotaTestBot pricing", GROUP))
        assert linked.given["chat_id"] == GROUP
        assert linked.given["text"].startswith("<b>💳")

    async def test_a_programme_and_a_bulletin_have_links_too(self, talk: Talk) -> None:
        """By slug, and by id."""
        [programme] = await talk.tell(message("/start 5g-iot"))
        assert programme.given["text"].startswith("<b>📡")
        bulletin = next(iter(talk.conversation.live.dossier.bulletins.values()))
        [news] = await talk.tell(message(f"/start {bulletin.id}"))
        assert bulletin.title["en"].split("{")[0].strip() in parsed(news.given["text"])

    @pytest.mark.parametrize("parameter", ["", " nonsense", " <b>", " ../../etc"])
    async def test_anything_else_is_a_welcome(self, talk: Talk, parameter: str) -> None:
        """With the first topics to press."""
        [call] = await talk.tell(message(f"/start{parameter}"))
        assert call.given["text"].startswith("<b>📰")
        assert call.given["reply_markup"]["inline_keyboard"]


class TestLanguages:
    """Each in theirs."""

    @pytest.mark.parametrize(
        ("tag", "words"), [("ru", "Сколько"), ("id", "Berapa"), ("id-ID", "Berapa"), ("fr", "How")]
    )
    async def test_is_that_of_the_app(self, talk: Talk, tag: str, words: str) -> None:
        """Unless something was chosen; the dossier's where it has none such."""
        [call] = await talk.tell(message("/duration", who=user(language=tag)))
        assert words in call.given["text"]

    async def test_a_person_chooses_for_themselves(self, talk: Talk) -> None:
        """In the private chat, for good."""
        await talk.tell(message("/language ru"))
        [call] = await talk.tell(message("/duration"))
        assert "Сколько" in call.given["text"]
        [other] = await talk.tell(message("/duration", BUDI, user(BUDI)))
        assert "How" in other.given["text"]

    async def test_an_admin_chooses_for_the_group(self, talk: Talk) -> None:
        """For everybody in it, whatever their apps are set to."""
        talk.api.state.members[GROUP, ADA] = "administrator"
        await talk.tell(message("/language@NotaTestBot ru", GROUP))
        [call] = await talk.tell(message("/duration@NotaTestBot", GROUP, user(BUDI, "id")))
        assert "Сколько" in call.given["text"]

    async def test_a_member_does_not(self, talk: Talk) -> None:
        """And is told why."""
        [call] = await talk.tell(message("/language@NotaTestBot ru", GROUP))
        assert "admins" in call.given["text"]
        assert talk.store.readers.language(Address("telegram", GROUP)) is None

    async def test_an_admin_of_a_group_that_hides_its_members(self, talk: Talk) -> None:
        """From a bot that is no admin, that is: Telegram then tells the admins alone."""
        talk.api.state.hiding.add(GROUP)
        talk.api.state.members |= {(GROUP, ADA): "administrator", (GROUP, BUDI): "member"}
        [call] = await talk.tell(message("/language@NotaTestBot ru", GROUP, user(BUDI)))
        assert "admins" in call.given["text"]
        await talk.tell(message("/language@NotaTestBot ru", GROUP))
        assert talk.store.readers.language(Address("telegram", GROUP)) == "ru"

    async def test_an_anonymous_admin_does(self, talk: Talk) -> None:
        """Who speaks in the group's own name; Telegram is not asked who it is."""
        await talk.tell(message("/language ru", GROUP, ANONYMOUS_ADMIN, sender_chat=chat(GROUP)))
        assert talk.store.readers.language(Address("telegram", GROUP)) == "ru"
        assert talk.api.of("getChatMember") == []

    async def test_who_speaks_in_another_chats_name_does_not(self, talk: Talk) -> None:
        """A channel that comments in the group is nobody there."""
        await talk.tell(message("/language ru", GROUP, ANONYMOUS_ADMIN, sender_chat=chat(CHANNEL)))
        assert talk.store.readers.language(Address("telegram", GROUP)) is None

    async def test_a_channel_chooses_for_itself(self, talk: Talk) -> None:
        """Who may post may choose."""
        await talk.tell(post("/language id"))
        [call] = await talk.tell(post("/duration"))
        assert "Berapa" in call.given["text"]

    async def test_a_forum_topic_has_its_own(self, talk: Talk) -> None:
        """Else that of the group."""
        talk.api.state.members[GROUP, VERA] = "creator"
        vera = user(VERA, "en")
        await talk.tell(message("/language@NotaTestBot id", GROUP, vera))
        await talk.tell(message("/language@NotaTestBot ru", GROUP, vera, **topic(42)))
        [own] = await talk.tell(message("/duration@NotaTestBot", GROUP, vera, **topic(42)))
        [groups] = await talk.tell(message("/duration@NotaTestBot", GROUP, vera, **topic(43)))
        assert "Сколько" in own.given["text"]
        assert "Berapa" in groups.given["text"]

    async def test_the_panel_offers_them_with_the_one_in_force_ticked(self, talk: Talk) -> None:
        """A press changes it."""
        [call] = await talk.tell(message("/language"))
        labels = [key["text"] for row in call.given["reply_markup"]["inline_keyboard"] for key in row]
        assert len(labels) == 3
        assert [label for label in labels if label.startswith("✓")] == ["✓ 🇬🇧 English"]


class TestBadInput:
    """Nothing that somebody writes crashes, leaks or misleads."""

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
        """In valid HTML of at most 4096 units: the Bot API here refuses anything else."""
        [call] = await talk.tell(message(text))
        assert call.method == "sendMessage"
        assert not isinstance(call.result, Exception)
        assert "\u202e" not in call.given["text"]

    async def test_names_that_hold_markup_do_no_harm(self, talk: Talk) -> None:
        """Those of people and chats here all do."""
        [call] = await talk.tell(message("/subscribe"))
        assert not isinstance(call.result, Exception)

    async def test_what_is_no_text_is_left_alone(self, talk: Talk) -> None:
        """A sticker, somebody joining."""
        silent = message("")
        del silent["message"]["text"]
        silent["message"]["sticker"] = {"file_id": "x"}
        assert await talk.ignores(silent)


class TestFloods:
    """Ten thousand commands from one person are no matter to the others."""

    async def test_who_floods_is_told_once_and_others_are_served(self, talk: Talk) -> None:
        """Politely; then there is silence, until they have rested."""
        for _ in range(500 if talk.mode == "webhook" else 10_000):
            await talk.give(message("/programs"))
        await talk.give(message("/duration", BUDI, user(BUDI)))
        await talk.api.when(lambda: talk.api.answers[-1:] and talk.api.answers[-1].given["chat_id"] == BUDI, seconds=20)
        told = [call.given["text"] for call in talk.api.answers if call.given["chat_id"] == ADA]
        assert len([text for text in told if "One moment" in text]) == 1
        assert 20 <= len(told) < 60
