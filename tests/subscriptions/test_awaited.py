"""Tell me when you know: a question is stored only at the tap, answered once, and then forgotten."""

import asyncio
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.commands import TELL_ME
from bot.conversation import Conversation
from bot.db.questions import MAX_AWAITED
from bot.db.retention import AWAITED_DAYS
from bot.db.schema import awaited_questions, bulletins, metadata
from bot.db.store import Store
from bot.dossier.loader import load
from bot.dossier.markdown import plain
from bot.dossier.models import Language
from bot.live_dossier import LiveDossier
from bot.newsroom.publisher import Newsroom
from bot.platforms.plain_text import render
from bot.reader import Address
from bot.replies.question import CheckText, Command, FreeText, Question, from_token, token
from bot.replies.reply import Reply
from tests.asking import asked
from tests.clocks import MovedClock, until
from tests.conftest import TODAY, Edit
from tests.delivery.scene import DeliveryScene, Platform
from tests.editor import compare, of_another
from tests.tables import cases

ANN, GROUP = Address("telegram", "1"), Address("telegram", "-3")
DOGS = "may i bring my dog aboard"
RUMOUR = "Dogs travel for free"
REVIEW = """\
says: {en: [Dogs travel for free], id: [Anjing naik gratis]}
verdict: false
because: {en: "Dogs pay half. [@harbour]", id: "Anjing membayar separuh. [@harbour]"}
sources: [harbour]
date: 2026-11-20
"""


@dataclass
class Scene:
    """Ann talks with a bot whose dossier, in ``folder``, says nothing of dogs."""

    conversation: Conversation
    store: Store
    clock: MovedClock
    folder: Path
    platform: Platform

    async def ask(self, question: Question, address: Address = ANN, language: str = "en") -> Reply:
        kind = "private" if not address.chat_id.startswith("-") else "group"
        reply = await self.conversation.reply(asked(question, address, kind, language))  # type: ignore[arg-type]
        assert reply is not None
        return reply

    async def bell(self, text: str = DOGS, language: str = "en") -> Question | None:
        return await self.below(FreeText(text), language)

    async def below(self, question: Question, language: str = "en") -> Question | None:
        """What the bell below the reply asks; None if there is none."""
        reply = await self.ask(question, language=language)
        return next((each.question for each in reply.buttons if each.label.startswith("🔔")), None)

    async def tap(self, text: str = DOGS) -> Reply:
        bell = await self.bell(text)
        assert bell is not None
        return await self.ask(bell)

    def reload(self) -> None:
        self.conversation.live.update(load(self.folder, TODAY))

    async def send_all(self) -> list[Reply]:
        """Asks what waits, sends what is due, and returns all that Ann got so far."""
        await self.conversation.awaited.answer()
        await DeliveryScene(self.store, self.clock, None, self.platform).send_all()  # type: ignore[arg-type]
        return self.platform.messages(ANN)

    async def stored(self) -> str:
        """Everything in the database, as text."""
        found = []
        async with self.store.database.read() as connection:
            for table in metadata.sorted_tables:
                found += [f"{table.name}: {tuple(row)}" for row in await connection.execute(select(table))]
        return "\n".join(found)


@pytest.fixture
def scene(store: Store, clock: MovedClock, folder: Path) -> Scene:
    dossier = load(folder, TODAY).dossier
    assert dossier is not None
    conversation = Conversation(LiveDossier(dossier), store, lambda: TODAY)
    return Scene(conversation, store, clock, folder, Platform())


def teach(edit: Edit) -> None:
    """An editor writes an example, which makes the topic answer the question."""
    edit("topics/fare.yaml", "en: [how much", f"en: [{DOGS}, how much")


def teach_dogs(folder: Path, example: str) -> None:
    path = folder / "topics" / "fare.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("en: [how much", f"en: [{example}, how much"), encoding="utf-8"
    )


def review(folder: Path, verdict: str = "false") -> None:
    (folder / "claims").mkdir(exist_ok=True)
    (folder / "claims" / "dogs.yaml").write_text(
        REVIEW.replace("verdict: false", f"verdict: {verdict}"), encoding="utf-8"
    )


def text_of(reply: Reply) -> str:
    return "\n".join(plain(block.spans) for block in reply.blocks if hasattr(block, "spans"))


class TestConsent:
    """Nothing of a question is stored before its asker presses the button."""

    @pytest.mark.slow
    async def test_asking_stores_nothing(self, scene: Scene) -> None:
        assert await scene.bell() is not None
        assert "dog" not in await scene.stored()
        assert "readers" not in await scene.stored()

    async def test_the_tap_stores_it_and_one_tap_deletes_it(self, scene: Scene) -> None:
        noted = await scene.tap()
        assert noted.heading == "🔔 I will tell you"
        assert DOGS in await scene.stored()
        [forget] = noted.buttons
        assert forget.question is not None
        assert (await scene.ask(forget.question)).title == "Forgotten"
        assert "dog" not in await scene.stored()

    async def test_nobody_deletes_what_somebody_else_awaits(self, scene: Scene) -> None:
        [forget] = (await scene.tap()).buttons
        assert forget.question is not None
        await scene.ask(forget.question, Address("telegram", "2"))
        assert DOGS in await scene.stored()

    @pytest.mark.parametrize("question", [DOGS, f"{DOGS}, " + "and the cat, " * 20 + "too?\n\nThank you"])
    async def test_another_process_goes_on_from_the_message(self, scene: Scene, question: str) -> None:
        """Behind a webhook any replica gets the press, perhaps after a deploy. A button holds no more than 60 bytes."""
        reply = await scene.ask(FreeText(question))
        pressed = from_token(token(reply.buttons[-1].question or Command("")), scene.conversation.live.dossier)
        assert isinstance(pressed, Command)
        other = Conversation(scene.conversation.live, scene.store, lambda: TODAY)
        scene.conversation = other
        noted = await scene.ask(other.awaited.whole(pressed, render(reply)))
        assert noted.heading == "🔔 I will tell you"
        [awaited] = await scene.store.awaited.all()
        assert awaited.question == " ".join(question.split())

    async def test_two_taps_are_one_question(self, scene: Scene) -> None:
        """As is an update that comes twice."""
        bell = await scene.bell()
        assert bell is not None
        assert await scene.ask(bell) == await scene.ask(bell)
        assert len(await scene.store.awaited.all()) == 1

    async def test_a_chat_awaits_no_more_than_so_many(self, scene: Scene) -> None:
        reader = await scene.store.readers.meet(ANN, "private")
        for number in range(MAX_AWAITED + 3):
            await scene.store.awaited.add(reader.id, f"question {number}", "en")
        assert [each.question for each in await scene.store.awaited.all()] == [
            f"question {number}" for number in range(3, MAX_AWAITED + 3)
        ]

    @cases("argument")
    async def test_a_forged_button_does_no_harm(self, scene: Scene, argument: str) -> None:
        """
        ""
        ask
        "ask  "
        0123456789ab
        forget
        forget x
        forget 99999999999999999999
        a b
        """
        assert (await scene.ask(Command(TELL_ME, argument))).title in ("An old button", "Forgotten")


class TestOffer:
    """The button stands where it can be kept: in a private chat, below a question that has no answer."""

    async def test_not_below_an_answer_nor_in_a_group(self, scene: Scene) -> None:
        assert await scene.bell("how much is a ticket") is None
        for question in (FreeText(DOGS), CheckText(RUMOUR)):
            reply = await scene.ask(question, GROUP)
            assert not any(each.label.startswith("🔔") for each in reply.buttons)

    @cases("language, label")
    async def test_in_the_askers_language(self, scene: Scene, language: str, label: str) -> None:
        """
        en | 🔔 Tell me when you know
        id | 🔔 Kabari saya kalau sudah ada jawabannya
        """
        reply = await scene.ask(FreeText("🐕🐕🐕"), language=language)
        assert reply.buttons[-1].label == label


class TestAnswer:
    """Once the dossier answers, one message comes, and the question is gone."""

    @pytest.mark.slow
    async def test_it_comes_once_and_is_forgotten(self, scene: Scene, edit: Edit) -> None:
        await scene.tap()
        assert await scene.send_all() == []
        teach(edit)
        scene.reload()
        [message] = await scene.send_all()
        assert message.heading == "🎫 The fare"
        assert f"You asked: “{DOGS}”" in text_of(message)
        assert "A single ticket costs" in text_of(message)
        assert message.buttons[0].label == "🎫 The fare"
        assert await scene.store.awaited.all() == []
        scene.reload()
        assert len(await scene.send_all()) == 1
        await scene.store.delete_old(bulletins)
        assert "dog" not in await scene.stored()

    @pytest.mark.parametrize("is_new", [False, True], ids=["by a process that starts", "by one that runs"])
    async def test_a_new_dossier_is_noticed(self, scene: Scene, edit: Edit, is_new: bool) -> None:
        """A process that died when the content changed is followed by one that asks at its start."""
        await scene.tap()
        teach(edit)
        if not is_new:
            scene.reload()
        news: list[int] = []
        task = asyncio.create_task(scene.conversation.awaited.follow(lambda: news.append(1)))
        await asyncio.sleep(0)
        if is_new:
            scene.reload()
        await until(lambda: news)
        task.cancel()
        assert await scene.store.awaited.all() == []

    async def test_others_have_the_event_loop_between_two_questions(self, scene: Scene) -> None:
        """However many wait; and what several ask in the same words is asked once."""
        words = [f"may i bring my dog number {number} aboard" for number in range(12)]
        for number, word in enumerate((*words, *words)):
            address = Address("telegram", str(100 + number))
            reader = await scene.store.readers.meet(address, "private", "", Language("en"))
            await scene.store.awaited.add(reader.id, word, "en")
        asked: list[str] = []

        async def ask(question: FreeText | CheckText, language: Language) -> Reply:
            asked.append(question.text)
            return await once_more(question, language)

        awaited = scene.conversation.awaited
        once_more, awaited.ask = awaited.ask, ask
        answering, turns = asyncio.create_task(awaited.answer()), set[int]()
        while not answering.done():
            turns.add(len(asked))
            await asyncio.sleep(0)
        assert sorted(asked) == sorted(words)
        assert len(turns) > len(words) / 2, "several questions were answered in one turn of the loop"

    async def test_a_crowd_that_asks_shares_the_event_loop(self, scene: Scene) -> None:
        """A question in words takes milliseconds of it, so a round of the loop has one of them."""
        many = [asyncio.create_task(scene.ask(FreeText(f"dog {n}"), Address("telegram", str(n)))) for n in range(60)]
        done = [0]
        while done[-1] < len(many):
            await asyncio.sleep(0)
            done.append(sum(each.done() for each in many))
        assert max(after - before for before, after in pairwise(done)) <= 2

    @pytest.mark.slow
    async def test_an_answer_that_holds_no_more_is_not_sent(self, scene: Scene, edit: Edit) -> None:
        """A change comes into force while the questions are asked. The next look, which it wakes, asks them again."""
        await scene.tap()
        awaited = scene.conversation.awaited
        teach(edit)
        scene.reload()

        async def ask(question: FreeText | CheckText, language: Language) -> Reply:
            reply = await awaited.ask(question, language)
            edit("topics/fare.yaml", "A single ticket costs", "Every ticket costs")
            scene.reload()
            return reply

        assert await replace(awaited, ask=ask).answer() == 0
        [message] = await scene.send_all()
        assert "Every ticket costs" in text_of(message)

    async def test_another_dossier_answers_nothing(self, scene: Scene, edit: Edit) -> None:
        """Its files meet the database by mistake, before the newsroom or after it."""
        live, newsroom = scene.conversation.live, Newsroom(scene.store)
        await compare(newsroom, live.complete)
        await scene.tap()
        teach(edit)
        taught = load(scene.folder, TODAY)
        assert taught.dossier is not None
        wrong = of_another(taught.dossier)
        live.update(replace(taught, dossier=wrong))
        assert await scene.send_all() == []
        assert "belongs to the dossier ferry" in (await compare(newsroom, wrong)).refusal
        scene.reload()
        assert len(await scene.send_all()) == 1

    async def test_who_no_longer_wants_it_gets_nothing(self, scene: Scene, edit: Edit) -> None:
        [forget] = (await scene.tap()).buttons
        assert forget.question is not None
        await scene.ask(forget.question)
        teach(edit)
        scene.reload()
        assert await scene.send_all() == []

    async def test_two_processes_send_one_message(self, scene: Scene, edit: Edit) -> None:
        await scene.tap()
        teach(edit)
        scene.reload()
        counts = await asyncio.gather(scene.conversation.awaited.answer(), scene.conversation.awaited.answer())
        assert sum(counts) == 1
        assert len(await scene.send_all()) == 1

    async def test_an_unsent_answer_outlives_the_tidying(self, scene: Scene, edit: Edit) -> None:
        await scene.tap()
        teach(edit)
        scene.reload()
        await scene.conversation.awaited.answer()
        assert await scene.store.delete_old(bulletins) == 0
        assert len(await scene.send_all()) == 1

    async def test_after_ninety_days_it_is_forgotten(self, scene: Scene, clock: MovedClock) -> None:
        await scene.tap()
        clock.forward(days=AWAITED_DAYS - 1)
        assert await scene.store.delete_old(awaited_questions) == 0
        clock.forward(days=2)
        assert await scene.store.delete_old(awaited_questions) == 1
        assert "dog" not in await scene.stored()


class TestVerdict:
    """Whoever brought a claim that nobody had judged hears the verdict once, in their language."""

    @pytest.mark.slow
    @pytest.mark.parametrize("question", [CheckText(RUMOUR), Command("check", RUMOUR)])
    async def test_it_comes_once_and_is_forgotten(self, scene: Scene, question: Question) -> None:
        bell = await scene.below(question)
        assert bell is not None
        await scene.ask(bell)
        teach_dogs(scene.folder, RUMOUR.lower())  # an answer about the topic is not a verdict
        scene.reload()
        assert await scene.send_all() == []
        review(scene.folder)
        scene.reload()
        [message] = await scene.send_all()
        assert message.heading == "✗ “Dogs travel for free” – False."
        assert f"You asked: “{RUMOUR}”. Now it has been checked." in text_of(message)
        assert "Dogs pay half." in text_of(message)
        assert [source.id for source in message.sources] == ["harbour"]
        assert await scene.store.awaited.all() == []
        scene.reload()
        assert len(await scene.send_all()) == 1

    @pytest.mark.slow
    async def test_in_the_askers_language(self, scene: Scene) -> None:
        """Whatever language the claim was written in."""
        bell = await scene.below(CheckText(RUMOUR), "id")
        assert bell is not None
        await scene.ask(bell, language="id")
        review(scene.folder)
        scene.reload()
        [message] = await scene.send_all()
        assert message.heading == "✗ “Dogs travel for free” – Tidak benar."
        assert "Anjing membayar separuh." in text_of(message)

    async def test_in_the_language_that_the_asker_chose_since(self, scene: Scene) -> None:
        """Not in that of the moment of the press."""
        bell = await scene.below(CheckText(RUMOUR))
        assert bell is not None
        await scene.ask(bell)
        await scene.store.readers.set_language(ANN, "id", "private")
        review(scene.folder)
        scene.reload()
        [verdict] = await scene.send_all()
        assert "Anjing membayar separuh." in text_of(verdict)

    async def test_of_two_wordings_it_comes_once(self, scene: Scene) -> None:
        """Both are forgotten with it."""
        for words in (RUMOUR, RUMOUR.upper()):
            bell = await scene.below(CheckText(words))
            assert bell is not None
            await scene.ask(bell)
        assert len(await scene.store.awaited.all()) == 2
        review(scene.folder)
        scene.reload()
        assert len(await scene.send_all()) == 1
        assert await scene.store.awaited.all() == []

    async def test_of_words_that_were_taken_for_a_question(self, scene: Scene) -> None:
        assert "check" not in str(await scene.tap(RUMOUR))
        review(scene.folder)
        scene.reload()
        [message] = await scene.send_all()
        assert message.heading == "✗ “Dogs travel for free” – False."

    async def test_none_below_a_verdict(self, scene: Scene) -> None:
        """Unproven is a verdict, too."""
        review(scene.folder, "unproven")
        scene.reload()
        assert await scene.below(CheckText(RUMOUR)) is None
        assert await scene.below(CheckText("Dogs travel in the cabin")) is not None
