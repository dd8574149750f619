"""Replies that only the asker may see or press: the owners' status, a reported mistake. Over real HTTP, with a strict Bot API."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.dossier.models import Dossier
from bot.reader import Address
from bot.replies.question import Command, token
from tests.platforms.telegram.conftest import Talk, talking_to
from tests.platforms.telegram.test_presses import pressed, tokens
from tests.platforms.telegram.updates import ADA, ANONYMOUS_ADMIN, BUDI, CHANNEL, GROUP, chat, message, post, user
from tests.servers.telegram import Called, bot_api

WORDS = "the fare is wrong"


@pytest.fixture
async def owned(dossier: Dossier) -> AsyncIterator[Talk]:
    """Ada owns the bot."""
    async with (
        bot_api() as api,
        api.holding("getMyCommands"),
        talking_to(api, "webhook", dossier, owners=(f"telegram:{ADA}",)) as talk,
    ):
        yield talk


def message_of(answer: Called) -> dict[str, Any]:
    return message("", ADA)["message"] | {"message_id": answer.result["message_id"], "text": answer.given["text"]}


async def reports(talk: Talk) -> list[str]:
    return [report.words for report in await talk.store.reports.all(10)]


class TestStatus:
    """The panel shows what holds after the press."""

    async def test_a_stop_changes_the_panel_which_then_offers_to_start(self, owned: Talk) -> None:
        """And a start offers to stop."""
        [shown] = await owned.tell(message("/status", ADA))
        panel = message_of(shown)
        for argument, offered in (("stop", "start"), ("start", "stop")):
            _, edit = await pressed(owned, token(Command("status", argument)), panel, id=f"press {argument}")
            assert edit.method == "editMessageText"
            assert token(Command("status", offered)) in tokens(edit)
            assert token(Command("status", argument)) not in tokens(edit)


class TestMistake:
    """Only who reports may pass it on, so it comes in the private chat."""

    async def test_in_a_group(self, talk: Talk) -> None:
        """The group sees a reaction; the button in the private chat passes it on."""
        panel, reaction = await talk.tell(message(f"/mistake@NotaTestBot {WORDS}", GROUP), 2)
        assert (panel.method, panel.given["chat_id"]) == ("sendMessage", ADA)
        assert reaction.method == "setMessageReaction"
        [button] = tokens(panel)
        _, edit = await pressed(talk, button, message_of(panel))
        assert "The editors have it" in edit.given["text"]
        assert await reports(talk) == [WORDS]

    async def test_by_somebody_whose_private_chat_is_not_open(self, talk: Talk) -> None:
        """The group gets the way there, and no button that leads nowhere."""
        talk.api.state.strangers.add(BUDI)
        _, shown = await talk.tell(message(f"/mistake@NotaTestBot {WORDS}", GROUP, user(BUDI)), 2)
        assert shown.given["chat_id"] == GROUP
        assert "Open the private chat with me once" in shown.given["text"]
        assert WORDS not in shown.given["text"]
        assert [list(key) for row in shown.given["reply_markup"]["inline_keyboard"] for key in row] == [["text", "url"]]

    @pytest.mark.parametrize("where", ["anonymous admin", "channel"])
    async def test_by_nobody_in_particular(self, talk: Talk, where: str) -> None:
        """An anonymous admin and a channel have no private chat."""
        talk.api.state.strangers |= {ANONYMOUS_ADMIN["id"], 0}
        text = f"/mistake@NotaTestBot {WORDS}"
        update = post(text) if where == "channel" else message(text, GROUP, ANONYMOUS_ADMIN, sender_chat=chat(GROUP))
        *_, shown = await talk.tell(update, 2)
        assert shown.given["chat_id"] == (CHANNEL if where == "channel" else GROUP)
        assert [list(key) for row in shown.given["reply_markup"]["inline_keyboard"] for key in row] == [["text", "url"]]

    async def test_in_private(self, talk: Talk) -> None:
        """As before."""
        [panel] = await talk.tell(message(f"/mistake {WORDS}", ADA))
        _, edit = await pressed(talk, tokens(panel)[0], message_of(panel))
        assert "If they answer, it comes here" in edit.given["text"]
        assert await talk.store.readers.get(Address("telegram", str(ADA))) is not None
