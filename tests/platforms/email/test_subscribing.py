"""Subscribing by mail, over HTTP and SMTP: a mail with a link, a page with a button, and only then a reader."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text

from bot.db.confirmations import MAX_WAITING, VALID_SECONDS
from bot.db.schema import confirmations, destinations, readers
from bot.db.store import Store
from bot.delivery.outcomes import Delivered, Outcome, RetryAfter, Unreachable
from bot.dossier.models import Language
from bot.platforms.email.addresses import MailAddress, parse_address
from bot.platforms.email.page_form import OF_A_DOMAIN, OF_ALL, RETRY_SECONDS, Letters, Subscribing
from bot.platforms.email.sender import Writer
from bot.platforms.platform import NotAccepted
from bot.schedule import Subscription, Timing
from tests.clocks import Sleeps, until
from tests.conftest import TINY, loaded
from tests.platforms.email.site import PUBLIC, Visit, visiting
from tests.servers.smtp import mail_host
from tests.tables import cases

ANN = "Ann@example.net"


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    async with mail_host() as host, visiting(host) as found:
        yield found
    assert host.wrong == []


async def count(visit: Visit, table: object) -> int:
    async with visit.store.database.read() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())  # type: ignore[arg-type]


async def status_of(visit: Visit, path: str) -> int:
    await visit.get(path)
    return visit.status


def answering(*answers: bool | Exception) -> Callable[[], Awaitable[bool]]:
    """Whether a letter is still waited for, one answer for each repetition and then the last one."""
    left = list(answers)

    async def answer() -> bool:
        said = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(said, Exception):
            raise said
        return said

    return answer


class TestMailboxes:
    """Nobody can have us write to one mailbox, or to one domain, as often as they like."""

    async def test_however_it_is_spelled(self, visit: Visit) -> None:
        spelled = ["target@gmail.com", "T.arget@gmail.com", "target+1@gmail.com", "target+2@googlemail.com"]
        spelled += ['"target"@gmail.com', "TARGET@GMAIL.COM", "tar.get+x+y@gmail.com"]
        pages = {await visit.subscribe(address) for address in spelled}
        assert len(pages) == 1  # it says nothing of whether a mail was sent
        assert await count(visit, confirmations) == MAX_WAITING
        await visit.subscribe("other@gmail.com")
        assert await count(visit, confirmations) == MAX_WAITING + 1

    async def test_bytes_that_are_no_text(self, visit: Visit) -> None:
        """Nobody is written to at an address that was not typed."""
        form = b"platform=mail&pace=at_once&address=ann%ff@example.org"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        async with visit.session.post("/en/subscribe", data=form, headers=headers) as answer:
            assert answer.status == 400
        await visit.subscribe("ann\ufffd@example.org")
        assert visit.status == 400
        assert await count(visit, confirmations) == 0

    async def test_nota_does_not_subscribe_itself(self, visit: Visit) -> None:
        for address in ("nota@example.org", "Nota+x@example.org"):
            await visit.subscribe(address)
        assert await count(visit, confirmations) == 0

    async def test_one_domain_leaves_letters_to_the_others(self, visit: Visit) -> None:
        """Each domain has a limit below the common one."""
        letters = Letters(lambda *_: answering(True)())  # type: ignore[arg-type]  nothing is sent
        sender = parse_address("nota@example.org")
        assert sender is not None
        writer = Writer(sender, "", PUBLIC, lambda: visit.site.live.dossier)
        subscribing = Subscribing(writer, visit.store, letters)
        (at_once, _), (of_all, _) = OF_A_DOMAIN, OF_ALL

        async def ask(number: int, domain: str) -> bool:
            try:
                await subscribing.subscribe({"address": f"x{number}@{domain}"}, Subscription(), Language("en"))
            except NotAccepted:
                return False
            return True

        assert sum([await ask(number, "one.example") for number in range(at_once + 5)]) == at_once
        assert sum([await ask(number, f"{number}.example") for number in range(of_all)]) == of_all - at_once


class TestConfirmation:
    """Double opt-in."""

    @cases("language, subject")
    async def test_the_whole_way(self, visit: Visit, language: str, subject: str) -> None:
        """
        en | Confirm your subscription
        id | Konfirmasi langganan Anda
        ru | Подтвердите подписку
        """
        form = await visit.get(f"/{language}/subscribe")
        assert 'name="address"' in form
        assert 'name="platform" value="mail"' in form
        await visit.subscribe(ANN, language, pace="daily", hour="8", zone="Asia/Jakarta")
        assert visit.status == 200
        assert await count(visit, readers) == 0
        (letter,) = await visit.letters(ANN)
        assert letter.subject == subject
        [link] = [each for each in letter.links if "/confirm/" in each]
        assert link.startswith(f"{PUBLIC}/{language}/confirm/")
        for _ in range(2):  # a program that opens links in mails subscribes nobody
            page = await visit.get(link)
            assert '<form class="sheet" method="post"' in page
        assert await count(visit, readers) == 0
        await visit.post(link)
        assert visit.path.startswith(f"/{language}/subscription/")
        address = await visit.reader(ANN)
        wanted = Subscription(None, Timing("daily", 8, 0, None, "Asia/Jakarta"))
        assert await visit.store.subscriptions.get(address) == wanted
        assert visit.store.readers.language(address) == language
        async with visit.store.database.read() as connection:
            [stored] = (await connection.execute(select(destinations.c.destination))).scalars()
        assert stored["address"] == ANN
        assert visit.path.endswith(stored["link"])
        assert "@" not in address.chat_id

    async def test_no_form_offers_what_changes_nothing(self, visit: Visit) -> None:
        """A mail has no sound of its own. What the other platforms of the page have is offered with them."""
        asked = await visit.get("/en/subscribe")
        await visit.subscribe(ANN)
        [link] = [each for each in (await visit.letters(ANN))[0].links if "/confirm/" in each]
        settings = await visit.post(link)
        for page in (asked, settings):
            assert 'name="own_language"' in page
            assert 'name="silent"' not in page

    async def test_once_and_not_after_48_hours(self, visit: Visit) -> None:
        await visit.confirm(ANN)
        link = visit.host.to(ANN)[0].links[0]
        for ask in (visit.get, visit.post):
            await ask(link)
            assert visit.status == 410
        await visit.subscribe("ben@example.net")
        (letter,) = await visit.letters("ben@example.net")
        async with visit.store.database.write() as connection:
            await connection.execute(confirmations.update().values(expires=confirmations.c.expires - VALID_SECONDS - 1))
        for old in (letter.links[0], link):  # one that nobody used, and the one that was used, again
            await visit.post(old)
            assert visit.status == 410
        assert await visit.store.delete_old(confirmations) == 1
        assert await count(visit, readers) == 1

    async def test_a_confirmation_that_breaks_off_changes_nothing(self, visit: Visit) -> None:
        """A reader who confirms once more keeps the link in each mail, and the new link works afterwards."""
        await visit.confirm(ANN)
        await visit.subscribe(ANN, pace="weekly 0")
        *_, letter = await visit.letters(ANN, 2)
        own = visit.store.database
        async with own.read() as connection:
            [before] = (await connection.execute(select(destinations.c.destination))).scalars()
        async with own.write() as connection:  # the last step fails
            fails = "CREATE TRIGGER fails BEFORE UPDATE ON subscriptions BEGIN SELECT RAISE(ABORT, 'fails'); END"
            await connection.execute(text(fails))
        await visit.post(letter.links[0])
        assert visit.status >= 500
        async with own.read() as connection:
            [stored] = (await connection.execute(select(destinations.c.destination))).scalars()
        assert stored == before
        assert stored["link"]
        async with own.write() as connection:
            await connection.execute(text("DROP TRIGGER fails"))
        await visit.post(letter.links[0])
        assert visit.status == 200
        wanted = await visit.store.subscriptions.get(await visit.reader(ANN))
        assert wanted is not None
        assert wanted.timing.pace == "weekly"

    async def test_pressed_by_two_at_once(self, visit: Visit) -> None:
        await visit.subscribe(ANN)
        (letter,) = await visit.letters(ANN)
        path = letter.links[0].removeprefix(PUBLIC)

        async def press() -> int:
            async with visit.session.post(path, data={"a": "b"}, allow_redirects=False) as answer:
                return answer.status

        assert sorted(await asyncio.gather(*(press() for _ in range(4)))) == [303, 410, 410, 410]

    @pytest.mark.slow
    async def test_links_in_a_language_that_the_dossier_has_dropped(self, visit: Visit) -> None:
        """They work, in another language, whose settings form and buttons work too."""
        await visit.subscribe("ben@example.net", "ru")
        (letter,) = await visit.letters("ben@example.net")
        ann = await visit.confirm(ANN, "ru")
        own, live = visit.path, visit.site.live
        header = live.dossier.header.model_copy(update={"languages": ["en", "id"]})
        fewer = replace(live.loading, dossier=replace(live.dossier, header=header, version="fewer", tree="fewer"))
        live.update(fewer)
        assert own.startswith("/ru/")
        for path in (own, f"{own}/unsubscribe", letter.links[0]):
            page = await visit.get(path)
            assert visit.status == 200
            assert '<html lang="en"' in page
            for action in re.findall(r'<form[^>]* action="([^"]*(?:subscription|confirm)[^"]*)"', page):
                assert await status_of(visit, action) == 200
        await visit.post(own, do="save", pace="daily", language="en", zone="UTC")
        assert visit.store.readers.language(ann) == "en"
        await visit.post(letter.links[0])
        assert visit.status == 200
        await visit.post(f"{own}/unsubscribe", **{"List-Unsubscribe": "One-Click"})
        assert visit.status == 200
        assert await visit.store.subscriptions.get(ann) is None
        await visit.get("/ru/subscribe")
        assert visit.status == 404

    async def test_the_answer_is_the_same_for_whoever_it_is(self, visit: Visit) -> None:
        """Known, unknown, too often, and our own address."""
        unknown = await visit.subscribe("ben@example.net")
        await visit.confirm(ANN)
        pages = {unknown, await visit.subscribe(ANN), await visit.subscribe("Nota+x@EXAMPLE.org")}
        pages |= {await visit.subscribe("ben@example.net") for _ in range(MAX_WAITING)}
        assert len(pages) == 1
        await until(lambda: len(visit.host.to("ben@example.net")) == MAX_WAITING)
        assert [mail.to for mail in visit.host.received if "nota" in mail.to.lower()] == []

    async def test_one_reader_however_it_is_written(self, visit: Visit) -> None:
        """A reader who subscribes again gets the new settings and stays one."""
        first = await visit.confirm("Yulia+x@пример.рф")
        assert await visit.confirm("YULIA+x@ПРИМЕР.РФ", pace="weekly 0") == first
        current = await visit.store.subscriptions.get(first)
        assert current is not None
        assert current.timing.pace == "weekly"
        assert await count(visit, readers) == 1

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "ann",
            "ann@localhost",
            "ann@[127.0.0.1]",
            "ann@example.net\r\nBcc: eve@example.com",
            "a" * 400,
            "ann@example.net, eve@example.com",
        ],
    )
    async def test_what_is_no_address(self, visit: Visit, typed: str) -> None:
        await visit.subscribe(typed)
        assert visit.status == 400
        assert visit.host.received == []

    async def test_a_letter_is_not_repeated_after_its_link_was_used(self, store: Store) -> None:
        """A server that took it did not say so."""
        sender, sleeps, sent = parse_address("bulletins@nota.example"), Sleeps(), list[str]()
        assert sender is not None

        async def send(_to: MailAddress, _id: str, content: bytes) -> Outcome:
            [token] = set(re.findall(r"/confirm/([\w-]+)", content.decode().replace("=\r\n", "")))
            sent.append(token)
            await store.confirmations.confirm(token)
            return Unreachable("the mail server did not say whether it accepted the mail")

        letters = Letters(send, sleeps)
        writer = Writer(sender, "", PUBLIC, lambda: loaded(TINY))
        await Subscribing(writer, store, letters).subscribe({"address": ANN}, Subscription(), Language("en"))
        await until(lambda: sent and letters.is_idle)
        assert len(sent) == 1

    async def test_a_greylisted_letter_comes_later(self) -> None:
        """And one that is refused for good is not repeated."""
        outcomes: list[Outcome] = [RetryAfter(300), RetryAfter(300), Delivered("1")]
        sent: list[MailAddress] = []

        async def send(to: MailAddress, _id: str, _content: bytes) -> Outcome:
            sent.append(to)
            return outcomes[len(sent) - 1]

        sleeps, to = Sleeps(), parse_address(ANN)
        assert to is not None
        Letters(send, sleeps).post(to, "1", b"", answering(True))
        await until(lambda: len(sent) == 3)
        assert tuple(sleeps.seconds) == RETRY_SECONDS[:2]

    async def test_a_letter_that_nobody_waits_for_any_more(self) -> None:
        """Its link was used with an earlier one that the server had taken after all, or deleted. An outage of the database means nothing."""
        sent = list[str]()

        async def send(_to: MailAddress, message_id: str, _content: bytes) -> Outcome:
            sent.append(message_id)
            return Unreachable("no connection", is_unsent=True)

        sleeps, to = Sleeps(), parse_address(ANN)
        assert to is not None
        letters = Letters(send, sleeps)
        letters.post(to, "1", b"", answering(TimeoutError(), True, False))
        await until(lambda: sent and letters.is_idle)
        assert (len(sent), tuple(sleeps.seconds)) == (3, RETRY_SECONDS[:3])

    async def test_a_letter_that_may_have_arrived_comes_once_more_at_most(self) -> None:
        """What the server surely did not take does not count."""
        unknown, closed = Unreachable("no answer"), Unreachable("no connection", is_unsent=True)
        outcomes: list[Outcome] = [closed, unknown, closed, unknown, closed]
        sleeps, to = Sleeps(), parse_address(ANN)
        assert to is not None

        async def send(_to: MailAddress, _id: str, _content: bytes) -> Outcome:
            return outcomes.pop(0)

        letters = Letters(send, sleeps)
        letters.post(to, "1", b"", answering(*[True] * 5))
        await until(lambda: letters.is_idle)
        assert outcomes == [closed]


class TestUnsubscribing:
    """By the link in a mail, in one press, and what goes with it."""

    async def test_one_click(self, visit: Visit) -> None:
        """RFC 8058: a POST without cookies, whatever its body; a GET ends nothing."""
        address = await visit.confirm(ANN)
        link = f"{visit.path}/unsubscribe"
        page = await visit.get(link)
        assert (visit.status, "Unsubscribe</button>" in page) == (200, True)
        assert await visit.store.subscriptions.get(address) is not None
        await visit.post(link, **{"List-Unsubscribe": "One-Click"})
        assert visit.status == 200
        assert await visit.store.subscriptions.get(address) is None

    async def test_by_the_page_and_back(self, visit: Visit) -> None:
        address = await visit.confirm(ANN, pace="weekly 0")
        settings = visit.path
        await visit.post(settings, do="unsubscribe")
        assert await visit.store.subscriptions.get(address) is None
        await visit.post(settings, do="subscribe")
        current = await visit.store.subscriptions.get(address)
        assert current is not None
        assert current.timing.pace == "weekly"

    async def test_a_forged_token(self, visit: Visit) -> None:
        address = await visit.confirm(ANN)
        token = visit.path.rpartition("/")[2]
        for forged in (token[:-1], f"{token}x", "..%2f", "%00", "x" * 3000):
            await visit.post(f"/en/subscription/{forged}/unsubscribe")
            assert visit.status in (400, 404, 410)
        assert await visit.store.subscriptions.get(address) is not None

    @pytest.mark.slow
    async def test_an_address_that_refused_comes_back(self, visit: Visit) -> None:
        """By the button of its page, or when it is confirmed again."""
        address = await visit.confirm(ANN)
        settings = visit.path
        for again in (lambda: visit.post(settings, do="subscribe"), lambda: visit.confirm(ANN)):
            await visit.store.readers.suspend("mail", address.chat_id, "the address takes no mail (550 5.1.1)")
            await again()
            assert not visit.store.readers.is_suspended(address)
            assert await visit.store.subscriptions.get(address) is not None

    async def test_everything_is_deleted_at_once(self, visit: Visit) -> None:
        await visit.confirm(ANN)
        assert "Your e-mail address" in visit.page
        settings = visit.path
        await visit.subscribe(ANN)
        await visit.post(settings, do="delete", sure="1")
        assert [await count(visit, table) for table in (readers, destinations, confirmations)] == [0, 0, 0]

    async def test_privacy_says_what_is_stored(self, visit: Visit) -> None:
        page = await visit.get("/en/privacy")
        assert "The editors get the words of who reports a mistake" in page
        assert "for at most 90 days" in page
        assert "Your e-mail address, and the link to your settings" in page
        assert "for 48 hours" in page
