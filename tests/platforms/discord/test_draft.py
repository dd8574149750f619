"""``/draft`` opens a form, which makes a draft: on our own Discord, by the gateway and by HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.dossier.models import Dossier
from tests.desk_scene import ADDRESS, drafts
from tests.platforms.discord.conftest import QUICK_MODE_FIRST, Talk, talking
from tests.servers.discord_people import Person
from tests.servers.discord_world import DM
from tests.servers.discord_writers import Writer
from tests.tables import cases

in_module = pytest.mark.asyncio(loop_scope="module")

EDITOR = 700000000000000001

TITLE, TEXT = "Fares **fall**", "From May on.\n\n- half of it"


@pytest_asyncio.fixture(params=QUICK_MODE_FIRST, scope="module", loop_scope="module")
async def talk(request: pytest.FixtureRequest, dossier: Dossier) -> AsyncIterator[Talk]:
    """One account is an editor."""
    async with talking(request.param, dossier, people=(f"discord:{EDITOR}",)) as running:
        yield running


def editor(talk: Talk, channel: Any = None, **about: Any) -> Person:
    return Person(talk.discord, talk.deliver, channel or talk.discord.world.add(), id=EDITOR, **about)


async def latest(talk: Talk) -> dict[str, Any]:
    """Title and text of the latest draft; nothing if there is none."""
    found = await drafts(talk.conversation.store)
    return found[0][1] if found else {}


@in_module
class TestForm:
    """Title and text in one form, the link to the desk for the editor alone."""

    @cases("locale, language, heading, labels")
    async def test_makes_a_draft(self, talk: Talk, locale: str, language: str, heading: str, labels: list[str]) -> None:
        """
        en-US | en | New draft | ["Title", "Text"]
        id | id | Draf baru | ["Judul", "Isi"]
        ru | ru | Новый черновик | ["Заголовок", "Текст"]
        """
        anna = editor(talk, locale=locale)
        form = await anna.begin("draft")
        assert form.modal["title"] == heading
        assert [label["label"] for label in form.modal["components"]] == labels
        saved = await anna.submit(form, title=TITLE, text=TEXT)
        assert saved.is_private
        assert f"{ADDRESS}/enter/" in saved.text
        assert await latest(talk) == {"title": {language: TITLE}, "body": {language: TEXT}}

    async def test_typed_in_a_direct_message_a_button_opens_it(self, talk: Talk) -> None:
        """A message can open no form (interactions/receiving-and-responding#interaction-response-object)."""
        anna = editor(talk, talk.discord.world.add(DM))
        shown = await Writer(talk.discord, talk.deliver, anna.channel, id=EDITOR).ask("/draft")
        form = await anna.open(shown, shown.buttons["▶️ /draft"])
        await anna.submit(form, title="By button", text=TEXT)
        assert (await latest(talk))["title"] == {"en": "By button"}

    async def test_what_somebody_else_submits_makes_none(self, talk: Talk) -> None:
        """The right is asked for again when the form comes back: it may have been open for a day."""
        before = await latest(talk)
        form = await editor(talk).begin("draft")
        await talk.somebody().submit(form, title="Not an editor’s", text=TEXT)
        assert await latest(talk) == before

    async def test_nobody_else_gets_the_form(self, talk: Talk) -> None:
        shown = await talk.somebody().use("draft")
        assert ADDRESS not in shown.text
