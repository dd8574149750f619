"""What readers asked and claimed, at the desk over HTTP: in changes that two approve."""

import asyncio
from collections.abc import Mapping

import pytest
from aiohttp import ClientSession

from bot.claims.declared import digest_of
from bot.db.changes import Change, Person
from bot.db.questions import CountedWording, QuestionKind, UnansweredCounter
from bot.db.store import Store
from bot.dossier.entries import Key
from bot.dossier.models import Language
from bot.embeddings import Embeddings, ServedModel
from bot.newsroom.question_groups import alike_by, brought, grouped
from bot.reader import Address
from bot.replies.answer import answer
from bot.replies.question import CheckText, FreeText
from bot.replies.reply import Reply
from tests.cli.test_questions import SCHEDULE
from tests.clocks import MovedClock
from tests.conftest import TODAY, not_none
from tests.platforms.web.desk_site import ANNA, Newsdesk, Visitor
from tests.platforms.web.site import text_of
from tests.platforms.web.test_desk_figures import RUSSIAN, plain, three_languages
from tests.servers.embeddings import KEY, MODEL, embeddings_server
from tests.tables import cases

FARE, ASKS = Key("facts/fare"), Key("questions/fare")


@pytest.fixture
async def newsdesk(newsdesk: Newsdesk) -> Newsdesk:
    await three_languages(newsdesk)
    return newsdesk


async def brought_by_many(store: Store, times: Mapping[tuple[str, str], int], kind: QuestionKind = "question") -> None:
    """Language and words → how many different readers bring them once."""
    counter = UnansweredCounter(store.unanswered, stores_words=True, kind=kind)
    for (language, words), readers in times.items():
        for number in range(readers):
            counter.note(language, words, f"telegram:{number}")
    await counter.flush()


async def opened(newsdesk: Newsdesk) -> list[Change]:
    return [item.change for item in await newsdesk.desk.items(ANNA)]


async def with_a_schedule(newsdesk: Newsdesk) -> None:
    """A deploy brings a second topic."""
    schedule = SCHEDULE.replace("id:", "ru: Пора, id:", 3)
    (newsdesk.folder / "topics/schedule.yaml").write_text(schedule, encoding="utf-8")
    await newsdesk.deploy()


CLAIMS = {"en": "a ticket costs Rp9,000", "id": "tiketnya seharga Rp9.000", "ru": "билет стоит 9000 рупий"}
SENTENCES = {"en": "a ticket costs {}", "id": "tiketnya seharga {}", "ru": "билет стоит {}"}


@pytest.mark.slow
class TestExamples:
    """They gather in one open change, and are approved together."""

    def ask(self, newsdesk: Newsdesk, question: str, language: str) -> Reply:
        return answer(newsdesk.live.complete, FreeText(question), Language(language), TODAY)

    async def test_of_two_editors_in_one_change(self, newsdesk: Newsdesk, anna: Visitor, owner: Visitor) -> None:
        """In no file; no reader is answered by them before they are in force."""
        counted = {("id", "apakah mahal sekali"): 6, ("ru", "дорого ли плыть"): 5, ("en", ""): 7}
        await brought_by_many(newsdesk.store, counted)
        budi = await newsdesk.signed_in(RUSSIAN)
        assert "Words not kept: 5+." in await anna.see("/brought")
        status, page = await anna.send("examples", says="id|apakah mahal sekali", topic="fare")
        assert (status, "Added, for approval together with others: Examples" in plain(page)) == (200, True)
        status, page = await budi.send("examples", says="ru|дорого ли плыть", topic="fare")
        assert (status, "Добавлено, будет одобрено вместе с другими: Examples" in plain(page)) == (200, True)
        [change] = await opened(newsdesk)
        assert (change.title, change.savers) == ("Examples", {ANNA.account, RUSSIAN.account})
        assert await newsdesk.contents(2) == {
            ASKS: {"asks": {"id": ["apakah mahal sekali"], "ru": ["дорого ли плыть"]}}
        }
        assert page.count('href="/desk/2">Изменение 2</a>') == 2
        assert not (newsdesk.folder / "questions").exists()
        assert self.ask(newsdesk, "дорого ли плыть", "ru").topic is None
        await newsdesk.through(2, anna, owner)
        found = [self.ask(newsdesk, *each).topic for each in (("дорого ли плыть", "ru"), ("apakah mahal sekali", "id"))]
        assert found == ["fare", "fare"]

    async def test_pressed_twice_and_by_two_at_once(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """No second change, and no second example."""
        await asyncio.gather(
            anna.send("examples", says="en|is it dear", topic="fare"),
            anna.send("examples", says="en|is it dear", topic="fare"),
            budi.send("examples", says="id|apakah mahal", topic="fare"),
        )
        assert len(await opened(newsdesk)) == 1
        assert await newsdesk.contents(2) == {ASKS: {"asks": {"en": ["is it dear"], "id": ["apakah mahal"]}}}
        status, page = await budi.send("examples", says="en|is it dear", topic="fare")
        assert (status, "sudah punya contoh ini" in page) == (409, True)

    async def test_the_title_says_nothing(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Editors may call the change what they like, and one of theirs may have the same title."""
        await newsdesk.desk.create(ANNA, "Examples", {})
        await anna.send("examples", says="en|is it dear", topic="fare")
        await anna.fill(3, {"change|title": "Of the ferry"})
        await anna.send("examples", says="id|apakah mahal", topic="fare")
        assert [each.title for each in await opened(newsdesk)] == ["Of the ferry", "Examples"]
        assert await newsdesk.contents(3) == {ASKS: {"asks": {"en": ["is it dear"], "id": ["apakah mahal"]}}}

    async def test_while_one_waits_for_approval(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """That topic's wait, and of other topics there is another change."""
        await with_a_schedule(newsdesk)
        await anna.send("examples", says="en|is it dear", topic="fare")
        await anna.ask(3)
        status, page = await budi.send("examples", says="id|apakah mahal", topic="fare")
        assert (status, "menunggu persetujuan atau waktunya" in page) == (409, True)
        assert (await budi.send("examples", says="id|jam berapa", topic="schedule"))[0] == 200
        assert [(each.title, each.state) for each in await opened(newsdesk)] == [
            ("Examples", "draft"),
            ("Examples", "review"),
        ]
        await budi.press(3, "return", reason="Again.")
        assert (await budi.send("examples", says="id|apakah mahal", topic="fare"))[0] == 200
        assert await newsdesk.contents(3) == {ASKS: {"asks": {"en": ["is it dear"], "id": ["apakah mahal"]}}}

    async def test_what_would_take_a_question_from_another_topic_is_refused(
        self, newsdesk: Newsdesk, anna: Visitor
    ) -> None:
        """Also one that the change itself has."""
        await with_a_schedule(newsdesk)
        status, page = await anna.send("examples", says="en|first departure", topic="fare")
        assert (status, "answered wrongly then: “first departure”" in page) == (409, True)
        assert await opened(newsdesk) == []
        await anna.send("examples", says="en|captain sails at dawn", topic="schedule")
        status, page = await anna.send("examples", says="en|captain sails at dawn", topic="fare")
        assert (status, "answered wrongly then: “captain sails at dawn”" in page) == (409, True)
        assert list(await newsdesk.contents(3)) == ["questions/schedule"]

    async def test_several_are_added_together_or_not_at_all(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """One that the topic has already is no obstacle, and what is ticked twice is added once."""
        await with_a_schedule(newsdesk)
        says = ("en|is it dear", "id|apakah mahal", "en|first departure")
        status, page = await anna.send("examples", *(("says", each) for each in says), topic="fare")
        assert (status, "Nothing was added" in page, await opened(newsdesk)) == (409, True, [])
        await anna.send("examples", says="en|is it dear", topic="fare")
        says = ("en|is it dear", "en|how dear", "en|how dear @nota", "id|apakah mahal")
        assert (await anna.send("examples", *(("says", each) for each in says), topic="fare"))[0] == 200
        assert await newsdesk.contents(3) == {
            ASKS: {"asks": {"en": ["is it dear", "how dear"], "id": ["apakah mahal"]}}
        }
        [change] = await opened(newsdesk)
        assert change.version == 3  # saved twice


@pytest.mark.slow
class TestClaims:
    """What no declared sentence matches."""

    def verdict(self, newsdesk: Newsdesk, text: str, language: str) -> str | None:
        return answer(newsdesk.live.complete, CheckText(text), Language(language), TODAY).verdict

    async def test_becomes_a_sentence_of_a_fact(self, newsdesk: Newsdesk, anna: Visitor, owner: Visitor) -> None:
        """In each language; of both editors in one change. Nothing is judged that is not approved."""
        await brought_by_many(newsdesk.store, dict.fromkeys(CLAIMS.items(), 5), "claim")
        await brought_by_many(newsdesk.store, {("en", ""): 4, ("en", "a ticket is free"): 4}, "claim")
        budi = await newsdesk.signed_in(RUSSIAN)
        first = plain(await budi.see("/brought"))
        assert all(text in first for text in CLAIMS.values())
        assert ("a ticket is free" in first, "Слова не сохранены: <5." in first) == (False, True)
        for who, code in ((anna, "en"), (budi, "id"), (budi, "ru")):
            page = await text_of(who.browser.get("/desk/claim", params={"language": code, "wording": CLAIMS[code]}))
            assert f'value="{SENTENCES[code]}"' in page
            assert ("нет подходящей формулировки" in page) == (who is budi)  # in the editor's language
            fields = {"language": code, "wording": CLAIMS[code], "fact": "fare"}
            status, page = await who.send("claim/sentence", **fields, sentence=SENTENCES[code])
            assert status == 200, page
        [change] = await opened(newsdesk)
        assert change.title == "Claims of readers"
        fare = not_none((await newsdesk.contents(2))[FARE])
        assert (fare["says"], fare["amount"]) == ({code: [text] for code, text in SENTENCES.items()}, 4500)
        assert {self.verdict(newsdesk, text, code) for code, text in CLAIMS.items()} == {"unknown"}
        await newsdesk.through(2, anna, owner)
        assert {self.verdict(newsdesk, text, code) for code, text in CLAIMS.items()} == {"contradicts"}
        assert self.verdict(newsdesk, "билет стоит 4500 рупий", "ru") == "agrees"
        first = await anna.see("/brought")
        assert not any(text in first for text in CLAIMS.values())

    @cases("sentence, said")
    async def test_a_sentence_that_could_give_a_wrong_verdict(
        self, newsdesk: Newsdesk, anna: Visitor, sentence: str, said: str
    ) -> None:
        """Is refused, and stays in its field.

        a ticket costs Rp9,000 | Write {} once, where the value stands.
        {} or {} | Write {} once, where the value stands.
        a ticket does not cost {} | a denial
        {it} costs {} | names has none
        """
        fields = {"language": "en", "wording": CLAIMS["en"], "fact": "fare"}
        status, page = await anna.send("claim/sentence", **fields, sentence=sentence)
        assert (status, said in plain(page), f'value="{sentence}"' in page) == (409, True, True)
        assert await opened(newsdesk) == []

    async def test_into_the_change_that_has_the_fact(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Beside what it alters; while that waits for approval, it is refused."""
        desk = newsdesk.desk
        await desk.create(ANNA, "Dearer", {FARE: {**newsdesk.live.contents[FARE], "amount": 5000}})
        fields = {"language": "en", "wording": CLAIMS["en"], "fact": "fare"}
        assert (await anna.send("claim/sentence", **fields, sentence="a ticket costs {}"))[0] == 200
        [change] = await opened(newsdesk)
        assert change.title == "Dearer"
        fare = not_none((await newsdesk.contents(2))[FARE])
        assert (fare["amount"], fare["says"]) == (5000, {"en": ["a ticket costs {}"]})
        await anna.ask(2)
        status, page = await anna.send("claim/sentence", **fields, sentence="one ticket is {}")
        assert (status, "waits for approval or for its time" in page) == (409, True)

    async def test_becomes_a_reviewed_claim(
        self, newsdesk: Newsdesk, anna: Visitor, owner: Visitor, clock: MovedClock
    ) -> None:
        """A change of its own, which needs a verdict and a reason; a second editor is led to it."""
        wording = "капитан парома ушёл"
        await brought_by_many(newsdesk.store, {("ru", wording): 5}, "claim")
        budi = await newsdesk.signed_in(RUSSIAN)
        status, page = await anna.send("claim/review", says=f"ru|{wording}")
        assert (status, wording in page) == (200, True)
        [key] = await newsdesk.contents(2)
        assert (key, (await newsdesk.contents(2))[key]) == (
            "claims/kapitan-paroma-ushel",
            {"says": {"ru": [wording]}, "date": newsdesk.desk.day(None, clock.now).isoformat()},
        )
        assert (await anna.ask(2))[0] == 409
        assert 'href="/desk/2">Изменение 2</a>' in await budi.see("/brought")
        await budi.send("claim/review", says=f"ru|{wording}")
        assert len(await opened(newsdesk)) == 1
        because = {"en": "She sails.", "id": "Ia berlayar.", "ru": "Капитан на борту."}
        typed = {f"{key}|because|{code}": text for code, text in because.items()} | {f"{key}|verdict": "false"}
        status, page = await budi.ask(2, typed)
        assert (status, "Вердикту нужен источник" in page) == (409, True)
        typed |= {f"{key}|because|{code}": f"{text}[@harbour]" for code, text in because.items()}
        assert (await budi.fill(2, typed))[0] == 200
        assert self.verdict(newsdesk, wording, "ru") == "unknown"
        await newsdesk.through(2, anna, owner)
        assert self.verdict(newsdesk, wording, "ru") == "contradicts"
        assert wording not in await anna.see("/brought")


class TestChoices:
    """What readers chose after a question or a claim is proposed; one press of an editor adds it, and nothing else does."""

    async def chose(
        self, newsdesk: Newsdesk, words: str, choices: Mapping[str, int], kind: QuestionKind = "question"
    ) -> None:
        """Words, brought by readers of whom so many choose each; "": nothing."""
        counter = UnansweredCounter(newsdesk.store.unanswered, stores_words=True, kind=kind)
        for choice, readers in choices.items():
            for number in range(readers):
                counter.note("en", words, f"telegram:{choice}{number}")
                for _ in range(5 if choice else 0):
                    counter.note("", words, f"telegram:{choice}{number}", choice)
        await counter.flush()

    async def proposed(self, newsdesk: Newsdesk, who: Person = ANNA) -> str:
        return plain(await (await newsdesk.signed_in(who)).see("/brought"))

    async def test_a_topic(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Two thirds of those who chose, and five at least; what is an example already, or in a change, is not proposed again."""
        await self.chose(newsdesk, "is it dear", {"t/fare": 6, "c/none-of-these/": 3, "": 20})
        await self.chose(newsdesk, "is it deer", {"t/fare": 6, "t/boat": 4})
        await self.chose(newsdesk, "could dogs swim", {"c/none-of-these/": 5, "t/fare": 1})
        await self.chose(newsdesk, "very rich people", {"t/fare": 4, "": 9})
        page = await anna.see("/brought")
        assert plain(page).count("asked like this") == 1
        assert "6 readers asked like this and chose “The fare”." in plain(page)
        assert "5 readers said that nothing that was offered was meant." in plain(page)
        assert page.count('<option value="fare" selected>') == 1
        assert "6 читателей так спросили и выбрали «Цена билета»." in await self.proposed(newsdesk, RUSSIAN)
        status, page = await anna.send("examples", says="en|is it dear", topic="fare")
        assert (status, "asked like this" in page) == (200, False)
        assert await newsdesk.contents(2) == {ASKS: {"asks": {"en": ["is it dear"]}}}

    @pytest.mark.slow
    async def test_a_declared_sentence(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """It is tried like any other: one that is not read as itself is not added."""
        folder = newsdesk.folder
        facts = (folder / "facts.yaml").read_text(encoding="utf-8")
        says = "  checked: 2026-02-01\n  says: {en: ['a ticket costs {}']}\n"
        (folder / "facts.yaml").write_text(facts.replace("  checked: 2026-02-01\n", says, 1), encoding="utf-8")
        await newsdesk.deploy()
        heard = f"h/{digest_of('a ticket costs {}')}"
        await self.chose(
            newsdesk, "one has to pay rp9,000 for a ticket", {heard: 6, "t/fare": 5, "c/none-of-these/": 1}, "claim"
        )
        await self.chose(newsdesk, "the deck is wet", {heard: 5}, "claim")
        page = await anna.see("/brought")
        assert "6 readers chose “a ticket costs {}” after this." in plain(page)
        assert 'name="key" value="facts/fare"' in page
        status, page = await anna.send("claim/chosen", says="en|the deck is wet", key="facts/fare")
        assert (status, "{} stands 0 times" in page) == (409, True)
        wording = "en|one has to pay rp9,000 for a ticket"
        for editor in (anna, budi):
            status, page = await editor.send("claim/chosen", says=wording, key="facts/fare")
            assert (status, "Claims of readers" in page) == (200, True)
        [change] = await opened(newsdesk)
        [content] = (await newsdesk.contents(change.id)).values()
        assert content is not None
        assert content["says"] == {"en": ["a ticket costs {}", "one has to pay {} for a ticket"]}
        for form in ({"says": wording, "key": "facts/none"}, {"says": wording, "key": "topics/fare"}):
            assert (await anna.send("claim/chosen", **form))[0] == 400
        assert (await anna.send("claim/chosen", key="facts/fare"))[0] == 409


class TestGroups:
    """What says the same stands together, in whatever language; words are shown from five askings on, or with consent."""

    async def brings(
        self, newsdesk: Newsdesk, number: int, text: str, language: str, kind: QuestionKind = "claim"
    ) -> None:
        """A reader presses the bell."""
        reader = await newsdesk.store.readers.meet(Address("telegram", str(number)), "private", "Ann", language)
        await newsdesk.store.awaited.add(reader.id, text, language, kind)

    @pytest.mark.slow
    async def test_of_those_who_pressed_the_bell(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Without STORE_QUESTIONS: the counts are there, and the words of those alone who wait. Nothing says who."""
        await newsdesk.store.unanswered.add({("en", ""): 3}, "claim")
        for number, text in enumerate(("The captain drowned", "Captain drowned!", "the captain has drowned")):
            await self.brings(newsdesk, number, text, "en")
        await self.brings(newsdesk, 7, "капитан утонул", "ru")
        page = plain(await anna.see("/brought"))
        assert "Claim · 3 × (English 3) · 🔔 3 readers wait" in page
        assert "капитан утонул" in page
        assert "Ann" not in page.partition("What readers bring")[2].replace("Anna", "")
        status, page = await anna.send("claim/review", says="en|The captain drowned")
        assert (status, "The captain drowned" in page) == (200, True)
        [change] = await opened(newsdesk)
        assert change.title == "The captain drowned"
        assert "Change 2" in await anna.see("/brought")

    async def test_fewer_than_five_are_counted_alone(self, newsdesk: Newsdesk) -> None:
        await brought_by_many(
            newsdesk.store, {("en", "my name is carol smith"): 4, ("en", "the deck is wet"): 5}, "claim"
        )
        page = plain(await (await newsdesk.signed_in(ANNA)).see("/brought"))
        assert ("carol" in page, "the deck is wet" in page, "Not shown: <5." in page) == (False, True, True)

    @pytest.mark.slow
    async def test_one_reader_who_asks_often_is_one(self, newsdesk: Newsdesk, clock: MovedClock) -> None:
        """Also over days, and in two wordings of one group; a fifth reader makes them seen."""
        claims = UnansweredCounter(newsdesk.store.unanswered, stores_words=True, kind="claim")
        words = ("carol smith has drowned", "Carol Smith drowned")
        for reader in ("telegram:1", "telegram:2", "telegram:3", "discord:1"):
            for text in (*words, *words, words[0]):
                claims.note("en", text.lower(), reader)
            await claims.flush()
            clock.forward(days=1)
        anna = await newsdesk.signed_in(ANNA)
        page = plain(await anna.see("/brought"))
        assert ("carol" in page.lower(), "Not shown: 20+." in page) == (False, True)
        claims.note("en", words[0], "telegram:5")
        await claims.flush()
        assert "carol smith has drowned" in plain(await anna.see("/brought"))

    async def test_nothing_ticked_makes_nothing(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        for path in ("claim/review", "examples"):
            status, page = await anna.send(path, topic="fare")
            assert (status, "Tick the words first." in page) == (409, True)
        assert await opened(newsdesk) == []


class TestByMeaning:
    """With embeddings, what says the same in two languages stands together."""

    async def test_over_languages(self, newsdesk: Newsdesk) -> None:
        texts = {"the captain has drowned": "en", "nakhoda kapal tenggelam": "id", "dogs travel for free": "en"}
        async with embeddings_server() as server, ClientSession() as session:
            server.meanings = {"nakhoda kapal tenggelam": "the captain has drowned"}
            embeddings = Embeddings(ServedModel(session, server.url, MODEL, KEY), None, 5.0)
            dossier = newsdesk.live.complete
            await embeddings.prepare(dossier)
            counted = [CountedWording(20_000, "claim", code, text, 5) for text, code in texts.items()]
            every = brought(counted, [], dossier)
            vectors = await embeddings.centred({each.text: each.language for each in every}, 5.0)
            groups = grouped(every, alike_by(vectors, dossier))
            assert sorted(sorted(each.text for each in group.every) for group in groups) == [
                ["dogs travel for free"],
                ["nakhoda kapal tenggelam", "the captain has drowned"],
            ]
            assert len(grouped(every, alike_by({}, dossier))) == 3
