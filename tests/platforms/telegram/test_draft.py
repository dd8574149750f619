"""``/draft``: a short conversation in private makes a draft. Over real HTTP, by polling and by webhook."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.commands import DRAFT
from bot.dossier.loader import Loading
from bot.dossier.models import Dossier, TopicId
from bot.platforms.telegram.questions import question_of
from bot.platforms.telegram.types import Me, TelegramMessage
from bot.replies.question import Command
from tests.desk_scene import ADDRESS, drafts
from tests.platforms.telegram.conftest import QUICK_MODE_FIRST, Talk, talking
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, message, user
from tests.servers.telegram import Called
from tests.tables import cases, table

TITLE, TEXT = "Fares <b>fall</b> & rise", "From May on.\n\n- half of it\n/not a command"


@pytest.fixture(params=QUICK_MODE_FIRST)
async def talk(request: pytest.FixtureRequest, dossier: Dossier) -> AsyncIterator[Talk]:
    """Ada is an editor, Budi is not."""
    async with talking(request.param, dossier, people=(f"telegram:{ADA}",)) as running:
        yield running


async def says(talk: Talk, text: str, to: Called | None = None, who: dict[str, Any] | None = None) -> Called:
    """The answer to what somebody writes, perhaps as a reply to an answer."""
    more = {"reply_to_message": to.result | {"text": shown(to)}} if to else {}
    where = (who or user())["id"]
    [answer] = await talk.tell(message(text, where, who or user(), **more))
    return answer


def shown(answer: Called) -> str:
    """The text as the chat shows it, which comes back with a reply."""
    text = str(answer.given["text"])
    for tag in ("<b>", "</b>"):
        text = text.replace(tag, "")
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


async def contents(talk: Talk) -> list[dict[str, Any]]:
    """Title and text of the drafts, the latest first."""
    return [content for _, content in await drafts(talk.store)]


class TestConversation:
    """A question for the title, one for the text, and the link to the desk."""

    @cases("language, asks, placeholder")
    async def test_makes_a_draft_in_the_language_of_the_chat(
        self, talk: Talk, language: str, asks: str, placeholder: str
    ) -> None:
        """
        en | What is the title? | Title
        id | Apa judulnya? | Judul
        ru | Какой заголовок? | Заголовок
        """
        ada = user(language=language)
        title = await says(talk, "/draft", who=ada)
        assert asks in shown(title)
        assert title.given["reply_markup"] == {"force_reply": True, "input_field_placeholder": placeholder}
        text = await says(talk, TITLE, title, ada)
        assert TITLE in shown(text)
        saved = await says(talk, TEXT, text, ada)
        assert f"{ADDRESS}/enter/" in shown(saved)
        assert await contents(talk) == [{"title": {language: TITLE}, "body": {language: TEXT}}]
        [(draft, _)] = await drafts(talk.store)
        assert (draft.state, draft.changed_by) == ("draft", f"telegram:{ADA}")

    @pytest.mark.parametrize("typed", [f"/draft {TITLE}\n{TEXT}", f"/draft@NotaTestBot {TITLE}\n{TEXT}"])
    async def test_in_one_message(self, talk: Talk, typed: str) -> None:
        await says(talk, typed)
        assert await contents(talk) == [{"title": {"en": TITLE}, "body": {"en": TEXT}}]

    async def test_a_title_first(self, talk: Talk) -> None:
        """``/draft Title`` asks for the text only; a reply of several lines to the first question has both."""
        await says(talk, "From May on.", await says(talk, "/draft Fares"))
        await says(talk, "Fares\nFrom May on.", await says(talk, "/draft"))
        assert await contents(talk) == [{"title": {"en": "Fares"}, "body": {"en": "From May on."}}] * 2

    @pytest.mark.parametrize("steps", [[], [TITLE]])
    async def test_is_cancelled_at_any_time(self, talk: Talk, steps: list[str]) -> None:
        question = await says(talk, "/draft")
        for step in steps:
            question = await says(talk, step, question)
        assert "Nothing was kept." in shown(await says(talk, "/cancel", question))
        assert await contents(talk) == []

    async def test_another_command_is_that_command(self, talk: Talk) -> None:
        answer = await says(talk, "/duration", await says(talk, "/draft"))
        assert "Five years" in shown(answer)
        assert await contents(talk) == []

    async def test_goes_on_after_a_restart(self, talk: Talk, dossier: Dossier) -> None:
        """Or at another replica: the state is in the question that is replied to."""
        question = await says(talk, f"/draft {TITLE}")
        async with talking(talk.mode, dossier, people=(f"telegram:{ADA}",)) as other:
            await says(other, TEXT, question)
            assert await contents(other) == [{"title": {"en": TITLE}, "body": {"en": TEXT}}]

    async def test_one_update_makes_one_draft(self, talk: Talk) -> None:
        """However often Telegram delivers it."""
        update = message(f"/draft {TITLE}\n{TEXT}") | {"update_id": 900}
        await talk.tell(update)
        if talk.mode == "webhook":
            assert await talk.api.bring(talk.session, update) == 200
        assert len(await contents(talk)) == 1


class TestForEditorsAlone:
    """Nobody else makes drafts, whatever they send."""

    async def test_others_get_the_answer_to_an_unknown_command(self, talk: Talk) -> None:
        question = await says(talk, "/draft")
        budi = user(BUDI)
        assert "force_reply" not in (await says(talk, "/draft", who=budi)).given.get("reply_markup", {})
        await says(talk, f"{TITLE}\n{TEXT}", question, budi)
        await says(talk, f"/draft {TITLE}\n{TEXT}", who=budi)
        assert await contents(talk) == []

    async def test_in_a_group_it_only_points_to_the_private_chat(self, talk: Talk) -> None:
        [answer] = await talk.tell(message(f"/draft@NotaTestBot {TITLE}\n{TEXT}", GROUP))
        assert "private chat" in shown(answer)
        assert await contents(talk) == []

    @table("asked, more, is_draft")
    def test_only_a_reply_to_its_own_questions_goes_on(self, asked: str, more: dict[str, Any], is_draft: bool) -> None:
        r"""A forwarded message never does.

        "📝 Fares\n\nAnd the text? /cancel" | {} | true
        "📝 Fares\n\nAnd the text? /cancel" | {"forward_origin": {"type": "user"}} | false
        "📝 Fares\n\nAn answer that begins alike" | {} | false
        "⏳ How long\n\nAn answer /cancel" | {} | false
        """
        replied = {"from": {"id": 1, "is_bot": True}, "text": asked}
        written = TelegramMessage.model_validate(message("From May on.", reply_to_message=replied, **more)["message"])
        question = question_of(written, "private", Me(1, "NotaTestBot"), lambda name: False)
        assert (question == Command(DRAFT, "Fares\nFrom May on.")) is is_draft

    async def test_a_topic_of_that_command_goes_first(self, talk: Talk, dossier: Dossier) -> None:
        topic = dossier.topics[TopicId("duration")].model_copy(update={"id": "draft", "command": "draft"})
        changed = replace(dossier, topics={**dossier.topics, TopicId("draft"): topic}, version="with a draft")
        talk.conversation.live.update(Loading(changed, ()))
        assert "force_reply" not in (await says(talk, "/draft")).given.get("reply_markup", {})


@pytest.mark.parametrize(
    ("typed", "title", "body"),
    [
        ("Fares\r\nFrom May on.", "Fares", "From May on."),
        ("  Fa\u200bres \n\n\u202eFrom May on.\u2028Or June. ", "Fares", "From May on.\nOr June."),
        (f"{'long ' * 100}\ntext", ("long " * 100)[:256], "text"),
    ],
)
async def test_pasted_text_is_cleaned(talk: Talk, typed: str, title: str, body: str) -> None:
    await says(talk, f"/draft {typed}")
    assert await contents(talk) == [{"title": {"en": title}, "body": {"en": body}}]
