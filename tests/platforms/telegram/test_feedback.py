"""Did this help? and Tell me when you know, in a private chat: over real HTTP, by polling and by webhook."""

import pytest

from bot.db.numbers import Rating
from bot.db.retention import QUESTION_DAYS
from tests.platforms.telegram.conftest import Talk
from tests.platforms.telegram.test_presses import pressed, sent, tokens
from tests.platforms.telegram.updates import ADA, GROUP, message, press, user
from tests.tables import cases

QUESTION = "how long does it last"


class TestRating:
    """An answer in words has 👍 and 👎, which are counted once and then gone."""

    @pytest.mark.parametrize("helped", [True, False])
    async def test_is_counted_once_and_the_buttons_go(self, talk: Talk, helped: bool) -> None:
        under = await sent(talk, QUESTION)
        *rows, rating = under["reply_markup"]["inline_keyboard"]
        assert [key["text"] for key in rating] == ["👍 This helped", "👎 It did not"]
        data = rating[0 if helped else 1]["callback_data"]
        acknowledgement, edit = await pressed(talk, data, under)
        assert acknowledgement.given["text"].startswith("🙏 Thank you")
        assert acknowledgement.given["show_alert"] is False
        assert edit.method == "editMessageReplyMarkup"
        assert edit.given["reply_markup"] == {"inline_keyboard": rows}
        expected = [Rating("duration", "en", int(helped), int(not helped))]
        assert await talk.store.numbers.ratings(QUESTION_DAYS) == expected
        for number, other in enumerate(rating):
            await pressed(talk, other["callback_data"], under, id=f"again {number}")
        assert await talk.store.numbers.ratings(QUESTION_DAYS) == expected

    @cases("language, text")
    async def test_beside_the_bell_of_a_claim_without_a_verdict(self, talk: Talk, language: str, text: str) -> None:
        """The message has the very keyboard of the preview: each button once. The bell outlives the rating.

        en | /check Sberbank will build the 5G network in Papua
        en | /check the memorandum gives Russia access to Indonesian data
        id | /check Sberbank akan membangun jaringan 5G di Papua
        """
        who = user(language=language)
        under = await sent(talk, text, who=who)
        rows = under["reply_markup"]["inline_keyboard"]
        labels = [key["text"][0] for row in rows for key in row]
        assert [label for label in labels if label in "👍👎🔔"] == ["👍", "👎", "🔔"]
        helped = next(key for row in rows for key in row if key["text"][0] == "👍")
        _, edit = await pressed(talk, helped["callback_data"], under, who=who)
        left = [key["text"][0] for row in edit.given["reply_markup"]["inline_keyboard"] for key in row]
        assert [label for label in left if label in "👍👎🔔"] == ["🔔"]
        bell = next(key for row in rows for key in row if key["text"][0] == "🔔")
        await pressed(talk, bell["callback_data"], under, who=who)
        [awaited] = await talk.store.awaited.all()
        assert awaited.question == text.removeprefix("/check ")

    async def test_commands_and_groups_have_none(self, talk: Talk) -> None:
        """A command is what it says; in a group everybody reads the answer."""
        for text, where in (("/duration", ADA), (f"@NotaTestBot {QUESTION}", GROUP)):
            under = await sent(talk, text, where)
            keys = [key for row in under["reply_markup"]["inline_keyboard"] for key in row]
            assert not any(key.get("callback_data", "").startswith(("y/", "n/")) for key in keys)

    async def test_a_forged_rating_is_an_old_button(self, talk: Talk) -> None:
        under = await sent(talk, QUESTION)
        for data in ("y/12345678/nothing", "y/123456789/duration", "n/", "y/x"):
            [alert] = await talk.tell(press(data, under, id=f"press {data}"))
            assert alert.given["show_alert"] is True
        assert await talk.store.numbers.ratings(QUESTION_DAYS) == []


class TestTellMe:
    """The bell below a question without an answer."""

    @cases("language, title")
    async def test_one_tap_asks_for_it_and_one_takes_it_back(self, talk: Talk, language: str, title: str) -> None:
        """
        en | I will tell you
        id | Nanti saya kabari
        ru | Я сообщу
        """
        [declined] = await talk.tell(message("🦒🦒🦒", who=user(language=language)))
        bell = tokens(declined)[-1]
        under = message("", ADA)["message"] | {"message_id": declined.result["message_id"]}
        _, noted = await pressed(talk, bell, under, who=user(language=language))
        assert noted.given["text"].startswith(f"<b>🔔 {title}</b>")
        assert len(await talk.store.awaited.all()) == 1
        await pressed(talk, tokens(noted)[0], under, who=user(language=language))
        assert await talk.store.awaited.all() == []
