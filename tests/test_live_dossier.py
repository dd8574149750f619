"""A dossier can be asked in words without anybody waiting for it."""

import asyncio
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from uuid import uuid4

import pytest

from bot.app.reload import reload
from bot.conversation import Conversation
from bot.db.store import Store
from bot.dossier.loader import load
from bot.dossier.models import Dossier
from bot.live_dossier import LiveDossier
from bot.replies.answer import is_matched
from bot.replies.question import FreeText
from tests.asking import asked
from tests.conftest import CONTENT, TINY, TODAY, not_none


def read(folder: Path) -> Dossier:
    """A dossier that nobody has asked yet."""
    return not_none(load(folder, TODAY).dossier)


class TestReadiness:
    """The words of a dossier are made ready in a thread."""

    @pytest.mark.slow
    async def test_a_question_stops_nobody_else(self, store: Store) -> None:
        """The first one waits until the words are ready; the process goes on meanwhile."""
        dossier = read(CONTENT)
        titles = dict.fromkeys(dossier.languages, f"Never asked {uuid4()}")
        dossier = replace(dossier, header=dossier.header.model_copy(update={"title": titles}))
        conversation = Conversation(LiveDossier(dossier), store, lambda: TODAY)
        question = asked(FreeText("how long does it last"))
        asking = asyncio.create_task(conversation.reply(question))
        turns = 0
        while not asking.done():
            await asyncio.sleep(0.001)
            turns += 1
        assert ((await asking).topic, turns >= 10) == ("duration", True)

    async def test_what_was_ready_stays_so(self) -> None:
        """Asked for twice at once, and once more, it is built once."""
        tiny = read(TINY)
        header = tiny.header.model_copy(update={"title": {"en": "Never asked", "id": "Belum ditanya"}})
        live = LiveDossier(replace(tiny, header=header))
        assert not is_matched(live.dossier)
        await asyncio.gather(live.build_index(), live.build_index())
        assert is_matched(live.dossier)
        await asyncio.wait_for(live.build_index(), timeout=0.1)


class TestReading:
    """Content that is read again."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return Path(copytree(TINY, tmp_path / "content"))

    async def test_the_old_dossier_answers_until_the_new_one_is_ready(self, folder: Path) -> None:
        """Whoever hears of the change finds it ready."""
        live = LiveDossier(before := read(folder))
        topic = folder / "topics" / "fare.yaml"
        topic.write_text(topic.read_text("utf-8").replace("emoji: ", "order: 7\nemoji: ", 1), "utf-8")
        ready: list[bool] = []
        live.on_change(lambda: ready.append(is_matched(live.dossier)))
        taking = asyncio.create_task(reload(live, folder))
        await asyncio.sleep(0)
        assert live.dossier is before
        await taking
        assert live.dossier is not before
        assert ready == [True]

    async def test_a_file_saved_as_it_was(self, folder: Path) -> None:
        """Changes nothing: the dossier stays the same object, and so what was made of it; the diagnostics are reported."""
        live = LiveDossier(read(folder))
        live.update(load(folder, TODAY))
        before = live.dossier
        told: list[bool] = []
        live.on_change(lambda: told.append(True))
        (folder / "facts.yaml").write_text((folder / "facts.yaml").read_text("utf-8") + "# a comment\n", "utf-8")
        await reload(live, folder)
        assert (live.dossier is before, told) == (True, [True])
