"""Mistakes that readers report: confirmed, passed on to the editors, answered once to whoever wrote, and forgotten."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.conversation import Conversation
from bot.db.changes import Person
from bot.db.retention import REPORT_DAYS
from bot.db.schema import reports
from bot.db.store import Store
from bot.dossier.loader import load
from bot.dossier.models import Language, TopicId
from bot.live_dossier import LiveDossier
from bot.newsroom.change_rules import Rules
from bot.newsroom.desk import Desk
from bot.newsroom.editors import DeskCommand
from bot.newsroom.editors_chat import EditorsChat
from bot.newsroom.reports import LIMIT, MANY, MAX_WORDS
from bot.platforms.plain_text import render
from bot.reader import Address
from bot.replies.question import Command, Question, Rate, from_token, token
from bot.replies.reply import Reply
from bot.staff import Staff
from tests.asking import asked
from tests.clocks import MovedClock
from tests.conftest import TODAY, not_none
from tests.delivery.scene import DeliveryScene, Platform

ANN, EDITORS = Address("telegram", "1"), Address("telegram", "-5")
WORDS = "The ticket costs Rp4,600 since Monday, see the harbour’s notice board"
ANNA = Person("telegram:9", "Anna", Language("en"))


@dataclass
class Scene:
    """Ann talks with a bot whose editors have a chat and a desk."""

    conversation: Conversation
    store: Store
    clock: MovedClock
    platform: Platform

    async def ask(self, question: Question, address: Address = ANN, language: str = "en") -> Reply:
        return not_none(await self.conversation.reply(asked(question, address, language=language)))

    async def confirm(self, words: str = WORDS, address: Address = ANN, language: str = "en") -> Reply:
        """Reports, and presses the button as any process gets it: cut, with the message beside it."""
        reply = await self.ask(Command("mistake", words), address, language)
        [button] = reply.buttons
        assert button.question is not None
        pressed = from_token(token(button.question), self.conversation.live.dossier)
        assert isinstance(pressed, Command)
        return await self.ask(self.conversation.awaited.whole(pressed, render(reply)), address, language)

    async def sent(self, address: Address) -> list[Reply]:
        """All that a chat got so far; what is due is sent first."""
        await DeliveryScene(self.store, self.clock, None, self.platform).send_all()  # type: ignore[arg-type]
        return self.platform.messages(address)


@pytest.fixture
def scene(store: Store, clock: MovedClock, folder: Path) -> Scene:
    live, chat = LiveDossier(not_none(load(folder, TODAY).dossier)), EditorsChat(store, EDITORS)
    desk = Desk(store, live, Rules(needs_two=True), lambda *_, **__: [], chat, address="https://nota.example/desk")
    staff = Staff(desk=DeskCommand(chat, store.sign_ins, desk, "https://nota.example/desk"))
    return Scene(Conversation(live, store, lambda: TODAY, staff=staff), store, clock, Platform())


class TestConsent:
    """Nothing is passed on before the reader has seen what would be."""

    async def test_the_reply_shows_it_and_stores_nothing(self, scene: Scene) -> None:
        reply = await scene.ask(Command("mistake", WORDS))
        assert f"Passed on would be: “{WORDS}”" in render(reply)
        assert reply.private
        assert await scene.store.reports.all(10) == []

    async def test_a_press_passes_on_the_whole(self, scene: Scene) -> None:
        assert (await scene.confirm()).title == "Passed on"
        [report] = await scene.store.reports.all(10)
        assert (report.words, report.page, report.language, report.platform) == (WORDS, "", "en", "telegram")

    @pytest.mark.parametrize("language", ["en", "id"])
    async def test_however_long_and_in_whatever_language(self, scene: Scene, language: str) -> None:
        await scene.confirm("long " * 200, language=language)
        [report] = await scene.store.reports.all(10)
        assert (len(report.words) <= MAX_WORDS, report.words[:9], report.language) == (True, "long long", language)

    async def test_without_words_it_says_how(self, scene: Scene) -> None:
        assert "Write behind /mistake what is wrong." in render(await scene.ask(Command("mistake")))

    async def test_whoever_was_not_helped_is_told_of_it(self, scene: Scene) -> None:
        rated = [await scene.ask(Rate(TopicId("fare"), helped, "x")) for helped in (False, True)]
        assert ["/mistake" in render(each) for each in rated] == [True, False]


class TestLimits:
    async def test_of_one_reader(self, scene: Scene) -> None:
        titles = [(await scene.confirm(f"wrong {number}")).title for number in range(LIMIT + 1)]
        assert titles == ["Passed on"] * LIMIT + ["Not passed on"]
        assert (await scene.confirm("another", Address("telegram", "2"))).title == "Passed on"
        scene.clock.forward(days=1)
        assert (await scene.confirm("once more")).title == "Passed on"

    async def test_a_second_press_is_the_same_report(self, scene: Scene) -> None:
        for _ in range(2):
            assert (await scene.confirm()).title == "Passed on"
        assert len(await scene.store.reports.all(10)) == 1

    @pytest.mark.slow
    async def test_a_flood_does_not_fill_the_editors_chat(self, scene: Scene) -> None:
        for number in range(MANY + 3):
            assert await scene.conversation.reports.send(f"wrong {number}", Language("en"), page="/en")
        assert len(await scene.sent(EDITORS)) == MANY
        assert len(await scene.store.reports.all(100)) == MANY + 3


class TestAnswer:
    """It goes back to where the report came from, once."""

    async def test_to_the_chat_in_the_readers_language(self, scene: Scene) -> None:
        await scene.confirm(language="id")
        [shown] = await scene.sent(EDITORS)
        assert WORDS in render(shown)
        assert "Answer it at the desk (/desk): a reply to this message reaches nobody." in render(shown)
        assert [each.url for each in shown.buttons] == ["https://nota.example/desk/reports#report-1"]
        reports = scene.conversation.reports
        answers = [reports.answer(1, "Terima kasih, sudah dikoreksi.", ANNA) for _ in range(2)]
        assert sorted(await asyncio.gather(*answers)) == [False, True]
        [message] = await scene.sent(ANN)
        assert message.heading == "✍️ Jawaban redaksi"
        assert f"Anda menulis: “{WORDS}”" in render(message)
        assert "Terima kasih, sudah dikoreksi." in render(message)
        assert len(await scene.sent(ANN)) == 1

    async def test_in_the_language_that_the_reader_chose_since(self, scene: Scene) -> None:
        await scene.confirm(language="en")
        await scene.store.readers.set_language(ANN, "id", "private")
        await scene.conversation.reports.answer(1, "Terima kasih.", ANNA)
        [message] = await scene.sent(ANN)
        assert message.heading == "✍️ Jawaban redaksi"

    async def test_closed_without_one(self, scene: Scene) -> None:
        await scene.confirm()
        assert await scene.conversation.reports.answer(1, "", ANNA)
        assert await scene.sent(ANN) == []

    async def test_who_has_deleted_it_hears_nothing(self, scene: Scene) -> None:
        await scene.confirm()
        await scene.ask(Command("privacy", "delete now"))
        assert not await scene.conversation.reports.answer(1, "Thank you.", ANNA)
        assert await scene.sent(ANN) == []

    async def test_without_a_chat_of_editors_it_stands_at_the_desk(self, scene: Scene) -> None:
        scene.conversation = Conversation(scene.conversation.live, scene.store, lambda: TODAY)
        assert (await scene.confirm()).title == "Passed on"
        assert await scene.sent(EDITORS) == []
        assert len(await scene.store.reports.all(10)) == 1

    async def test_after_ninety_days_it_is_forgotten(self, scene: Scene) -> None:
        await scene.confirm()
        scene.clock.forward(days=REPORT_DAYS - 1)
        assert await scene.store.delete_old(reports) == 0
        scene.clock.forward(days=2)
        assert await scene.store.delete_old(reports) == 1
