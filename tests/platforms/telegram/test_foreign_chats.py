"""Presses where the bot is no member, and where many read one message: nothing of one reader is changed or shown by another.

Inline messages, guest mode, channels, groups; over real HTTP, by polling and by webhook.
"""

from typing import Any

import pytest

from bot.reader import Address
from bot.replies.question import Command, token
from bot.schedule import Subscription
from tests.platforms.telegram.conftest import IN_EACH_MODE, Talk
from tests.platforms.telegram.test_presses import pressed, sent, tokens
from tests.platforms.telegram.updates import ADA, BUDI, CHANNEL, GROUP, chat, inline_query, message, post, press, user
from tests.tables import cases

SUBSCRIBE, UNSUBSCRIBE, SETTINGS = (token(Command(name)) for name in ("subscribe", "unsubscribe", "settings"))
PRIVATE = "https://t.me/NotaTestBot?start="


def guest(text: str, who: int = BUDI, language: str = "en", number: int = 1) -> dict[str, Any]:
    """Somebody mentions the bot in a chat of which it is no member (#message, ``guest_query_id``)."""
    asker = user(who, language)
    content = message(text, GROUP, asker)["message"]
    return {"guest_message": {**content, "guest_query_id": f"guest {number} {text}", "guest_bot_caller_user": asker}}


def buttons(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [key for row in content.get("reply_markup", {}).get("inline_keyboard", []) for key in row]


class TestGuests:
    """Nothing is stored or changed there, and nothing is said of anybody's settings."""

    @pytest.mark.slow
    @pytest.mark.parametrize("text", ["stop", "can I subscribe?", "/subscribe", "/settings", "/language", "/privacy"])
    async def test_what_is_about_a_chat_leads_to_the_private_one(self, talk: Talk, text: str) -> None:
        [call] = await talk.tell(guest(f"{text}@NotaTestBot" if text[0] == "/" else f"@NotaTestBot {text}"))
        result = call.given["result"]
        assert "I am only visiting" in result["input_message_content"]["message_text"]
        assert buttons(result) == [{"text": "💬 Open the private chat", "url": f"{PRIVATE}welcome"}]
        assert await talk.store.readers.get(Address("telegram", str(BUDI))) is None

    @cases("language, text")
    async def test_a_question_is_answered(self, talk: Talk, language: str, text: str) -> None:
        """
        en | how long does it last?
        id | berapa lama berlakunya?
        ru | на сколько лет соглашение?
        """
        [call] = await talk.tell(guest(f"@NotaTestBot {text}", language=language))
        assert call.method == "answerGuestQuery"
        assert call.given["result"]["input_message_content"]["message_text"].startswith("<b>⏳ ")
        assert call.result == {"inline_message_id": "guest-1"}

    @pytest.mark.parametrize("text", ["/start@NotaTestBot", "/help@NotaTestBot", "@NotaTestBot how long does it last?"])
    async def test_buttons_of_answers_open_the_private_chat(self, talk: Talk, text: str) -> None:
        """So nobody changes what all of them read."""
        [call] = await talk.tell(guest(text))
        shown = buttons(call.given["result"])
        assert shown
        assert all(key.get("url", "").startswith("http") and "callback_data" not in key for key in shown)

    async def test_every_number_of_the_welcome_has_its_button(self, talk: Talk) -> None:
        """And none subscribes, which is for chats of which the bot is a member."""
        [call] = await talk.tell(guest("/start@NotaTestBot"))
        said = call.given["result"]["input_message_content"]["message_text"]
        numbers = [line.partition(".")[0] for line in said.splitlines() if line[:1].isdecimal()]
        assert [key["text"] for key in buttons(call.given["result"])] == numbers
        assert "Bulletins here" not in said


class TestInline:
    """A message that somebody sent through us stands in a chat that we know nothing of."""

    @IN_EACH_MODE
    async def test_its_buttons_open_the_private_chat(self, talk: Talk) -> None:
        [call] = await talk.tell(inline_query("price"))
        shown = [key for result in call.given["results"] for key in buttons(result)]
        assert shown
        assert all(key.get("url", "").startswith("http") and "callback_data" not in key for key in shown)

    @pytest.mark.parametrize("data", ["t/duration", "p/duration", "t/news:2", SETTINGS, "+t/duration"])
    async def test_an_older_button_changes_it_for_nobody(self, talk: Talk, data: str) -> None:
        """Two people press, each in their own language."""
        for number, language in enumerate(("en", "ru")):
            update = press(data, None, user(BUDI + number, language), inline_message_id="i", id=f"{data} {number}")
            [call] = await talk.tell(update)
            assert call.method == "answerCallbackQuery"
            assert call.given["url"].startswith(PRIVATE)

    @IN_EACH_MODE
    async def test_no_private_subscription_changes(self, talk: Talk) -> None:
        """Of two people: one is subscribed, with settings, the other has never opened the private chat."""
        await talk.tell(message("/subscribe", BUDI, user(BUDI)))
        before = await talk.store.subscriptions.get(Address("telegram", str(BUDI)))
        assert isinstance(before, Subscription)
        for who, data in (
            (BUDI, UNSUBSCRIBE),
            (ADA, SUBSCRIBE),
            (ADA, "c/privacy/delete now"),
            (BUDI, "c/language/ru"),
        ):
            [call] = await talk.tell(press(data, None, user(who), inline_message_id="guest-1", id=f"{who} {data}"))
            assert call.given["url"].startswith(PRIVATE)
        assert await talk.store.subscriptions.get(Address("telegram", str(BUDI))) == before
        assert await talk.store.readers.get(Address("telegram", str(ADA))) is None
        assert talk.store.readers.language(Address("telegram", str(BUDI))) is None


class TestChannels:
    """What a channel posts is for all its readers; only its admins change it."""

    @staticmethod
    async def posted(talk: Talk, text: str) -> dict[str, Any]:
        [call] = await talk.tell(post(text))
        return call.result | {"chat": chat(CHANNEL)}

    async def test_an_answer_has_links_only(self, talk: Talk) -> None:
        under = await self.posted(talk, "/duration@NotaTestBot")
        assert buttons(under)
        assert all("url" in key for key in buttons(under))

    @pytest.mark.parametrize("data", ["t/renewal", "p/duration", "+t/news:2", "t/news:2", "c/language/"])
    async def test_a_reader_is_led_to_the_private_chat(self, talk: Talk, data: str) -> None:
        """Below a post of an earlier release, or a panel. The first press and the second, of two readers."""
        under = await self.posted(talk, "/news@NotaTestBot")
        for number, language in enumerate(("ru", "id")):
            [call] = await talk.tell(press(data, under, user(BUDI + number, language), id=f"{data} {number}"))
            assert call.given["url"].startswith(PRIVATE)
        assert len(talk.api.of("sendMessage")) == 1

    async def test_its_panel_belongs_to_its_admins(self, talk: Talk) -> None:
        talk.api.state.members[CHANNEL, ADA] = "administrator"
        under = await self.posted(talk, "/subscribe@NotaTestBot")
        settings = next(key["callback_data"] for key in buttons(under) if key["callback_data"] == SETTINGS)
        [alert] = await talk.tell(press(settings, under, user(BUDI)))
        assert "admins" in alert.given["text"]
        _, edit = await pressed(talk, settings, under, who=user(ADA), id="admin")
        assert edit.method == "editMessageText"
        assert "This channel" not in edit.given["text"]
        assert "Quiet hours" in edit.given["text"]


class TestPanelsInGroups:
    """An admin's panel is not another member's to change."""

    async def test_a_member_opens_no_panel_in_its_place(self, talk: Talk) -> None:
        talk.api.state.members[GROUP, ADA] = "administrator"
        under = await sent(talk, "/settings@NotaTestBot", GROUP)
        [alert] = await talk.tell(press("c/language/", under, user(BUDI, "ru")))
        assert alert.given["text"].startswith("✋")
        _, edit = await pressed(talk, "c/language/", under, id="admin")
        assert "Language" in edit.given["text"]
        assert tokens(edit)[-1] == SETTINGS

    async def test_an_admin_answers_for_another(self, talk: Talk) -> None:
        """Who asked, and each admin; not a second member."""
        for admin in (ADA, BUDI):
            talk.api.state.members[GROUP, admin] = "administrator"
        under = await sent(talk, "/settings@NotaTestBot", GROUP)
        _, edit = await pressed(talk, "c/language/", under, who=user(BUDI))
        assert edit.method == "editMessageText"

    @cases("language, words")
    async def test_the_language_panel_says_what_holds(self, talk: Talk, language: str, words: str) -> None:
        """Until one is chosen, two askers get two languages; then all get that one.

        en | Answers are in each asker’s own language
        id | bahasa masing-masing penanya
        ru | каждому на его
        """
        talk.api.state.members[GROUP, ADA] = "administrator"
        [panel] = await talk.tell(message("/language@NotaTestBot", GROUP, user(language=language)))
        assert words in panel.given["text"]
        [chosen] = await talk.tell(message("/language@NotaTestBot ru", GROUP, user(language=language)))
        assert "Здесь отвечаю на языке" in chosen.given["text"]
        [answer] = await talk.tell(message("/duration@NotaTestBot", GROUP, user(BUDI, "id")))
        assert "Сколько действует" in answer.given["text"]
