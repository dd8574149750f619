"""Notifications: what browsers can read, what takes whose place, and what a push service may answer."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from time import time
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.db.schema import destinations, readers
from bot.delivery.outcomes import ChatGone, Delivered, NotEditable, Outcome, Refused, RetryAfter, Unreachable
from bot.delivery.sender import OutgoingMessage
from bot.delivery.worker import LONG_WAIT_SECONDS
from bot.dossier.markdown import Paragraph, Span
from bot.dossier.models import Language
from bot.feeds.ssrf import Forbidden, Policy
from bot.platforms.webpush.api import check_endpoint, is_reachable, new_private_key, public_key
from bot.platforms.webpush.limits import (
    GIVEN_UP,
    IN_LINE,
    LONGEST_SILENT_SECONDS,
    LONGEST_TURN_SECONDS,
    LONGEST_UNPROVEN_SECONDS,
    MAX_PLAINTEXT,
    SILENT,
    SILENT_SECONDS,
    SLOW_SECONDS,
    TTL,
    TTL_CORRECTION,
    TTL_URGENT,
)
from bot.platforms.webpush.render import notification, payload
from bot.platforms.webpush.sender import MAX_SERVICES, NO_SERVICE, PushSender
from bot.platforms.webpush.types import PLATFORM, InvalidKey, check_private_key, destination_in
from bot.reader import Address
from bot.replies.bulletins import BulletinText, LabelledBulletin, single_reply
from bot.replies.reply import Reply, text_reply
from bot.schedule import Subscription, Timing
from bot.subscriptions.why import delivery_report
from tests.editor import bulletin, withdrawn
from tests.platforms.webpush.conftest import PushScene
from tests.platforms.webpush.crowd import subscribe_all
from tests.servers.push_service import PushService, base64url
from tests.tables import table

HERE = Address(PLATFORM, "a" * 24)
STORM = bulletin("storm", "Storm")
NEVER = f"Thu, 01 Jan {'9' * 20} 00:00:00 GMT"


def message(reply: Reply | None = None, **more: Any) -> OutgoingMessage:
    return OutgoingMessage(reply or text_reply(Language("en"), "", "Storm", "A storm comes."), "key-1", **more)


@dataclass
class Silent:
    """A push service that takes requests and never answers."""

    address: str
    requests: int = 0


@asynccontextmanager
async def silent_service() -> AsyncIterator[Silent]:
    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        service.requests += 1
        await reader.read()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    service = Silent(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/push")
    yield service
    server.close()


class TestBulletins:
    """What subscribers see: new, corrected, withdrawn, gathered."""

    @pytest.mark.slow
    async def test_a_bulletin_and_its_correction(self, push: PushScene) -> None:
        """The correction says so in its title and takes the place of the notification, without a sound."""
        address, browser = await push.subscribe()
        await push.delivery.publish(STORM)
        [first] = push.service.of(browser)
        assert first.notification["title"] == "Storm."
        assert first.notification["navigate"] == f"https://nota.example/en/bulletins/{STORM.id}"
        assert first.notification["renotify"] is False
        assert (first.ttl, first.urgency) == (TTL, "normal")
        await push.delivery.publish(bulletin("storm", "Calm"))
        _, second = push.service.of(browser)
        assert second.notification["title"] == "Correction: Calm."
        assert second.notification["body"].startswith("Corrected on 23 November 2026"), (
            "a long text would be cut before it"
        )
        assert second.notification["tag"] == first.notification["tag"]
        assert second.notification["renotify"] is False
        assert second.topic == first.topic
        assert second.ttl == TTL_CORRECTION
        await push.delivery.publish(withdrawn(bulletin("storm", "Calm")))
        third = push.service.of(browser)[-1]
        assert third.notification["title"] == "Withdrawn: Calm."
        assert "Please do not pass it on" in third.notification["body"]
        assert list(push.shown(browser)) == [first.notification["tag"]]
        said = await delivery_report(push.store, push.delivery.editor.live(), address, Language("en"))
        assert "withdrawn" in str(said.blocks)

    async def test_an_urgent_one(self, push: PushScene) -> None:
        """It comes with urgency, for a day; its correction makes itself heard."""
        _, browser = await push.subscribe()
        await push.delivery.publish(bulletin("storm", "Storm", urgent=True))
        await push.delivery.publish(bulletin("storm", "Calm", urgent=True))
        first, second = push.service.of(browser)
        assert (first.ttl, first.urgency) == (TTL_URGENT, "high")
        assert second.notification["renotify"] is True
        assert (second.ttl, second.urgency) == (TTL_CORRECTION, "high")

    async def test_in_the_readers_language_and_silently(self, push: PushScene) -> None:
        _, browser = await push.subscribe(Subscription(silent=True), "id")
        await push.delivery.publish(STORM)
        [first] = push.service.of(browser)
        assert first.notification["title"] == "Storm (id)."
        assert first.notification["lang"] == "id"
        assert first.notification["silent"] is True

    async def test_a_digest_and_the_correction_of_one_part(self, push: PushScene) -> None:
        """It names its bulletins; corrected, it stands in its own place and says which is corrected."""
        _, browser = await push.subscribe(Subscription(timing=Timing("daily", 9)))
        flood = bulletin("flood", "Flood")
        await push.delivery.publish(STORM, flood)
        assert push.service.of(browser) == []
        push.delivery.clock.forward(days=1)
        await push.delivery.send_all()
        [first] = push.service.of(browser)
        assert first.notification["title"] == "Digest · 2 bulletins"
        assert first.notification["body"] == "• Flood.\n• Storm."
        assert first.notification["navigate"] == "https://nota.example/en#news"
        await push.delivery.publish(bulletin("storm", "Calm"), flood)
        _, second = push.service.of(browser)
        assert second.notification["tag"] == first.notification["tag"]
        assert second.notification["body"].startswith("• Flood.\n• Calm. (Corrected on 24 November 2026)")


class TestAnswers:
    """What a push service may say to one message (RFC 8030, 5 to 8)."""

    async def attempt(
        self, push: PushScene, status: int, headers: dict[str, str] | None = None, *, is_proven: bool = True
    ) -> Outcome:
        browser = push.service.subscribe(push.sender.public_key)
        to = {**browser.fields, "server_key": push.sender.public_key}
        push.sender.remember([to] if is_proven else [])
        push.service.refuses.append((status, headers or {}))
        return await push.sender.send(HERE, message(destination=to))

    @pytest.mark.parametrize("status", [404, 410])
    async def test_gone(self, push: PushScene, status: int) -> None:
        """The reader is suspended with its settings, and deleted 30 days later; subscribing again brings it back."""
        address, browser = await push.subscribe()
        push.service.gone[browser.endpoint] = status
        await push.delivery.publish(STORM)
        assert push.store.readers.is_suspended(address)
        said = await delivery_report(push.store, push.delivery.editor.live(), address, Language("en"))
        assert "the subscription was ended on your side" in str(said.blocks)
        push.delivery.clock.forward(days=31)
        assert await push.store.readers.delete_lapsed() == 1
        async with push.store.database.read() as connection:
            assert (await connection.execute(select(destinations))).first() is None

    @pytest.mark.parametrize(
        ("status", "headers", "outcome"),
        [
            (200, {}, Delivered("key-1")), (202, {}, Delivered("key-1")), (204, {}, Delivered("key-1")),
            (429, {"Retry-After": "90"}, RetryAfter(90, "chat")), (429, {}, RetryAfter(60, "chat")),
            (429, {"Retry-After": "soon"}, RetryAfter(60, "chat")),
            (201, {"Retry-After": NEVER}, Delivered("key-1")), (429, {"Retry-After": NEVER}, RetryAfter(60, "chat")),
            (503, {"Retry-After": "5"}, RetryAfter(5, "chat")), (503, {}, Unreachable("503", is_unsent=True)),
            (500, {}, Unreachable("500", is_unsent=True)), (408, {}, Unreachable("408", is_unsent=True)), (413, {}, Refused("413")),
            (405, {}, ChatGone("there is no push service at the browser's address")),
            (400, {}, Refused("400")), (301, {"Location": "http://127.0.0.1:1/"}, Refused("301")),
            (401, {}, Unreachable("the push service refuses our signature (401)", is_unsent=True)),
            (403, {}, Unreachable("the push service refuses our signature (403)", is_unsent=True)),
        ],
    )  # fmt: skip
    async def test_each(self, push: PushScene, status: int, headers: dict[str, str], outcome: Outcome) -> None:
        assert await self.attempt(push, status, headers) == outcome

    async def test_retry_after_as_a_date(self, push: PushScene) -> None:
        """The other form of RFC 9110, 10.2.3; never more than a day."""
        then = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
        outcome = await self.attempt(push, 429, {"Retry-After": then})
        assert isinstance(outcome, RetryAfter)
        assert 95 < outcome.seconds <= 100
        push.elapsed.forward(200)
        assert await self.attempt(push, 429, {"Retry-After": "9999999"}) == RetryAfter(86400, "chat")
        push.elapsed.forward(86401)
        no_number_of_seconds = {"Retry-After": "9" * 400}
        assert await self.attempt(push, 429, no_number_of_seconds) == RetryAfter(60, "chat")

    async def test_one_push_service_waits_alone(self, push: PushScene) -> None:
        """No request goes to it for as long as it says, for no reader; another one gets its messages."""
        assert await self.attempt(push, 429, {"Retry-After": "90"}) == RetryAfter(90, "chat")
        before = push.service.requests.total()
        push.elapsed.forward(30)
        browser = push.service.subscribe(push.sender.public_key)
        to = {**browser.fields, "server_key": push.sender.public_key}
        assert await push.sender.send(HERE, message(destination=to)) == RetryAfter(60, "chat")
        assert push.service.requests.total() == before
        other = {**to, "endpoint": to["endpoint"].replace("127.0.0.1", "127.0.0.2")}
        assert isinstance(await push.sender.send(HERE, message(destination=other)), Refused)  # tried, and not permitted
        push.elapsed.forward(61)
        assert await push.sender.send(HERE, message(destination=to)) == Delivered("key-1")

    @pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 405, 413, 415])
    async def test_where_no_message_was_ever_taken(self, push: PushScene, status: int) -> None:
        """Whoever subscribes can name any web server: one request tells that it is no push service."""
        with capture_logs() as logged:
            outcome = await self.attempt(push, status, {"Location": "http://127.0.0.1:1/"}, is_proven=False)
        assert (outcome, logged) == (ChatGone(NO_SERVICE), [])

    @pytest.mark.parametrize(
        ("status", "headers"),
        [(500, {}), (503, {"Retry-After": "1"}), (503, {"Retry-After": "0"}), (429, {"Retry-After": "1"}), (408, {})],
        ids=str,
    )
    async def test_errors_of_what_never_took_a_message(
        self, push: PushScene, status: int, headers: dict[str, str]
    ) -> None:
        """They are bounded, whatever pause is named: some requests at first, then one an hour, and after a day none."""
        began, requests = push.elapsed(), list[float]()
        for _ in range(GIVEN_UP):
            before = push.service.requests.total()
            while isinstance(outcome := await self.attempt(push, status, headers, is_proven=False), RetryAfter) and (
                push.service.requests.total() == before
            ):
                push.service.refuses.clear()
                push.elapsed.forward(outcome.seconds)
            requests.append(push.elapsed() - began)
        assert outcome == ChatGone(NO_SERVICE)
        assert push.service.requests.total() == GIVEN_UP
        assert 20 * 3600 < requests[-1] < 28 * 3600
        assert requests[-1] - requests[-2] == LONGEST_UNPROVEN_SECONDS

    async def test_errors_of_one_that_has_taken_messages(self, push: PushScene) -> None:
        """Nobody is suspended, however long it takes, and it is asked again after five minutes at most."""
        for _ in range(2 * GIVEN_UP):
            assert await self.attempt(push, 500) == Unreachable("500", is_unsent=True)
            push.elapsed.forward(LONGEST_SILENT_SECONDS + 1)
        assert await self.attempt(push, 201) == Delivered("key-1")

    async def test_many_failures_at_once_are_one_pause(self, push: PushScene) -> None:
        """A short disturbance, with many messages in flight, is not taken for a long one."""
        outcomes = await asyncio.gather(*(self.attempt(push, 500) for _ in range(16)))
        assert outcomes == [Unreachable("500", is_unsent=True)] * 16
        assert await self.attempt(push, 201) == RetryAfter(SILENT_SECONDS, "chat")

    @pytest.mark.slow
    async def test_after_some_time_outs_it_is_left_alone(self, push: PushScene) -> None:
        async with silent_service() as silent:
            browser = push.service.subscribe(push.sender.public_key)
            to = {**browser.fields, "server_key": push.sender.public_key, "endpoint": f"{silent.address}/1"}
            sends = [push.sender.send(HERE, message(destination=to)) for _ in range(SILENT)]
            assert await asyncio.gather(*sends) == [Unreachable("no answer in time")] * SILENT
            outcome = await push.sender.send(HERE, message(destination=to))
            assert outcome == RetryAfter(SILENT_SECONDS, "chat")
            assert silent.requests == SILENT
        assert await self.attempt(push, 201) == Delivered("key-1")

    async def test_before_it_runs(self, push: PushScene) -> None:
        """Nobody is suspended because of us."""
        to = {**push.service.subscribe(push.sender.public_key).fields, "server_key": push.sender.public_key}
        push.sender.client = None
        assert await push.sender.send(HERE, message(destination=to)) == Unreachable(
            "Web Push does not run", is_unsent=True
        )

    async def test_a_refused_signature_is_logged_once(self, push: PushScene) -> None:
        """Until that push service takes a message again. Of its words, which may repeat the endpoint, none is kept."""
        push.service.refusal = f"no key for {push.service.address}/push/secret"
        with capture_logs() as logged:
            for status in (403, 401, 201, 403):
                outcome = await self.attempt(push, status)
        assert outcome == Unreachable("the push service refuses our signature (403)", is_unsent=True)
        name = push.service.address.removeprefix("http://")
        assert [(each["log_level"], each["service"], each["status"]) for each in logged] == [
            ("warning", name, 403),
            ("warning", name, 403),
        ]
        assert await self.attempt(push, 413) == Refused("413")

    async def test_nobody_answers(self, push: PushScene) -> None:
        browser = push.service.subscribe(push.sender.public_key)
        to = {**browser.fields, "server_key": push.sender.public_key, "endpoint": "http://127.0.0.1:9/push/x"}
        outcome = await push.sender.send(HERE, message(destination=to))
        assert isinstance(outcome, Unreachable)
        assert "127.0.0.1" not in outcome.reason

    async def test_what_was_stored_wrongly(self, push: PushScene) -> None:
        """Junk of a restored backup, or the subscriptions of another key, harm nobody else."""
        to = {**push.service.subscribe("x").fields, "server_key": push.sender.public_key}
        assert await push.sender.send(HERE, message()) == ChatGone("no browser is known")
        for junk in ({"p256dh": "!"}, {"auth": ""}, {"endpoint": 7}, {"p256dh": base64url(b"\4" * 65)}):
            assert isinstance(await push.sender.send(HERE, message(destination={**to, **junk})), Refused)
        other = {**to, "server_key": public_key(new_private_key())}
        outcome = await push.sender.send(HERE, message(destination=other))
        assert outcome == ChatGone("the browser subscribed with another VAPID_KEY")
        assert push.service.requests.total() == 0

    async def test_a_single_notification_is_not_edited(self, push: PushScene) -> None:
        assert isinstance(await push.sender.edit(HERE, "t", message(bulletins=("a",))), NotEditable)


def to_service(name: str) -> OutgoingMessage:
    return message(destination={"endpoint": f"https://{name}/x"})


class TestPlaces:
    """Who gets one of the messages in flight: strangers name the push services, and none may take them all."""

    def sender(self, *taken: str) -> PushSender:
        sender = PushSender("key", "", lambda: None)
        sender.remember([{"endpoint": f"https://{name}/"} for name in taken])
        return sender

    def fill(self, sender: PushSender, *names: str) -> int:
        """How many get in."""
        return sum(sender.enter(to_service(name)) == 0.0 for name in names)

    def test_what_nobody_knows_takes_no_place_of_what_is_known(self) -> None:
        sender = self.sender("known.example")
        strangers = [f"s{number}.example" for number in range(150)]
        assert self.fill(sender, *strangers) == IN_LINE
        assert self.fill(sender, *["known.example"] * 100) == IN_LINE // 2
        assert sender.limits.in_flight == 2 * IN_LINE

    def test_one_service_however_it_is_spelled(self) -> None:
        sender = self.sender()
        names = ["a.example", "A.example", "a.EXAMPLE:443", "a.example."]
        assert self.fill(sender, *names * 20) == IN_LINE // 2

    def test_a_slow_one_is_no_quick_one(self) -> None:
        """Although it takes messages; its places are quick again once it is."""
        sender = self.sender("slow.example", "known.example")
        sender._services["slow.example"].seconds = SLOW_SECONDS
        assert self.fill(sender, *["slow.example"] * 200) == IN_LINE // 2
        assert self.fill(sender, *["known.example"] * 200) == IN_LINE // 2

    def test_each_gets_some(self) -> None:
        """Also one that comes when others have filled their places."""
        names = [f"q{number}.example" for number in range(5)]
        sender = self.sender(*names)
        assert [self.fill(sender, *[name] * 100) for name in names] == [16, 8, 4, 2, 1]
        sender.leave(to_service("q0.example"))
        assert self.fill(sender, *["q0.example"] * 100) == 0
        assert self.fill(sender, *["q4.example"] * 100) == 1 or self.fill(sender, "q5.example") == 1

    def test_whoever_has_no_place_waits_for_a_turn(self) -> None:
        """About as long as those before it take, never longer than a minute, so that the queue is not looked at over and over."""
        sender = self.sender("slow.example")
        sender._services["slow.example"].seconds = 8.0
        waits = [sender.enter(to_service("slow.example")) for _ in range(5000)][IN_LINE // 2 :]
        assert waits[:3] == pytest.approx([4.5, 5.0, 5.5], abs=0.01)
        assert min(waits) > LONG_WAIT_SECONDS  # it leaves the worker's memory to others
        assert max(waits) == pytest.approx(LONGEST_TURN_SECONDS)

    @pytest.mark.slow
    def test_those_that_took_messages_are_remembered_longest(self) -> None:
        """Whoever names thousands of hosts does not make the known ones unknown."""
        sender = self.sender("known.example")
        for number in range(3 * MAX_SERVICES):
            sender.enter(to_service(f"s{number}.example"))
            sender.leave(to_service(f"s{number}.example"))
        assert sender._services["known.example"].has_taken
        assert len(sender._services) == MAX_SERVICES

    @table("destination")
    def test_what_was_stored_wrongly_is_let_in(self, destination: dict[str, Any] | None) -> None:
        """
        null
        {}
        {"endpoint": 7}
        {"endpoint": "no address"}
        {"endpoint": "https://[x"}
        """
        sender, odd = self.sender(), message(destination=destination)
        assert sender.enter(odd) == 0.0
        sender.leave(odd)

    async def test_after_a_restart(self, push: PushScene) -> None:
        """The database says who has taken messages."""
        _, one = await push.subscribe()
        assert await push.store.page_readers.who_took(PLATFORM) == []
        await push.delivery.publish(STORM)
        _, two = await push.subscribe()
        [known] = await push.store.page_readers.who_took(PLATFORM)
        assert known["endpoint"] == one.endpoint != two.endpoint
        sender = PushSender("key", "", lambda: None)
        sender.remember([known])
        name = push.service.address.removeprefix("http://")
        assert self.fill(sender, *[f"s{number}.example" for number in range(100)]) == IN_LINE
        assert self.fill(sender, *[name] * 100) == 16


class TestToken:
    """One for a push service, until half of its time is over (RFC 8292, 2)."""

    async def test_it_is_used_again_and_renewed(self, push: PushScene) -> None:
        assert push.sender.client is not None
        seen: list[str] = []
        push.service.on_request = lambda headers: seen.append(headers["Authorization"])
        browser = push.service.subscribe(push.sender.public_key)
        to = {**browser.fields, "server_key": push.sender.public_key}
        for hours in (0, 1, 7):
            push.sender.client.now = lambda ahead=hours * 3600: time() + ahead
            assert await push.sender.send(HERE, message(destination=to)) == Delivered("key-1")
        one, same, other = seen
        assert one == same != other


class TestPayload:
    """The message fits, whatever the text is; the page has the whole."""

    @pytest.mark.parametrize("text", ["Слово " * 4000, "\U0001f30a" * 9000, 'a"\\\n' * 3000, "word " * 1000, ""])
    async def test_it_fits_and_can_be_read(self, push: PushScene, text: str) -> None:
        """In bytes, not in characters, and cut at words."""
        _, browser = await push.subscribe()
        to = {**browser.fields, "server_key": push.sender.public_key}
        long = Reply(None, Language("en"), text or "x", "", (Paragraph((Span(text),)),))
        sent = message(long, destination=to, bulletins=(f"2026-11-23-{'x' * 80}",))
        assert len(notification(sent, "t" * 30, "https://nota.example")) <= MAX_PLAINTEXT
        assert isinstance(await push.sender.send(HERE, sent), Delivered)
        [pushed] = push.service.of(browser)
        assert pushed.size <= 4096
        shown = pushed.notification
        if text.startswith("word"):
            assert shown["body"].endswith("word…")
        assert shown["navigate"].endswith("/en/bulletins/2026-11-23-" + "x" * 80)

    def test_what_is_shown_is_the_payload(self) -> None:
        """As the desk shows it, also with the longest text and an address of two thousand characters."""
        long = text_reply(Language("en"), "", "界" * 400, "界" * 4000)
        body = notification(message(long), "t" * 30, "https://" + "x" * 2000)
        assert len(body) <= MAX_PLAINTEXT
        assert payload(long).items() <= json.loads(body)["notification"].items()

    def test_what_only_looks_like_a_digest_or_a_day(self) -> None:
        """The text of a bulletin, and a letter to one reader."""
        two_lines = Paragraph((Span("Fares", bold=True), Span("\n"), Span("They rise.")))
        article = BulletinText("Fares", date(2026, 11, 23), (two_lines,))
        assert payload(single_reply(LabelledBulletin(article), Language("en")))["body"] == "Fares They rise."
        said = Paragraph((Span("You wrote: “When?”", italic=True),))
        letter = Reply(None, Language("en"), "An answer", "", (said, Paragraph((Span("At nine."),))))
        assert payload(letter)["body"] == "You wrote: “When?”\nAt nine."

    def test_no_control_characters(self) -> None:
        odd = text_reply(Language("en"), "", "A\u202ebc", "d\0e")
        assert payload(odd) == {"title": "Abc", "body": "de", "lang": "en"}


class TestEndpoints:
    """A stranger's browser says where we send, so it may be no address of ours."""

    @pytest.mark.parametrize(
        "endpoint",
        [
            "http://push.example/x", "https://127.0.0.1/x", "https://[::1]/x", "https://10.0.0.7/x", "https://169.254.169.254/x",
            "https://2130706433/x", "https://0177.0.0.1/x", "https://push.example:8443/x", "https://a:b@push.example/x",
            "ftp://push.example/x", "https:///x", "https://[64:ff9b::7f00:1]/x", "javascript:alert(1)", "", "https://x/" + "y" * 2100,
        ],
    )  # fmt: skip
    def test_refused_at_once(self, endpoint: str) -> None:
        with pytest.raises(Forbidden):
            check_endpoint(endpoint, Policy())

    @pytest.mark.parametrize("name", ["localhost", "localhost.localdomain", "ip6-localhost"])
    async def test_a_name_that_leads_here(self, name: str) -> None:
        """Its address decides, at registration and at each connection."""
        with suppress(Forbidden):
            assert not await is_reachable(f"https://{name}/x", Policy())

    def test_known_push_services(self) -> None:
        for endpoint in (
            "https://fcm.googleapis.com/fcm/send/x", "https://updates.push.services.mozilla.com/wpush/v2/x",
            "https://web.push.apple.com/x", "https://wns2-by3p.notify.windows.com/w/?token=x",
        ):  # fmt: skip
            check_endpoint(endpoint, Policy())

    async def test_at_each_send(self, push: PushScene) -> None:
        """What was stored while it was allowed is not sent to when it is not."""
        assert push.sender.client is not None
        push.sender.client = replace(push.sender.client, policy=Policy())
        address, _ = await push.subscribe()
        await push.delivery.publish(STORM)
        [row] = await push.delivery.rows()
        assert row.state == "failed"
        assert "not a public address" in row.reason
        assert push.service.requests.total() == 0
        assert not push.store.readers.is_suspended(address)


class TestKeys:
    """Of browsers and of ours."""

    def test_a_new_key(self) -> None:
        key = new_private_key()
        assert check_private_key(key) == key
        assert len(public_key(key)) == 87
        assert new_private_key() != key

    @pytest.mark.parametrize("key", ["", "x", "A" * 42, "A" * 43, "A" * 44, "!" * 43, base64url(b"\xff" * 32)])
    def test_what_is_none(self, key: str) -> None:
        with pytest.raises(InvalidKey):
            check_private_key(key)

    @pytest.mark.parametrize(
        "change",
        [
            {"p256dh": ""}, {"auth": "x"}, {"auth": base64url(b"a" * 15)}, {"p256dh": base64url(b"\4" + b"\1" * 64)},
            {"p256dh": base64url(b"\2" + b"\1" * 32)}, {"p256dh": "х" * 87}, {"endpoint": ""}, {"endpoint": "x" * 3000},
        ],
    )  # fmt: skip
    def test_junk_of_a_browser(self, change: dict[str, str]) -> None:
        """A point that is not on the curve would fail at each send only."""
        fields = PushService("http://127.0.0.1").subscribe("key").fields
        assert destination_in(fields, "key").as_json() == {**fields, "server_key": "key"}
        with pytest.raises(InvalidKey):
            destination_in(fields | change, "key")


@pytest.mark.slow
async def test_expired_endpoints_at_once(push: PushScene) -> None:
    """None is tried twice, all others get theirs, and nothing else stays behind."""
    await _expired(push, 60)


@pytest.mark.chaos
async def test_10_000_expired_endpoints_at_once(push: PushScene) -> None:
    await _expired(push, 10_000)


async def _expired(push: PushScene, number: int) -> None:
    gone = await subscribe_all(push.store, push.service, push.sender.public_key, number)
    push.service.gone |= {browser.endpoint: 410 for browser in gone}
    _, alive = await push.subscribe()
    await push.delivery.editor.publish(STORM)
    async with push.delivery.sending() as worker:
        for _ in range(number):  # a service that never took a message gets few at a time
            await push.delivery.quiet(worker, 300)
            if sum(push.service.requests.values()) > number:
                break
            push.delivery.clock.forward(LONGEST_TURN_SECONDS)
    assert push.service.requests == {410: number, 201: 1}
    assert len(push.service.of(alive)) == 1
    async with push.store.database.read() as connection:
        suspended = (await connection.execute(select(readers.c.id).where(readers.c.suspended_since.is_not(None)))).all()
    assert len(suspended) == number
    await push.delivery.publish(bulletin("storm", "Calm"))
    assert push.service.requests == {410: number, 201: 2}
