"""Short answers in groups: whom they are shown to, what opens the whole, and who chooses. Over real HTTP."""

from asyncio import gather
from statistics import median
from time import monotonic
from typing import Any

import pytest

from bot.commands import COMMANDS, SETTINGS
from bot.dossier.models import Dossier, Language
from bot.platforms.telegram.render import same_message, words
from bot.reader import Address, GroupSettings
from bot.replies.question import Command, token
from tests.clocks import until
from tests.platforms.telegram.conftest import IN_EACH_MODE, Talk
from tests.platforms.telegram.test_answer_visibility import choose
from tests.platforms.telegram.test_presses import pressed, sent, tokens
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, VERA, message, press, user
from tests.replies.test_short_form import MEDIAN_CHARACTERS
from tests.tables import cases

MORE = "m/en/t/duration"
SENTENCE, LATER = "Five years, so probably until June 2030.", "Reports differ"
REFUSED = "Bad Request: BOT_EPHEMERAL_FORBIDDEN"


async def asked(talk: Talk, text: str = "/duration@NotaTestBot", who: int = BUDI) -> dict[str, Any]:
    """The answer to a question of Budi's, as Telegram has it."""
    question = message(text, GROUP, user(who))["message"]
    return await sent(talk, text, GROUP, who=user(who)) | {"reply_to_message": question}


class TestShown:
    @IN_EACH_MODE
    async def test_in_a_group_a_sentence_with_its_sources_and_one_button(self, talk: Talk) -> None:
        for text in ("/duration@NotaTestBot", "@NotaTestBot how long does it last?"):
            [answer] = await talk.tell(message(text, GROUP, user(BUDI)))
            assert SENTENCE in answer.given["text"]
            assert LATER not in answer.given["text"]
            assert tokens(answer) == [MORE]

    @IN_EACH_MODE
    async def test_in_private_the_whole(self, talk: Talk) -> None:
        [answer] = await talk.tell(message("/duration", BUDI, user(BUDI)))
        assert LATER in answer.given["text"]

    async def test_a_choice_leads_to_a_short_answer(self, talk: Talk) -> None:
        """What the group sees in place of the choice."""
        under = await asked(talk, "/start@NotaTestBot")
        _, edit = await pressed(talk, "t/duration", under, who=user(BUDI))
        assert (SENTENCE in edit.given["text"], tokens(edit)) == (True, [MORE])

    async def test_the_asker_alone_gets_the_whole(self, talk: Talk) -> None:
        """And everybody the short form, if Telegram refuses that."""
        await choose(talk, "asker")
        [answer] = await talk.tell(message("/duration@NotaTestBot", GROUP, user(BUDI)))
        assert LATER in answer.given["text"]
        talk.api.fault("sendMessage", 400, REFUSED)
        _, answer = await talk.tell(message("/duration@NotaTestBot", GROUP, user(BUDI)), 2)
        assert (LATER in answer.given["text"], tokens(answer)) == (False, [MORE])


class TestMore:
    @IN_EACH_MODE
    async def test_whoever_presses_it_reads_the_whole_alone(self, talk: Talk) -> None:
        under = await asked(talk)
        for who in (BUDI, VERA):
            calls = await talk.tell(press(MORE, under, user(who), id=f"press {who}"), 2)
            [copy] = [call for call in calls if call.method == "sendMessage"]
            parameters = {"receiver_user_id": who, "callback_query_id": f"press {who}"}
            assert copy.given["ephemeral_message_parameters"] == parameters
            assert LATER in copy.given["text"]
            assert copy.result["ephemeral_message_id"]
        assert talk.api.of("editMessageText") == []
        assert talk.api.of("getChatMember") == talk.api.of("getChatAdministrators") == []

    async def test_where_that_is_refused_it_opens_in_its_place_for_the_asker(self, talk: Talk) -> None:
        under = await asked(talk)
        talk.api.fault("sendMessage", 400, REFUSED)
        _, edit, acknowledged = await talk.tell(press(MORE, under, user(BUDI)), 3)
        assert (edit.method, acknowledged.method) == ("editMessageText", "answerCallbackQuery")
        assert edit.given["message_id"] == under["message_id"]
        assert LATER in edit.given["text"]

    async def test_where_that_is_refused_others_read_it_in_private(self, talk: Talk) -> None:
        under = await asked(talk)
        talk.api.fault("sendMessage", 400, REFUSED)
        _, acknowledged = await talk.tell(press(MORE, under, user(VERA)), 2)
        assert acknowledged.given["url"] == "https://t.me/NotaTestBot?start=duration"

    async def test_in_the_language_of_the_short_answer(self, talk: Talk) -> None:
        """Whoever presses: here in an app in English."""
        await talk.tell(message("@NotaTestBot сколько действует меморандум?", GROUP, user(BUDI)))
        under = await asked(talk, "@NotaTestBot сколько действует меморандум?")
        [more] = [key for row in under["reply_markup"]["inline_keyboard"] for key in row]
        assert more == {"text": "Подробнее", "callback_data": "m/ru/t/duration"}
        calls = await talk.tell(press(more["callback_data"], under, user(VERA)), 2)
        assert any("Сколько действует меморандум" in call.given.get("text", "") for call in calls)

    @cases("data")
    async def test_a_forged_one_is_outdated(self, talk: Talk, data: str) -> None:
        """
        m/en/t/no_such_topic
        m/xx/t/duration
        m/en/c/unsubscribe/
        m/
        m/en/m/en/t/duration
        """
        under = await asked(talk)
        [alert] = await talk.tell(press(data, under, user(BUDI)))
        assert "old button" in alert.given["text"].lower()

    async def test_of_a_verdict_it_shows_the_whole_verdict(self, talk: Talk) -> None:
        under = await asked(talk, "/check@NotaTestBot The memorandum lasts ten years")
        [[more]] = under["reply_markup"]["inline_keyboard"]
        calls = await talk.tell(press(more["callback_data"], under, user(VERA)), 2)
        [copy] = [call for call in calls if call.method == "sendMessage"]
        assert "five years, not ten years" in copy.given["text"]
        assert LATER in copy.given["text"]


class TestChoice:
    async def test_an_admin_chooses_whole_answers(self, talk: Talk) -> None:
        talk.api.state.members[GROUP, ADA] = "administrator"
        under = await sent(talk, "/settings@NotaTestBot", GROUP)
        to_length = same_message(Command(SETTINGS, "length"))["callback_data"]
        assert to_length in [key["callback_data"] for row in under["reply_markup"]["inline_keyboard"] for key in row]
        _, panel = await pressed(talk, to_length, under)
        assert [key["text"] for row in panel.given["reply_markup"]["inline_keyboard"] for key in row][:2] == [
            "✓ Short",
            "Whole",
        ]
        _, panel = await pressed(talk, token(Command(SETTINGS, "length whole")), under)
        assert panel.given["reply_markup"]["inline_keyboard"][0][1]["text"] == "✓ Whole"
        assert LATER in (await asked(talk))["text"]
        await pressed(talk, token(Command(SETTINGS, "length short")), under)
        assert LATER not in (await asked(talk))["text"]

    async def test_a_member_does_not(self, talk: Talk) -> None:
        talk.api.state.members[GROUP, BUDI] = "member"
        [refusal] = await talk.tell(message("/settings@NotaTestBot length whole", GROUP, user(BUDI)))
        assert "admins" in refusal.given["text"]
        assert LATER not in (await asked(talk))["text"]

    async def test_a_group_that_becomes_a_supergroup_keeps_it(self, talk: Talk) -> None:
        await talk.store.readers.set_for_group(Address("telegram", str(GROUP)), {"whole_answers": True})
        new = -1009876543210
        await talk.give({"message": message("x", GROUP)["message"] | {"migrate_to_chat_id": new, "text": None}})
        moved = Address("telegram", str(new))
        await until(lambda: talk.store.readers.of_group(moved) == GroupSettings(whole_answers=True))
        [answer] = await talk.tell(message("/duration@NotaTestBot", new, user(BUDI)))
        assert LATER in answer.given["text"]

    async def test_a_private_chat_and_a_channel_have_no_choice(self, talk: Talk) -> None:
        panel = await sent(talk, "/settings", ADA)
        assert "length" not in str(panel["reply_markup"])


class TestManyAtOnce:
    async def test_300_people_press_it_and_other_groups_wait_for_none(self, talk: Talk) -> None:
        """Nobody waits for the copies of others: each is sent when it is ready, and no right is asked for."""
        under, other, began = await asked(talk), -1003333333333, monotonic()
        presses = [press(MORE, under, user(number), id=f"press {number}") for number in range(4000, 4300)]
        await gather(
            *(talk.give(each) for each in presses), talk.give(message("/duration@NotaTestBot", other, user(BUDI)))
        )

        def chats() -> list[int]:
            return [call["chat_id"] for call in talk.api.of("sendMessage")]

        await until(lambda: len(copies(talk)) >= len(presses) and other in chats(), TOO_LONG_SECONDS)
        took = monotonic() - began
        assert {call["ephemeral_message_parameters"]["receiver_user_id"] for call in copies(talk)} == set(
            range(4000, 4300)
        )
        assert chats().count(other) == 1
        assert (
            talk.api.of("getChatMember") == talk.api.of("getChatAdministrators") == talk.api.of("editMessageText") == []
        )
        assert took < TOO_LONG_SECONDS


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "es", "id", "ru"])
async def test_every_command_and_ten_questions_are_short(talk: Talk, language: str) -> None:
    """What everybody sees of them in a group: half of it has 250 characters at most, and nothing two rows of buttons.

    ``/language`` has a row for each language; its menu's command shows it to the asker alone.
    """
    lengths, rows = list[int](), dict[str, int]()
    for at, text in enumerate(everything(talk.conversation.live.dossier, language)):
        where = -1003350000000 - at
        asked = f"{text}@NotaTestBot" if text.startswith("/") else f"@NotaTestBot {text}"
        [answer] = await talk.tell(message(asked, where, user(7000 + at, language)))
        lengths.append(len(words(answer.given).partition("\n▸")[0]))
        rows[text] = len(answer.given.get("reply_markup", {}).get("inline_keyboard", ()))
    print(language, len(lengths), median(lengths), max(lengths))
    assert median(lengths) <= MEDIAN_CHARACTERS
    assert [text for text, count in rows.items() if count > 1] == ["/language"]


def everything(dossier: Dossier, language: str) -> list[str]:
    """The commands of readers and of topics, and ten questions in a language."""
    topics = [topic for topic in dossier.topics.values() if topic.asks.get(Language(language))]
    commands = [command.name for command in COMMANDS if command.is_for_readers]
    own = [topic.asks[Language(language)][0] for topic in topics[::3]][:10]
    return [
        *(f"/{name}" for name in (*commands, *(t.command_word for t in dossier.topics.values()))),
        *(own or IN_SPANISH),
    ]


IN_SPANISH = (
    "¿cuánto dura?",
    "¿quién firmó el memorándum?",
    "¿cuánto cuesta internet?",
    "¿es verdad que dura diez años?",
    "¿cuándo se firmó?",
    "¿dónde se firmó?",
    "¿qué tiempo hace?",
    "noticias",
    "ayuda",
    "stop",
)


@pytest.mark.slow
@pytest.mark.parametrize("data", [MORE, "t/renewal"])
async def test_300_presses_in_2_seconds_and_every_other_group_in_1(talk: Talk, data: str) -> None:
    """The fastest of three rounds counts, as other processes run beside it. Who is no admin and presses ``t/renewal`` is led to the private chat."""
    under, rounds = await asked(talk), list[tuple[float, float]]()
    for at in range(3):
        people = range(4000 + 300 * at, 4300 + 300 * at)
        groups = [-1003330000000 - 20 * at - each for each in range(20)]
        began, answered = monotonic(), dict[int, float]()

        def is_done(  # the arguments are this round's
            began: float = began,
            people: range = people,
            groups: list[int] = groups,
            answered: dict[int, float] = answered,
        ) -> bool:
            told = {call["chat_id"] for call in talk.api.of("sendMessage")}
            answered |= {group: monotonic() - began for group in told - answered.keys()}
            told_of = [call["ephemeral_message_parameters"]["callback_query_id"] for call in copies(talk)]
            told_of += [call["callback_query_id"] for call in talk.api.of("answerCallbackQuery")]
            return {*told_of} >= {f"press {number}" for number in people} and answered.keys() >= {*groups}

        questions = [message("/duration@NotaTestBot", group, user(BUDI + n)) for n, group in enumerate(groups)]
        presses = [press(data, under, user(number), id=f"press {number}") for number in people]
        await gather(*map(talk.give, (*presses[:150], *questions, *presses[150:])))
        await until(is_done, TOO_LONG_SECONDS)
        rounds.append((monotonic() - began, max(answered[group] for group in groups)))
    print(rounds)
    assert min(all_pressed for all_pressed, _ in rounds) < 2
    assert min(others for _, others in rounds) < 1


TOO_LONG_SECONDS = 10
"""Two are promised; the rest is for a busy machine."""


def copies(talk: Talk) -> list[dict[str, Any]]:
    return [call for call in talk.api.of("sendMessage") if "ephemeral_message_parameters" in call]
