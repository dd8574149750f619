"""A reply to a message of ours that doubts it, in a group and in private, over real HTTP."""

from typing import Any

import pytest

from bot.platforms.telegram.render import new_message, render
from bot.platforms.telegram.render import words as shown_words
from bot.replies.answer import answer
from bot.replies.question import AboutBulletin
from tests.conftest import TODAY
from tests.platforms.telegram.conftest import Talk
from tests.platforms.telegram.test_presses import sent
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, VERA, chat, message, user
from tests.replies.test_doubts import ASKED, messages_of_ours
from tests.tables import cases


def replied(talk: Talk, ours: dict[str, Any], where: int) -> dict[str, Any]:
    """Fields of a message that replies to a message of ours."""
    return {"reply_to_message": ours | {"from": talk.api.state.me, "chat": chat(where)}}


def bulletin(talk: Talk) -> dict[str, Any]:
    """The newest bulletin as a group has it."""
    dossier = talk.conversation.live.dossier
    parameters = render(answer(dossier, AboutBulletin(next(iter(dossier.bulletins))), "en", TODAY), new_message)
    text = shown_words(parameters).partition("\n▸")[0]
    return {"message_id": 70, "date": 1, "text": text, "reply_markup": parameters["reply_markup"]}


@pytest.mark.parametrize("where", [GROUP, BUDI])
@cases("words")
async def test_a_bulletin_as_it_stands(talk: Talk, words: str, where: int) -> None:
    """
    is this true?
    source?
    ¿desde cuándo?
    ¿fuente?
    sumbernya?
    sejak kapan?
    это правда?
    источник?
    """
    [reply] = await talk.tell(message(words, where, user(BUDI), **replied(talk, bulletin(talk), where)))
    assert "As it stands now:" in reply.given["text"]
    assert "<a href=" in reply.given["text"]


@pytest.mark.parametrize("words", ["this is wrong", "esto está mal", "ini salah", "это неправда"])
async def test_the_way_to_report_it(talk: Talk, words: str) -> None:
    [reply] = await talk.tell(message(words, GROUP, user(BUDI), **replied(talk, bulletin(talk), GROUP)))
    assert "/mistake" in reply.given["text"]
    assert len(reply.given["reply_markup"]["inline_keyboard"]) == 1


async def test_an_answer_and_a_verdict(talk: Talk) -> None:
    for asked, told in (
        ("/duration@NotaTestBot", "Five years"),
        ("/check@NotaTestBot The memorandum lasts ten years", "five years, not ten years"),
    ):
        ours = await sent(talk, asked, GROUP, who=user(BUDI))
        [reply] = await talk.tell(message("source?", GROUP, user(VERA), **replied(talk, ours, GROUP)))
        assert told in reply.given["text"]


async def test_every_question_to_every_message_of_ours_in_four_languages(talk: Talk) -> None:
    """Each in a group of its own: what holds now, its sources, at most one row of buttons, and the way to report it where it is called wrong."""
    asked = [
        (*ours, words) for ours in messages_of_ours(talk.conversation.live.dossier).values() for words in ASKED.values()
    ]
    for at, (ours, told, (*questions, wrong)) in enumerate(asked):
        parameters = render(ours, new_message)
        text = shown_words(parameters).partition("\n▸")[0]
        shown = {"message_id": 70, "date": 1, "text": text, "reply_markup": parameters.get("reply_markup", {})}
        for number, words in enumerate((*questions, wrong)):
            where = -1003340000000 - 4 * at - number
            [reply] = await talk.tell(message(words, where, user(6000 + where % 1000), **replied(talk, shown, where)))
            said = reply.given["text"]
            assert (told in said, "<a href=" in said, "/mistake" in said) == (True, True, words == wrong), (words, said)
            assert len(reply.given["reply_markup"]["inline_keyboard"]) == 1


async def test_thanks_is_a_reaction(talk: Talk) -> None:
    [reply] = await talk.tell(message("thanks", GROUP, user(BUDI), **replied(talk, bulletin(talk), GROUP)))
    assert reply.method == "setMessageReaction"


async def test_another_bots_message_is_not_ours(talk: Talk) -> None:
    theirs = bulletin(talk) | {"from": {"id": 42, "is_bot": True, "first_name": "Another"}, "chat": chat(GROUP)}
    assert await talk.ignores(message("is this true?", GROUP, user(ADA), reply_to_message=theirs))
