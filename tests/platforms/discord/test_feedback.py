"""Did this help? and Tell me when you know: in direct messages and on answers that only the asker sees."""

import pytest

from bot.db.numbers import Rating
from bot.db.retention import QUESTION_DAYS
from bot.db.store import Store
from bot.dossier.models import Dossier
from bot.matching.tokenizer import wording
from bot.platforms.discord.answer_visibility import PUBLIC_ANSWERS
from bot.user_rate_limit import BURST
from tests.platforms.discord.conftest import QUICK_MODE_FIRST, Talk, talking
from tests.servers.discord import discord_api
from tests.servers.discord_people import Person, Shown
from tests.servers.discord_world import DM, GROUP_DM
from tests.tables import cases

QUESTION, UNKNOWN = "how long does it last", "🦒🦒🦒"


def store_of(talk: Talk) -> Store:
    return talk.conversation.store


def labels(shown: Shown) -> list[str]:
    """Of the buttons that are about the answer itself."""
    return [label for label in shown.buttons if label[0] in "👍👎🔔"]


@pytest.fixture(params=QUICK_MODE_FIRST)
def mode(request: pytest.FixtureRequest) -> str:
    """Interactions by the gateway, and by HTTP."""
    return str(request.param)


class TestRating:
    """An answer in words has 👍 and 👎."""

    @cases("locale, question, helped, thanks")
    async def test_is_counted_once_and_the_answer_stays(
        self, dossier: Dossier, mode: str, locale: str, question: str, helped: str, thanks: str
    ) -> None:
        """In a private answer of a channel, and in a direct message. Nothing about the person is stored.

        en-US | how long does it last | 👍 This helped | 🙏 Thank you
        id | berapa lama berlakunya | 👍 Membantu | 🙏 Terima kasih
        ru | сколько действует меморандум | 👍 Помогло | 🙏 Спасибо
        """
        async with talking(mode, dossier) as talk:
            person = talk.somebody(locale=locale)
            shown = await person.use("ask", question=question, private=True)
            for _ in range(2):
                pressed = await person.press(shown, shown.buttons[helped])
                assert (pressed.is_private, pressed.is_in_place, pressed.title) == (True, False, thanks)
            assert await store_of(talk).numbers.ratings(QUESTION_DAYS) == [Rating("duration", locale[:2], 1, 0)]
            direct = talk.writer(talk.discord.world.add(DM))
            typed = await direct.ask(question)
            await direct.person().press(typed, next(token for label, token in typed.buttons.items() if "👎" in label))
            assert sum(each.failed for each in await store_of(talk).numbers.ratings(QUESTION_DAYS)) == 1

    async def test_public_answers_have_none(self, dossier: Dossier, mode: str) -> None:
        """Others would press them. Nor have commands, which are what they say."""
        async with talking(mode, dossier) as talk:
            for person in (talk.somebody(), talk.somebody(talk.discord.world.add(GROUP_DM))):
                assert not labels(await person.use("ask", question=QUESTION))
                assert not labels(await person.use("ask", question=UNKNOWN))
                assert not labels(await person.use("duration", private=True))


class TestBusyChannels:
    """Where answers fill the screen, further ones are shown to the asker alone, who can say what they are worth."""

    async def test_an_answer_can_be_rated(self, dossier: Dossier, mode: str) -> None:
        async with talking(mode, dossier) as talk:
            person = talk.somebody()
            for _ in range(PUBLIC_ANSWERS):
                shown = await person.use("ask", question=QUESTION)
                assert (shown.is_private, labels(shown)) == (False, [])
            shown = await person.use("ask", question=QUESTION)
            assert (shown.is_private, labels(shown)) == (True, ["👍 This helped", "👎 It did not"])
            pressed = await person.press(shown, shown.buttons["👎 It did not"])
            assert (pressed.is_private, pressed.is_in_place) == (True, False)
            assert await store_of(talk).numbers.ratings(QUESTION_DAYS) == [Rating("duration", "en", 0, 1)]

    async def test_an_answer_can_be_awaited(self, dossier: Dossier, mode: str) -> None:
        async with talking(mode, dossier) as talk:
            person = talk.somebody()
            for _ in range(PUBLIC_ANSWERS):
                await person.use("duration")
            shown = await person.use("ask", question=UNKNOWN)
            assert (shown.is_private, labels(shown)) == (True, ["🔔 Tell me when you know"])
            assert not labels(await person.use("duration"))


class TestChoices:
    """What a reader presses below a question without an answer is noted with the question, which the message holds."""

    async def test_by_two_readers(self, dossier: Dossier, mode: str) -> None:
        """In a direct message and in an answer for the asker alone; in a second process, too."""
        noted: list[tuple[str, str | None, str]] = []
        question = "How do *people* feel about the ports?"
        async with discord_api() as discord:
            async with talking(mode, dossier, discord) as first:
                one = first.somebody()
                asked = await one.use("ask", question=question, private=True)
                typed = await first.writer(first.discord.world.add(DM)).ask(question)
            async with talking(mode, dossier, discord) as talk:
                talk.conversation.on_choice = lambda _, words, asker, choice: noted.append((words, asker, choice))
                again = talk.somebody()
                topic = await again.press(asked, next(iter(asked.buttons.values())))
                await again.press(topic, next(iter(topic.buttons.values())))
                direct = talk.writer(talk.discord.world.add(DM)).person()
                none = await direct.press(typed, typed.buttons["None of these"])
                assert labels(none) == ["🔔 Tell me when you know"]
        assert [(words, choice[:2]) for words, _, choice in noted] == [
            (wording(question), "t/"),
            (wording(question), "c/"),
        ]

    async def test_public_answers_hold_no_question(self, dossier: Dossier, mode: str) -> None:
        """So what is pressed below them is not noted."""
        async with talking(mode, dossier) as talk:
            shown = await talk.somebody().use("ask", question="how do people feel about the ports")
            assert (shown.is_private, "None of these" in shown.buttons) == (False, False)
            assert talk.conversation.awaited.quoted(str(shown.message)) == ""


class TestTellMe:
    """The bell below a question without an answer; the message then comes directly."""

    @cases("locale, bell, title")
    async def test_one_tap_asks_for_it_and_one_takes_it_back(
        self, dossier: Dossier, mode: str, locale: str, bell: str, title: str
    ) -> None:
        """Nothing is stored before the tap.

        en-US | 🔔 Tell me when you know | 🔔 I will tell you
        id | 🔔 Kabari saya kalau sudah ada jawabannya | 🔔 Nanti saya kabari
        ru | 🔔 Сообщить, когда будет ответ | 🔔 Я сообщу
        """
        async with talking(mode, dossier) as talk:
            person = talk.somebody(locale=locale)
            declined = await person.use("ask", question=UNKNOWN, private=True)
            assert await store_of(talk).awaited.all() == []
            noted = await person.press(declined, declined.buttons[bell])
            assert (noted.is_private, noted.title) == (True, title)
            (awaited,) = await store_of(talk).awaited.all()
            direct = talk.discord.world.direct(person.id)
            assert (awaited.address.chat_id, awaited.question) == (str(direct.id), UNKNOWN)
            (forget,) = noted.buttons.values()
            await person.press(noted, forget)
            assert await store_of(talk).awaited.all() == []

    async def test_without_direct_messages(self, dossier: Dossier, mode: str) -> None:
        """The asker learns it at once, and nothing is stored."""
        async with talking(mode, dossier) as talk:
            person: Person = talk.somebody()
            declined = await person.use("ask", question=UNKNOWN, private=True)
            talk.discord.fault("/users/@me/channels", 403, {"message": "Cannot send messages", "code": 50007})
            shown = await person.press(declined, declined.buttons["🔔 Tell me when you know"])
            assert (shown.is_private, shown.title) == (True, "🔕 I cannot write to you")
            assert await store_of(talk).awaited.all() == []

    @pytest.mark.parametrize(
        "question", [UNKNOWN, "где *купить* [билет] на паром /duration_x и сколько он стоит у кассы?"]
    )
    async def test_any_replica_takes_the_tap(self, dossier: Dossier, mode: str, question: str) -> None:
        """The message holds the question, however long, so a second process goes on from it, and so does one after a deploy."""
        async with discord_api() as discord:
            async with talking(mode, dossier, discord) as first:
                declined = await first.somebody(locale="ru").use("ask", question=question, private=True)
            async with talking(mode, dossier, discord) as second:
                person = second.somebody(locale="ru")
                noted = await person.press(declined, declined.buttons["🔔 Сообщить, когда будет ответ"])
                assert noted.title == "🔔 Я сообщу"
                [awaited] = await store_of(second).awaited.all()
                assert awaited.question == question

    async def test_who_presses_too_often_opens_no_direct_messages(self, dossier: Dossier, mode: str) -> None:
        """Discord lets us open few at a time, for all people together: the asker's own limit goes first."""
        async with talking(mode, dossier) as talk:
            impatient, other = talk.somebody(), talk.somebody()
            declined = await impatient.use("ask", question=UNKNOWN, private=True)
            bell = declined.buttons["🔔 Tell me when you know"]
            titles = [(await impatient.press(declined, bell)).title for _ in range(BURST + 5)]
            assert set(titles) <= {"🔔 I will tell you", "⏸ One moment"}
            assert "⏸ One moment" in titles
            opened = [each for each in talk.discord.requests if each.route.endswith("/users/@me/channels")]
            assert len(opened) <= BURST
            assert "cannot write" not in (await other.press(declined, bell)).title

    async def test_our_own_limit_is_not_the_askers_fault(self, dossier: Dossier, mode: str) -> None:
        """Nobody is told to change their settings because others press, too."""
        async with talking(mode, dossier) as talk:
            person: Person = talk.somebody()
            declined = await person.use("ask", question=UNKNOWN, private=True)
            body = {"message": "You are being rate limited.", "retry_after": 9.0, "global": False}
            talk.discord.fault("/users/@me/channels", 429, body, {"Retry-After": "9"})
            shown = await person.press(declined, declined.buttons["🔔 Tell me when you know"])
            assert (shown.is_private, shown.title) == (True, "⏸ One moment")
            assert "Many want that just now" in shown.text
            again = await person.press(declined, declined.buttons["🔔 Tell me when you know"])
            assert again.title == "🔔 I will tell you"
