"""A reply to a message of ours that doubts it, in a server and in direct messages."""

from typing import Any

import pytest

from bot.platforms.discord.render import render
from bot.replies.answer import answer
from bot.replies.question import AboutBulletin
from tests.conftest import TODAY
from tests.platforms.discord.conftest import Talk
from tests.replies.test_doubts import ASKED, messages_of_ours
from tests.servers.discord_world import BOT, DM
from tests.servers.discord_writers import MENTION, Writer
from tests.tables import cases

pytestmark = pytest.mark.asyncio(loop_scope="module")


def bulletin(talk: Talk, writer: Writer) -> dict[str, Any]:
    """The newest bulletin as a channel has it."""
    dossier = talk.conversation.live.dossier
    sent = render(answer(dossier, AboutBulletin(next(iter(dossier.bulletins))), "en", TODAY))
    return writer.message("") | sent | {"author": BOT, "webhook_id": None}


@pytest.mark.parametrize("is_direct", [False, True])
@cases("words")
async def test_a_bulletin_as_it_stands(talk: Talk, words: str, *, is_direct: bool) -> None:
    """
    is this true?
    since when?
    ¿es verdad?
    ¿quién lo dice?
    benarkah?
    kata siapa?
    с каких пор?
    откуда это?
    """
    writer = talk.writer(talk.discord.world.add(DM) if is_direct else None)
    shown = await writer.ask(words, replies_to=bulletin(talk, writer))
    assert "As it stands now:" in shown.text
    assert shown.message["embeds"][0]["fields"]


async def test_our_name_alone(talk: Talk) -> None:
    writer = talk.writer()
    assert "As it stands now:" in (await writer.ask(MENTION, replies_to=bulletin(talk, writer))).text


@pytest.mark.parametrize("words", ["this is wrong", "es falso", "ini tidak benar", "это неверно"])
async def test_the_way_to_report_it(talk: Talk, words: str) -> None:
    writer = talk.writer()
    shown = await writer.ask(words, replies_to=bulletin(talk, writer))
    assert "mistake" in shown.text
    assert len(shown.components) == 1


async def test_an_answer_and_a_verdict(talk: Talk) -> None:
    writer = talk.writer()
    for asked, told in (("/duration", "Five years"), ("/check The memorandum lasts ten years", "not ten years")):
        ours = await writer.ask(f"{MENTION} {asked}")
        shown = await talk.writer(writer.channel).ask("source?", replies_to=ours.message)
        assert told in f"{shown.title} {shown.text}"


async def test_every_question_to_every_message_of_ours_in_four_languages(talk: Talk) -> None:
    """What holds now, its sources, at most one row of buttons, and the way to report it where it is called wrong."""
    for ours, told in messages_of_ours(talk.conversation.live.dossier).values():
        for *questions, wrong in ASKED.values():
            for words in (*questions, wrong):
                writer = talk.writer()
                message = writer.message("") | render(ours) | {"author": BOT, "webhook_id": None}
                shown = await writer.ask(words, replies_to=message)
                said = str(shown.message["embeds"])
                assert (told in said, "](http" in said, "mistake" in said) == (True, True, words == wrong), (
                    words,
                    said,
                )
                assert len(shown.components) == 1


async def test_by_the_menu_of_the_message(talk: Talk) -> None:
    person, writer = talk.somebody(), talk.writer()
    shown = await person.check(bulletin(talk, writer))
    assert (shown.is_private, "As it stands now:" in shown.text) == (True, True)
