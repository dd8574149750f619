"""The desk says what a change changes, before it is approved."""

import asyncio
import re
from html import unescape
from threading import Event
from typing import Any

import pytest

from bot.db.changes import Person
from bot.dossier.entries import Content, Key
from bot.dossier.models import Language
from bot.platforms.platform import Platform
from bot.platforms.web.desk.consequences import Comparisons, Stopped
from bot.platforms.web.desk.sign_in import HOME
from bot.replies.reply import Reply
from bot.schedule import Subscription, Timing
from tests.clocks import MovedClock
from tests.delivery.scene import ANN, DeliveryScene
from tests.delivery.scene import Platform as Telegram
from tests.platforms.postcards.platform import POSTCARDS
from tests.platforms.web.desk_site import ANNA, OWNER, READER, Newsdesk, Visitor
from tests.platforms.web.site import text_of
from tests.tables import cases

FARE = Key("facts/fare")
FIRST = Key("bulletins/2026-01-05-first-crossing")


async def changed(newsdesk: Newsdesk, **contents: Content | None) -> int:
    """A change with these entries: ``facts__fare`` and the like, with other values."""
    live = newsdesk.live
    made = {
        (key := Key(name.replace("__", "/", 1))): content and {**live.contents.get(key, {}), **content}
        for name, content in contents.items()
    }
    return (await newsdesk.desk.create(ANNA, "A change", made)).id


async def what_changes(visitor: Visitor, number: int) -> str:
    """The page, once it is worked out."""
    for _ in range(100):
        async with visitor.browser.get(f"{HOME}/{number}/consequences") as answer:
            page = unescape(await answer.text())
            assert answer.status == 200, page
            assert ("data-busy" in page) == ("Refresh" in answer.headers)
        if "data-busy" not in page:
            return page
    raise AssertionError("it is never worked out")


class TestPage:
    """A page of its own, to which the change's page leads; a script puts it there."""

    @pytest.mark.slow
    @cases("language, title, replies, bulletin")
    async def test_in_each_language(
        self, newsdesk: Newsdesk, language: str, title: str, replies: str, bulletin: str
    ) -> None:
        """The old and the new words are marked, for each language and platform; what changes nothing says so.

        en | What this changes | 1 reply reads otherwise | Readers see no difference.
        id | Apa yang berubah | 1 jawaban berubah | Bagi pembaca tidak ada yang berubah.
        ru | Что изменится | Изменится 1 ответ | Для читателей ничего не изменится.
        """
        visitor = await newsdesk.signed_in(Person(OWNER.account, "Olga", Language(language)))
        number = await changed(newsdesk, facts__fare={"amount": 5000})
        page = await visitor.see(f"/{number}")
        assert re.search(rf'data-fetch="/desk/{number}/consequences"[^>]*>\s*<h2[^>]*>{title}</h2>', page)
        assert f'<a href="/desk/{number}/consequences">' in page
        shown = await what_changes(visitor, number)
        assert f"<h3>{replies}</h3>" in shown
        assert " <del>Rp4,500.</del> <ins>Rp5,000.</ins>" in shown
        assert " <del>Rp4.500.</del> <ins>Rp5.000.</ins>" in shown
        assert "English · Telegram, Discord" in shown
        nothing = await changed(newsdesk, facts__fare={"stated_by": "The harbour"})
        assert bulletin in await what_changes(visitor, nothing)

    async def test_a_change_that_does_not_validate(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """Nothing is compared: it says why."""
        number = await changed(newsdesk, facts__fare={"amount": "many"}, sources__harbour={"url": "no address"})
        page = await what_changes(anna, number)
        assert "There are mistakes in it, so it cannot be said what it changes." in page
        assert "facts/fare" in page or "facts fare" in page
        assert "<ins>" not in page

    @pytest.mark.slow
    async def test_further_pages_of_a_list_are_folded(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """A new row moves those of every page."""
        titles = [f"Crossing {number}" for number in range(8)]
        new = {
            f"bulletins__new-{number}": {"title": {"en": title, "id": title}, "body": {"en": "Yes.", "id": "Ya."}}
            for number, title in enumerate(titles, start=1)
        }
        page = await what_changes(anna, await changed(newsdesk, **new))
        assert {
            title: mark
            for mark, title in re.findall(r"<details( open)?>\s*<summary><bdi>(\S+ Bulletins.*?)</bdi>", page)
        } == {
            "📰 Bulletins": " open",
            "📰 Bulletins · page 2": "",
        }

    @pytest.mark.slow
    async def test_each_version_anew(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """What was saved since is compared, and so is what came into force meanwhile."""
        await anna.send("new")
        texts = {"bulletins/new-1|title|en": "Fares fall", "bulletins/new-1|body|en": "From Monday."}
        texts |= {"bulletins/new-1|title|id": "Tarif turun", "bulletins/new-1|body|id": "Mulai Senin."}
        await anna.fill(1, texts)
        assert "New bulletin" in (page := await what_changes(anna, 1))
        assert "Fares fall" in page
        await anna.fill(1, {"bulletins/new-1|title|en": "Fares drop"})
        page = await what_changes(anna, 1)
        assert ("Fares drop" in page, "Fares fall" in page) == (True, False)

    @pytest.mark.slow
    async def test_only_open_changes(self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor) -> None:
        """What is in force is compared with nothing: who looks at that moment gets its page. A stranger sees nothing at all."""
        await newsdesk.in_force(anna, budi)
        async with anna.browser.get(f"{HOME}/1/consequences") as answer:
            assert (answer.status, answer.url.path) == (200, f"{HOME}/1")
        assert 'data-fetch="/desk/1/consequences"' not in await anna.see("/1")
        number = await changed(newsdesk, facts__fare={"amount": 5000})
        stranger = await newsdesk.visitor()
        assert "Rp5" not in await text_of(stranger.get(f"{HOME}/{number}/consequences"), 401)

    @pytest.mark.slow
    async def test_an_example_that_finds_a_list(self, newsdesk: Newsdesk, anna: Visitor) -> None:
        """A list that the dossier has no topic for is named as readers see it."""
        number = await changed(newsdesk, topics__fare={"asks": {"en": ["list of sources"]}})
        page = await what_changes(anna, number)
        assert "topics/sources" not in page
        assert re.search(r"<q lang=.en.>list of sources</q> <span>🔗 Sources → 🎫 The fare", page)


class TestChats:
    """In how many chats a message is edited, and who gets something new."""

    @pytest.mark.slow
    async def test_sent_bulletin_that_prints_a_fact(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor, clock: MovedClock
    ) -> None:
        scene = DeliveryScene(newsdesk.store, clock, None, Telegram())
        await scene.subscribe(ANN, "en")
        await newsdesk.in_force(anna, budi, **{"bulletins/new-1|body|en": "Now {fare}."})
        await scene.send_all()
        number = await changed(newsdesk, facts__fare={"amount": 6000})
        page = await what_changes(budi, number)
        assert re.search(
            r"Tarif turun</bdi> <span>Koreksi: English</span>\s*<span class=.number.>disunting di \d obrolan", page
        )
        [said] = re.findall(r"disunting di (\d) obrolan", page)
        await anna.fill(number, {}, "figures", action=f"was_wrong:{FARE}")
        await anna.press(number, "ask")
        await newsdesk.agree(number, budi)
        await scene.send_all()
        edited = [address for address in (ANN, READER) if any("Corrected" in text for text in scene.texts(address))]
        assert (int(said), edited) == (2, [ANN, READER])

    @pytest.mark.slow
    async def test_withdrawal_needs_no_valid_text(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor, clock: MovedClock
    ) -> None:
        """Of a bulletin that was sent: its reply goes, its messages are marked."""
        scene = DeliveryScene(newsdesk.store, clock, None, Telegram())
        await scene.subscribe(ANN, "en")
        key = await newsdesk.in_force(anna, budi)
        await scene.send_all()
        mark = {"date": "2026-11-28", "because": {"en": "A mistake.", "id": "Keliru."}}
        page = await what_changes(anna, await changed(newsdesk, **{key.replace("/", "__"): {"withdrawn": mark}}))
        assert re.search(r"<span>Withdrawal</span>\s*<span class=.number.>edited in 2 chats</span>", page)
        assert "no reply any more" in page

    @pytest.mark.slow
    async def test_one_that_becomes_urgent(
        self, newsdesk: Newsdesk, anna: Visitor, budi: Visitor, clock: MovedClock
    ) -> None:
        """It is said to how many of those for whom it waits it comes at once, and it does."""
        scene = DeliveryScene(newsdesk.store, clock, None, Telegram())
        await scene.subscribe(ANN, "en", wanted=Subscription(timing=Timing("daily")))
        key = await newsdesk.in_force(anna, budi)
        await scene.send_all()
        assert (len(scene.texts(ANN)), len(scene.texts(READER))) == (0, 1)
        number = await changed(newsdesk, **{key.replace("/", "__"): {"urgent": True}})
        assert "langsung terkirim ke 1 obrolan yang menunggunya" in await what_changes(budi, number)
        await anna.press(number, "ask")
        await newsdesk.agree(number, budi)
        await scene.send_all()
        assert (len(scene.texts(ANN)), len(scene.texts(READER))) == (1, 1)

    async def test_new_bulletin(self, newsdesk: Newsdesk, budi: Visitor, clock: MovedClock) -> None:
        scene = DeliveryScene(newsdesk.store, clock, None, Telegram())
        await scene.subscribe(ANN, "en")
        content = {
            "title": {"en": "Fares fall", "id": "Tarif turun"},
            "body": {"en": "From Monday.", "id": "Mulai Senin."},
        }
        page = await what_changes(budi, await changed(newsdesk, **{"bulletins__new-1": content}))
        assert '<span class="number">baru untuk 1 obrolan</span>' in page


class TestWork:
    """It goes on in a thread, once for everybody who looks."""

    @pytest.mark.slow
    async def test_progress_and_end(self, newsdesk: Newsdesk) -> None:
        """Until it is done the share is told; two who look share one comparison; a stop ends it."""
        goes_on, renders = Event(), list[Reply]()

        def payload(reply: Reply) -> dict[str, Any]:
            renders.append(reply)
            goes_on.wait(20)
            return {"text": reply.title}

        slow: Platform[Any] = _with_payload(payload)
        comparisons = Comparisons(newsdesk.desk, [slow])
        number = await changed(newsdesk, topics__fare={"title": {"en": "Price", "id": "Harga"}})
        item = await newsdesk.desk.item(number, ANNA)  # type: ignore[arg-type]
        assert item is not None
        first, second = await asyncio.gather(comparisons.of(item), comparisons.of(item))
        assert (first.is_done, second.is_done) == (False, False)
        assert 0 < first.share < 1
        goes_on.set()
        async with asyncio.timeout(60):
            while not (done := await comparisons.of(item)).is_done:
                pass
        assert done.found
        rendered = len(renders)
        assert await comparisons.of(item) == done
        assert len(renders) == rendered

    async def test_stop(self, newsdesk: Newsdesk) -> None:
        """A process that ends does not wait for the rest."""
        begun, goes_on = Event(), Event()

        def payload(reply: Reply) -> dict[str, Any]:
            begun.set()
            goes_on.wait(20)
            return {"text": reply.title}

        comparisons = Comparisons(newsdesk.desk, [_with_payload(payload)])
        number = await changed(newsdesk, topics__fare={"title": {"en": "Price", "id": "Harga"}})
        item = await newsdesk.desk.item(number, ANNA)  # type: ignore[arg-type]
        assert item is not None
        assert not (await comparisons.of(item)).is_done
        assert begun.is_set()
        closing = asyncio.create_task(comparisons.close())
        await asyncio.sleep(0)
        goes_on.set()
        await closing
        with pytest.raises(Stopped):
            await comparisons.of(item)


def _with_payload(payload: Any) -> Platform[Any]:
    """A platform whose rendering a test holds up."""
    values = {name: getattr(POSTCARDS, name) for name in POSTCARDS.__dataclass_fields__}
    return Platform(**{**values, "payload": payload})
