"""A figure that sent bulletins print, at the desk over HTTP: it was wrong, or it has changed."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from urllib.parse import urlencode

import pytest

from bot.db.changes import ChangeId, Person
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.entries import Content, Key, value_digest
from bot.dossier.models import Language
from bot.dossier.yaml_writer import written
from bot.newsroom.change_content import Contents
from bot.newsroom.change_messages import message
from bot.newsroom.figures import answer_of, figures_of
from bot.reader import Address
from tests.clocks import MovedClock
from tests.conftest import not_none
from tests.databases import reading, writing
from tests.delivery.scene import ANN, DeliveryScene, Platform
from tests.newsroom.office import WITHDRAWN
from tests.platforms.web.desk_site import ANNA, BUDI, FIRST, NEW, Newsdesk, Visitor

FARE, DRIVER = Key("facts/fare"), Key("facts/driver")
IVAN, PETR = Address("telegram", "8"), Address("telegram", "9")
RUSSIAN = Person("telegram:2", "Budi", Language("ru"))

HEADER = """id: ferry
title: {en: The island ferry, id: Feri pulau, ru: Паром на остров}
summary: {en: The new ferry line., id: Jalur feri baru., ru: Новая паромная линия.}
languages: [en, id, ru]
default_language: en
"""

TOPIC = """title: {en: The fare, id: Tarif, ru: Цена билета}
summary: {en: What a ticket costs, id: Harga tiket, ru: Сколько стоит билет}
body: {en: "A ticket costs {fare}.", id: "Tiketnya {fare}.", ru: "Билет стоит {fare}."}
asks: {en: [fare], id: [tarif feri], ru: [цена билета]}
"""

BULLETIN = """date: 2026-01-05
title: {en: First crossing, id: Pelayaran perdana, ru: Первый рейс}
body: {en: It crossed., id: Berlayar., ru: Паром прошёл.}
topics: [fare]
"""

TEXTS = {
    f"{NEW}|title|en": "Tickets on sale from {fare}",
    f"{NEW}|title|id": "Tiket dijual mulai {fare}",
    f"{NEW}|title|ru": "Билеты в продаже: {fare}",
    f"{NEW}|body|en": "{fare} for **{fare}**, says {driver.gen}.",
    f"{NEW}|body|id": "{fare} kata {driver}.",
    f"{NEW}|body|ru": "- {fare}\n- По словам {driver.gen}, не больше **{fare}**.",
}


async def three_languages(newsdesk: Newsdesk) -> None:
    """The tiny dossier in English, Indonesian and Russian, with a name that Russian declines."""
    folder = newsdesk.folder
    (folder / "dossier.yaml").write_text(HEADER, "utf-8")
    (folder / "topics/fare.yaml").write_text(TOPIC, "utf-8")
    (folder / f"{FIRST}.yaml").write_text(BULLETIN, "utf-8")
    with (folder / "facts.yaml").open("a", encoding="utf-8") as file:
        driver = {"type": "name", "value": {"en": "A_B *Co*", "id": "A_B *Co*", "ru": "пароходство"}}
        file.write(written({"driver": {**driver, "forms": {"gen": {"ru": "пароходства"}}, "sources": ["harbour"]}}))
    await newsdesk.deploy()
    assert newsdesk.live.complete.languages == ["en", "id", "ru"]


@pytest.fixture
async def newsdesk(newsdesk: Newsdesk) -> Newsdesk:
    await three_languages(newsdesk)
    return newsdesk


class Scene:
    """Two editors, and the chats of an Indonesian and of a Russian."""

    def __init__(self, newsdesk: Newsdesk, clock: MovedClock, anna: Visitor, budi: Visitor) -> None:
        self.newsdesk, self.clock, self.anna, self.budi = newsdesk, clock, anna, budi
        self.chats = DeliveryScene(newsdesk.store, clock, None, Platform())  # type: ignore[arg-type]

    async def typed(self, amount: int) -> int:
        """A change of the fare, in its form."""
        status, _ = await self.anna.send("entry", action="correct", key=FARE)
        number = (await self.newsdesk.desk.items(ANNA))[0].change.id
        status, page = await self.anna.fill(number, {f"{FARE}|amount": str(amount), "change|title": "Dearer"})
        assert status == 200, page
        return number

    async def change(self, key: Key, **values: object) -> int:
        """A change of a fact, as `nota content import` makes it."""
        live = self.newsdesk.live
        made = await self.newsdesk.desk.create(ANNA, "Dearer", {key: {**live.contents[key], **values}})  # type: ignore[dict-item]
        return made.id

    async def bulletin(self, bodies: Mapping[str, str] | None = None) -> str:
        """A new bulletin is sent. ``bodies``: others than those of TEXTS, by language."""
        texts = TEXTS | {f"{NEW}|body|{code}": body for code, body in (bodies or {}).items()}
        await self.anna.send("new")
        number = (await self.newsdesk.desk.items(ANNA))[0].change.id
        status, page = await self.anna.ask(number, texts)
        assert status == 200, page
        await self.approve(number)
        [key] = await self.newsdesk.contents(number)
        return key

    async def answer(self, number: int, said: str) -> str:
        status, page = await self.anna.fill(number, {}, "figures", action=said)
        assert status == 200, page
        return page

    async def approve(self, number: int) -> None:
        assert (await self.budi.press(number, "approve"))[0] == 200
        await self.newsdesk.wait()
        await self.chats.send_all()
        assert (await self.newsdesk.change(number)).state == "in_force"

    def texts(self, chat: Address) -> list[str]:
        """All that stands in a chat, to the last source, the oldest message first."""
        return [repr(each).replace("\\xa0", " ") for each in self.chats.platform.messages(chat)]

    def edits(self) -> list[str]:
        """The chats of all edits so far."""
        return sorted(address.chat_id for method, address, _ in self.chats.platform.calls if method == "edit")


@pytest.fixture
def scene(newsdesk: Newsdesk, clock: MovedClock, anna: Visitor, budi: Visitor) -> Scene:
    return Scene(newsdesk, clock, anna, budi)


async def ask(who: Visitor, number: int) -> tuple[int, str]:
    return await who.ask(number)


def plain(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


@pytest.mark.slow
async def test_both_answers_one_after_the_other(newsdesk: Newsdesk, scene: Scene) -> None:
    """What has changed edits no message; what was wrong, a second time, edits those that print it, and not those before."""
    scene.budi = await newsdesk.signed_in(RUSSIAN)
    await scene.chats.subscribe(ANN, "id")
    await scene.chats.subscribe(IVAN, "ru")
    key = await scene.bulletin()
    before = {chat: scene.texts(chat) for chat in (ANN, IVAN)}
    assert "Rp4.500" in before[ANN][0]
    assert "4500 рупий" in before[IVAN][0]

    number = await scene.typed(5000)
    status, page = await scene.anna.ask(number)
    assert (status, 'href="#figures"' in page) == (409, True)
    assert "Rp4,500 → Rp5,000 1 bulletin that readers have prints it. It stands in 2 chats." in plain(page)
    page = await scene.answer(number, f"has_changed:{FARE}")
    assert "It has changed: sent messages keep what they say. said by Anna" in plain(page)
    kept = not_none((await newsdesk.contents(number))[Key(key)])
    assert kept == {**newsdesk.live.contents[Key(key)], "figures": {"fare": newsdesk.live.contents[FARE]}}
    assert (await scene.anna.ask(number))[0] == 200
    seen = plain(await scene.budi.see(f"/{number}"))
    assert "4500 рупий → 5000 рупий" in seen.replace("\xa0", " ")
    assert "Данные изменились: отправленные сообщения останутся прежними. ответ: Anna" in seen
    assert "fare: amount: 4500 → 5000" in seen
    await scene.approve(number)
    assert {chat: scene.texts(chat) for chat in (ANN, IVAN)} == before
    assert (scene.edits(), (await newsdesk.ledger())[key.removeprefix("bulletins/")]) == ([], ("published", 1))

    await scene.chats.subscribe(PETR, "ru")
    later = await scene.bulletin()
    assert "5000 рупий" in scene.texts(PETR)[0]
    number = await scene.typed(5500)
    page = await scene.answer(number, f"was_wrong:{FARE}")
    assert "It was wrong: sent messages that print it are corrected. said by Anna" in plain(page)
    assert (await scene.anna.ask(number))[0] == 200
    assert "Была ошибка: отправленные сообщения с этими данными будут исправлены." in plain(
        await scene.budi.see(f"/{number}")
    )
    await scene.approve(number)
    assert [text for chat in (ANN, IVAN) for text in scene.texts(chat)[:1]] == [before[ANN][0], before[IVAN][0]]
    assert ["5.500" in scene.texts(ANN)[1], "5500" in scene.texts(IVAN)[1], "5500" in scene.texts(PETR)[0]] == [
        True
    ] * 3
    assert scene.edits() == ["1", "8", "9"]
    assert (await newsdesk.ledger())[later.removeprefix("bulletins/")] == ("published", 2)
    assert "Готово 3 из 3" in plain(await scene.budi.see(f"/{number}"))  # it has a fact alone, and edits messages


@pytest.mark.slow
async def test_an_answer_holds_for_this_very_value(newsdesk: Newsdesk, scene: Scene) -> None:
    """It survives a reload and what is said of the text beside it; another value asks again, and so does a bulletin that is taken out."""
    await scene.chats.subscribe(ANN, "id")
    key = await scene.bulletin()
    number = await scene.change(FARE, amount=5000)
    await scene.answer(number, f"was_wrong:{FARE}")
    assert "It was wrong: sent" in await scene.anna.see(f"/{number}")

    async def typed(**values: object) -> str:
        """Somebody types into the fact."""
        async with newsdesk.store.database.write() as connection:
            entry = (await newsdesk.store.changes.entries(connection, ChangeId(number)))[FARE]
            content: Content = {**(entry.content or {}), **values}  # type: ignore[dict-item]
            await newsdesk.store.changes.put_entry(connection, ChangeId(number), replace(entry, content=content))
        return await scene.anna.see(f"/{number}")

    assert "It was wrong: sent" in await typed(checked="2026-11-29", note={"en": "So.", "id": "Begitu.", "ru": "Так."})
    assert "It was wrong: sent" not in await typed(amount=5001)
    assert (await scene.anna.ask(number))[0] == 409
    assert "It was wrong: sent" in await typed(amount=5000)
    await scene.answer(number, f"has_changed:{FARE}")
    assert (await scene.anna.fill(number, {}, "entries", action=f"drop:{key}"))[0] == 200
    assert "It has changed: sent" not in await scene.anna.see(f"/{number}")
    assert (await scene.anna.ask(number))[0] == 409
    assert (await scene.anna.send(f"{number}/figures", action="has_changed:facts/none"))[0] == 409
    assert (await scene.anna.send(f"{number}/figures", action="approve:facts/fare"))[0] == 400
    await scene.answer(number, f"was_wrong:{FARE}")
    assert (await scene.anna.ask(number))[0] == 200
    assert (await scene.anna.send(f"{number}/figures", action=f"has_changed:{FARE}"))[0] == 409
    status, page = await scene.anna.press(number, "approve")
    assert (status, "Another editor must approve this." in page) == (409, True)
    await scene.approve(number)
    assert "Rp5.000" in scene.texts(ANN)[0]


@pytest.mark.slow
async def test_a_name_with_signs_and_cases_and_no_citation(scene: Scene) -> None:
    """Is kept whole, so that its messages keep every letter and the sources below."""
    await scene.chats.subscribe(ANN, "id")
    await scene.chats.subscribe(IVAN, "ru")
    await scene.bulletin()
    before = {chat: scene.texts(chat) for chat in (ANN, IVAN)}
    values = {"en": "Ferries", "id": "Feri", "ru": "порт"}
    number = await scene.change(DRIVER, value=values, forms={"gen": {"ru": "порта"}}, sources=[])
    assert "driver" in await scene.answer(number, f"has_changed:{DRIVER}")
    assert (await scene.anna.ask(number))[0] == 200
    await scene.approve(number)
    assert ({chat: scene.texts(chat) for chat in (ANN, IVAN)}, scene.edits()) == (before, [])
    assert "Harbour Office" in before[ANN][0]
    assert "A_B *Co*" in before[ANN][0]


@pytest.mark.slow
async def test_of_what_was_sent_since_nobody_was_asked(newsdesk: Newsdesk, scene: Scene, clock: MovedClock) -> None:
    """The change is a draft again at its time, and edits nothing."""
    scene.budi = await newsdesk.signed_in(RUSSIAN)
    await scene.chats.subscribe(IVAN, "ru")
    number = await scene.change(FARE, amount=5000)
    assert (await scene.anna.ask(number))[0] == 200
    assert (await scene.budi.press(number, "approve"))[0] == 200
    change = await newsdesk.change(number)
    await writing(newsdesk.store, newsdesk.store.changes.update, change, due=(change.due or 0.0) + 3600)
    await scene.bulletin()
    clock.forward(3700)
    await newsdesk.look()
    await scene.chats.send_all()
    assert ((await newsdesk.change(number)).state, scene.edits()) == ("draft", [])
    assert "Укажите о каждом значении в бюллетенях" in plain(await scene.budi.see(f"/{number}"))


@pytest.mark.slow
async def test_what_is_sent_in_the_last_moment(newsdesk: Newsdesk, scene: Scene, clock: MovedClock) -> None:
    """Another process sends a bulletin while the change is checked at its time: that the figure has changed holds for it as well."""
    scene.budi = await newsdesk.signed_in(RUSSIAN)
    await scene.chats.subscribe(IVAN, "ru")
    await scene.bulletin()
    opens = clock.now + 3600
    texts = {name: {"en": "{fare}", "id": "{fare}", "ru": "Снова {fare}."} for name in ("title", "body")}
    file = {"date": "2026-11-23", "not_before": datetime.fromtimestamp(opens, UTC).isoformat(), **texts}
    (newsdesk.folder / "bulletins/2026-11-23-later.yaml").write_text(written({**file, "sources": ["harbour"]}), "utf-8")
    await newsdesk.deploy()
    number = await scene.change(FARE, amount=5000)
    await scene.answer(number, f"has_changed:{FARE}")
    assert (await scene.anna.ask(number))[0] == 200
    assert (await scene.budi.press(number, "approve"))[0] == 200
    approved = await newsdesk.change(number)
    await writing(newsdesk.store, newsdesk.store.changes.update, approved, due=opens - 1)
    clock.forward(3599)
    loop = asyncio.get_running_loop()

    def check(contents: Contents, day: date, *, alone: bool = False) -> list[Diagnostic]:
        """Takes so long that the bulletin's time comes."""
        if clock.now < opens:
            clock.forward(1)
            asyncio.run_coroutine_threadsafe(newsdesk.worker.newsroom.publish_due(newsdesk.live.complete), loop).result(
                60
            )
            asyncio.run_coroutine_threadsafe(scene.chats.send_all(), loop).result(60)
        return newsdesk.desk.check(contents, day, alone=alone)

    slow = replace(newsdesk.worker, desk=replace(newsdesk.desk, check=check), process="slow")
    for _ in range(3):
        await slow.look()
        await scene.chats.send_all()
    assert (await newsdesk.change(number)).state == "in_force"
    assert ["4500 рупий" in each for each in scene.texts(IVAN)] == [True, True]
    assert scene.edits() == []


HAND = "Rp4,500 (one way) for **Rp4,500**, says {driver.gen}."


@pytest.mark.slow
async def test_it_was_wrong_after_it_had_changed(newsdesk: Newsdesk, scene: Scene, owner: Visitor) -> None:
    """The bulletin keeps it no more, also by a page of before; the other figure it keeps."""
    await scene.chats.subscribe(ANN, "en")
    key = Key(await scene.bulletin())
    contents = newsdesk.live.contents
    names = {"value": {"en": "Ferries", "id": "Feri", "ru": "порт"}, "forms": {"gen": {"ru": "порта"}}}
    altered = {FARE: {**contents[FARE], "amount": 5000}, DRIVER: {**contents[DRIVER], **names}}
    number = (await newsdesk.desk.create(ANNA, "Both", altered)).id  # type: ignore[arg-type]
    stale = await scene.budi.form(number)
    for figure in (FARE, DRIVER):
        await scene.answer(number, f"has_changed:{figure}")
    later = await scene.bulletin()
    assert f'value="was_wrong:{FARE}"' in await scene.anna.see(f"/{number}")
    status, page = await scene.budi.submit(number, stale, "figures", action=f"was_wrong:{FARE}")
    assert status == 200, page
    now = not_none((await newsdesk.contents(number))[key])
    assert now == {**contents[key], "figures": {"driver": contents[DRIVER]}}
    await scene.answer(number, f"has_changed:{DRIVER}")
    assert (await scene.anna.ask(number))[0] == 200
    await newsdesk.agree(number, owner)
    await scene.chats.send_all()
    for text in scene.texts(ANN):
        assert ("Rp5,000, not Rp4,500." in text, text.count("4,500"), "A_B" in text) == (True, 1, True)
    assert len(scene.texts(ANN)) == 2
    assert Key(later) in newsdesk.live.contents


@pytest.mark.slow
async def test_an_unchanged_bulletin_leaves_the_change(newsdesk: Newsdesk, scene: Scene) -> None:
    """After "has changed" and "was wrong" the change has no entry of it."""
    await scene.bulletin()
    number = await scene.typed(5000)
    await scene.answer(number, f"has_changed:{FARE}")
    assert len(await newsdesk.contents(number)) == 2
    await scene.answer(number, f"was_wrong:{FARE}")
    assert [*await newsdesk.contents(number)] == [FARE]


@pytest.mark.slow
async def test_what_an_editor_typed_is_never_rewritten(newsdesk: Newsdesk, scene: Scene, clock: MovedClock) -> None:
    """Neither by another answer, nor at its time, when another bulletin was sent meanwhile."""
    await scene.chats.subscribe(ANN, "en")
    key = Key(await scene.bulletin())
    number = await scene.typed(5000)
    await scene.answer(number, f"has_changed:{FARE}")
    assert (await scene.anna.fill(number, {f"{key}|body|en": HAND}))[0] == 200
    assert (await scene.anna.fill(number, {f"{FARE}|amount": "5001"}))[0] == 200
    page = plain(await scene.answer(number, f"has_changed:{FARE}"))
    assert ("Keeps its figures" in page, "Correction" in page) == (False, True)
    typed = not_none((await newsdesk.contents(number))[key])
    assert typed["body"]["en"] == HAND  # type: ignore[index, call-overload]
    assert typed["figures"] == {"fare": newsdesk.live.contents[FARE]}
    await scene.answer(number, f"was_wrong:{FARE}")
    wrong = (await newsdesk.contents(number))[key]
    assert wrong == {name: each for name, each in typed.items() if name != "figures"}
    await scene.answer(number, f"has_changed:{FARE}")
    assert (await newsdesk.contents(number))[key] == typed

    now = await reading(newsdesk.store, newsdesk.store.database.moment)
    await newsdesk.desk.save(ChangeId(number), ANNA, (), planned=(now + 86400,))
    assert (await scene.anna.ask(number))[0] == 200
    assert (await scene.budi.press(number, "approve"))[0] == 200
    later = Key(await scene.bulletin())
    clock.forward(86400)
    await newsdesk.look()
    await scene.chats.send_all()
    assert ((await newsdesk.change(number)).state, scene.edits()) == ("in_force", ["1"])
    contents = await newsdesk.contents(number)
    assert (contents[key], figures_of(contents[later])) == (typed, typed["figures"])
    assert ["5,001" in each for each in scene.texts(ANN)] == [False, False]


@pytest.mark.slow
async def test_the_message_about_it_says_so(newsdesk: Newsdesk, scene: Scene) -> None:
    """In the editors' chat, where others approve without seeing the page."""
    await scene.chats.subscribe(ANN, "id")
    await scene.bulletin()
    number = await scene.change(FARE, amount=5000)
    for said, words in (
        ("was_wrong", ["Была ошибка: отправленные сообщения"]),
        (
            "has_changed",
            ["Данные изменились: отправленные", "Прежние данные остаются: Билеты в продаже", "4500 рупий"],
        ),
    ):
        await scene.answer(number, f"{said}:{FARE}")
        entries = await reading(newsdesk.store, newsdesk.store.changes.entries, ChangeId(number))
        decisions = await reading(newsdesk.store, newsdesk.store.changes.decisions, ChangeId(number))
        change, dossier = await newsdesk.change(number), newsdesk.live.complete
        text = message(change, entries, (), dossier, Language("ru"), decisions[0], None, {}, 0)
        shown = repr(text.blocks).replace("\\xa0", " ")
        assert [each in shown for each in words] == [True] * len(words), shown


@pytest.mark.slow
async def test_nobody_is_asked_of_what_no_reader_has(scene: Scene) -> None:
    """Of a fact that no bulletin prints, and of what a bulletin does not print of it."""
    number = await scene.change(FARE, amount=5000)
    assert "figures-heading" not in await scene.anna.see(f"/{number}")
    await scene.chats.subscribe(ANN, "id")
    await scene.bulletin()
    assert "figures-heading" in await scene.anna.see(f"/{number}")
    other = await scene.change(FARE, checked="2026-11-29")
    assert "figures-heading" not in await scene.anna.see(f"/{other}")


@pytest.mark.slow
async def test_an_answer_about_a_long_text_holds(newsdesk: Newsdesk, scene: Scene) -> None:
    """Also where the alteration is longer than what a decision stores; another end of the text is another alteration."""
    words = {"en": "old word " * 100 + "a", "id": "b", "ru": "c"}
    with (newsdesk.folder / "facts.yaml").open("a", encoding="utf-8") as file:
        file.write(written({"rule": {"type": "text", "value": words, "sources": ["harbour"]}}))
    await newsdesk.deploy()
    await scene.bulletin(
        {"en": "{rule} {fare} {driver.gen}.", "id": "{rule} {fare} {driver.gen}.", "ru": "{rule} {fare} {driver.gen}."}
    )
    rule = Key("facts/rule")
    numbers = [await scene.change(rule, value={**words, "en": "new word " * 100 + end}) for end in "ab"]
    for number in numbers:
        assert (await scene.anna.ask(number))[0] == 409
    await scene.answer(numbers[0], f"was_wrong:{rule}")
    entries = [await reading(newsdesk.store, newsdesk.store.changes.entries, ChangeId(number)) for number in numbers]
    assert [[key for key in each if answer_of(each[key])] for each in entries] == [[rule], []]
    assert (await ask(scene.anna, numbers[0]))[0] == 200


@pytest.mark.slow
async def test_two_values_that_are_shown_differ(scene: Scene) -> None:
    """In the form and the language in which the bulletins read otherwise."""
    await scene.bulletin()
    number = await scene.change(DRIVER, forms={"gen": {"ru": "порта"}})
    assert "A_B *Co* : пароходства → порта" in plain(await scene.anna.see(f"/{number}"))
    number = await scene.change(DRIVER, value={"en": "Ferries", "id": "Feri", "ru": "порт"})
    assert "Ferries : A_B *Co* → Ferries" in plain(await scene.anna.see(f"/{number}"))


class TestAFigureIsWrong:
    """The page that begins with the figure as readers see it."""

    async def found(self, who: Visitor, words: str) -> str:
        return plain(await who.see(f"/figure?{urlencode({'q': words})}"))

    async def test_it_is_found_as_it_is_read(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """In any language, with any sign between the thousands, with words of its title or its currency; not as a part of another."""
        for words in (
            "4,500",
            "4.500",
            "4’500",
            "4 500",
            "Rp4.500",
            "4500 idr",
            "idr",
            "4500 рупий",
            "A_B *Co*",
            "пароходство",
        ):
            assert "The right figure" in await self.found(anna, words), words
        for words in ("450", "45", "5,200", "Nobody"):
            page = await self.found(anna, words)
            assert ("The right figure" in page, "No value of the dossier reads so." in page) == (False, True), words
        assert (await self.found(anna, "4,500")).count("Topic: ") == 1  # where it stands

    async def test_typed_out_in_a_text(self, newsdesk: Newsdesk) -> None:
        """Such a text is named, too: the fact does not correct it."""
        file = newsdesk.folder / f"{FIRST}.yaml"
        file.write_text(BULLETIN.replace("It crossed.", "'It crossed with 4,500 people.'"), "utf-8")
        await newsdesk.deploy()
        page = await self.found(await newsdesk.signed_in(ANNA), "4 500")
        assert "Typed out in a text First crossing Bulletin Correct" in page

    async def test_put_right_on_one_screen(self, newsdesk: Newsdesk, scene: Scene) -> None:
        """Value, source, day and what is said of sent messages: the draft has all of it, and shows the message with what changed."""
        await scene.chats.subscribe(ANN, "en")
        await scene.bulletin()
        fields = await self.form(newsdesk, amount="5000")
        status, page = await scene.anna.send("figure", *fields, address="https://pier.example/a", publisher="Pier")
        number = (await newsdesk.desk.items(ANNA))[0].change.id
        contents = await newsdesk.contents(number)
        fact = {**newsdesk.live.contents[FARE], "amount": 5000, "checked": "2026-11-22"}
        assert (status, contents[FARE]) == (200, {**fact, "sources": ["harbour", "pier"]})
        assert contents[Key("sources/pier")] == {"publisher": "Pier", "url": "https://pier.example/a"}
        assert "It was wrong: sent messages that print it are corrected." in plain(page)
        assert "Corrected on 23 November 2026: Rp5,000, not Rp4,500." in plain(page), plain(page)[
            plain(page).index("As readers") - 900 :
        ][:2600]

    async def test_a_source_that_is_there_is_cited(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """No second one is made of its address."""
        address = str(newsdesk.live.contents[Key("sources/harbour")]["url"])
        fields = [each for each in await self.form(newsdesk, amount="5000") if each[0] != "sources"]
        assert (await anna.send("figure", *fields, address=f"{address}/"))[0] == 200
        contents = await newsdesk.contents(2)
        assert ([*contents], contents[FARE]["sources"]) == ([FARE], ["harbour"])  # type: ignore[index]

    @pytest.mark.parametrize(("amount", "address"), [("4500", "https://pier.example/a"), ("5000", "pier.example")])
    async def test_refused_with_what_was_typed(
        self, newsdesk: Newsdesk, anna: Visitor, amount: str, address: str
    ) -> None:
        """Nothing is made of the same figure, nor of something that is no address."""
        status, page = await anna.send("figure", *await self.form(newsdesk, amount=amount), address=address)
        assert (status, f'value="{address}"' in page, f'value="{amount}"' in page) == (409, True, True)
        assert await newsdesk.desk.items(ANNA) == []

    @pytest.mark.parametrize(("who", "amount"), [(ANNA, "5,200"), (ANNA, "5 200"), (BUDI, "5.200"), (BUDI, "5’200")])
    async def test_typed_as_people_type_it(self, newsdesk: Newsdesk, who: Person, amount: str) -> None:
        """Anna's desk is English, Budi's Indonesian."""
        editor = await newsdesk.signed_in(who)
        form = await self.form(newsdesk, amount=amount, currency="usd")
        assert (await editor.send("figure", *form))[0] == 200
        [item] = await newsdesk.desk.items(who)
        fact = item.contents[FARE] or {}
        assert (fact["amount"], fact["currency"]) == (5200, "USD")

    async def form(self, newsdesk: Newsdesk, **values: str) -> list[tuple[str, str]]:
        """The fields of the form of the fare."""
        content = newsdesk.live.contents[FARE]
        fields = [("fact", FARE), ("sources", "harbour"), ("day", "2026-11-22"), ("said", "was_wrong")]
        for name, value in values.items():
            fields += [(f"seen|{FARE}|{name}", value_digest(content[name])), (f"{FARE}|{name}", value)]
        return fields

    async def test_two_at_once(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """Who comes second makes no change, keeps what was typed, and reads where the first one is; a second press leads there."""
        for _ in range(2):
            form = await self.form(newsdesk, amount="5000")
            assert (await anna.send("figure", *form, once="a-second-press"))[0] == 200
        address = "https://pier.example/a"
        status, page = await budi.send("figure", *await self.form(newsdesk, amount="6000"), address=address)
        assert (status, f'value="{address}"' in page, 'value="6000"' in page) == (409, True, True)
        [item] = await newsdesk.desk.items(ANNA)
        assert f'href="/desk/{item.change.id}"' in page
        assert "Ini sedang diubah" in plain(await budi.see(f"/figure?fact={FARE}"))


async def test_a_withdrawn_bulletin_is_no_place_where_it_stands(newsdesk: Newsdesk, scene: Scene) -> None:
    """No message prints its text any more, so none would be corrected."""
    await scene.chats.subscribe(ANN, "id")
    key = await scene.bulletin()
    assert "1 message has it." in plain(await scene.anna.see("/figure?q=4,500"))
    await newsdesk.put(newsdesk.of(Key(key), withdrawn=WITHDRAWN))
    page = await scene.anna.see("/figure?q=4,500")
    assert (key in page, "message has it" in page) == (False, False)
