"""The owners' desk: /status in their language, and word of what wants a look, once an hour each."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from traceback import format_exc

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.app.alerts import HOUR_SECONDS, Alarms, Owners
from bot.conversation import Conversation, Message
from bot.db.readers import Kind
from bot.db.store import Store, open_store
from bot.delivery.outcomes import Delivered, Gone, Outcome, RetryAfter, Unreachable
from bot.dossier.loader import load
from bot.dossier.models import Language
from bot.live_dossier import LiveDossier
from bot.logs import Redaction
from bot.platforms.text import render
from bot.reader import Address
from bot.replies.question import Command
from bot.replies.reply import Reply
from bot.status import StatusCommand, SystemStatus, status_reply
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY
from tests.databases import PostgreSQL

WELL = SystemStatus("0.1.0", 3 * 86400, (), (), 0, 0.0, 42.0, {})
ILL = SystemStatus("0.1.0", 60, ("discord: the token is refused",), (), 12, 125.0, None, {"a platform ended": 3})


class TestStatus:
    """Health, queue, errors."""

    @pytest.mark.parametrize(
        ("language", "said"),
        [("en", ["all is well", "42 seconds ago", "3 days"]), ("id", ["semua beres", "42 detik yang lalu", "3 hari"]),
         ("ru", ["всё в порядке", "42 секунды назад", "3 дня"])],
    )  # fmt: skip
    def test_all_is_well(self, language: str, said: list[str]) -> None:
        """In the owner's language."""
        shown = render(status_reply(WELL, Language(language)))
        for words in said:
            assert words in shown

    @pytest.mark.parametrize("language", ["en", "id", "ru"])
    def test_what_is_not(self, language: str) -> None:
        """Quoted as the log has it."""
        reply = status_reply(ILL, Language(language))
        shown = render(reply)
        assert "discord: the token is refused" in shown
        assert "3 × a platform ended" in shown
        assert "12" in shown
        assert reply.emoji == "🔴"
        assert reply.private


class TestWho:
    """The owners, by what the platform vouches for, and nobody else."""

    @pytest.mark.parametrize(
        ("asker", "kind", "shown"),
        [
            ("telegram:1", "private", "all is well"),
            ("telegram:2", "private", None),
            ("discord:1", "private", None),
            (None, "private", None),
            ("telegram:1", "group", "private chat"),
        ],
    )
    async def test_only_owners_only_in_private(
        self, store: Store, asker: str | None, kind: Kind, shown: str | None
    ) -> None:
        """To others it is a command like any that there is not."""
        dossier = load(TINY, TODAY).dossier
        assert dossier is not None

        async def state() -> SystemStatus:
            return WELL

        desk = StatusCommand(frozenset({"telegram:1"}), state)
        conversation = Conversation(LiveDossier(dossier), store, lambda: TODAY, status_command=desk)
        address = Address("telegram", 1 if kind == "private" else -1)
        reply = await conversation.respond(Message(address, kind, Command("status"), None, is_admin, asker=asker))
        if shown:
            assert shown in render(reply)
        else:
            assert reply.title == "I don’t know the command /status"
            assert "all is well" not in render(reply)


async def is_admin() -> bool:
    return True


@asynccontextmanager
async def hearing(
    store: Store, clock: MovedClock, secrets: tuple[str, ...] = (), logger: str = "bot.test"
) -> AsyncIterator[list[str]]:
    """What owners are told while inside."""
    alarms, told = Alarms(Redaction(secrets), clock), []

    async def tell(text: str) -> None:
        told.append(text)

    logging.getLogger(logger).addHandler(alarms)
    running = asyncio.create_task(alarms.run(store.database, tell))
    try:
        yield told
        await asyncio.sleep(0.05)
    finally:
        running.cancel()
        logging.getLogger(logger).removeHandler(alarms)


def log_error(event: str, **beside: object) -> None:
    """As structlog hands it to the standard library."""
    logging.getLogger("bot.test").error({"event": event, "level": "error", **beside})


async def dying() -> None:
    raise ValueError("no such thing")


async def until_told(told: list[str], times: int) -> None:
    """Until so much was told."""
    async with asyncio.timeout(5):
        while len(told) < times:  # noqa: ASYNC110  a list tells nobody when it grows
            await asyncio.sleep(0.01)


class TestAlarms:
    """Failures worth a human's look."""

    async def test_each_once_an_hour(self, store: Store, clock: MovedClock) -> None:
        """Whatever stands beside them; another failure is another."""
        async with hearing(store, clock) as told:
            for number in range(5):
                log_error("a question was not answered", incident=number)
            log_error("a platform ended", platform="discord", exception="Traceback …\nValueError: no")
            await until_told(told, 2)
            assert told == [
                "a question was not answered (incident: 0)",
                "a platform ended (platform: discord): ValueError: no",
            ]
            clock.forward(HOUR_SECONDS + 1)
            log_error("a question was not answered", incident=9)
            await until_told(told, 3)
        assert told[2:] == ["a question was not answered (incident: 9)"]

    @pytest.mark.parametrize(
        ("one", "two"),
        [
            ({"event": "Telegram wants 30 s of peace"}, {"event": "Telegram wants 61 s of peace"}),
            (
                {"event": "Discord cannot be reached (HTTP 503); trying on", "platform": "discord"},
                {"event": "Discord cannot be reached (ClientConnectorError); trying on", "platform": "discord"},
            ),
            (
                {"event": "an update was not handled", "update_id": 1, "exception": "Traceback …\nKeyError: 'a'"},
                {"event": "an update was not handled", "update_id": 2, "exception": "Traceback …\nKeyError: 'b'"},
            ),
        ],
    )
    async def test_the_same_fault_in_other_words(
        self, store: Store, clock: MovedClock, one: dict[str, str], two: dict[str, str]
    ) -> None:
        """A number, a chat or an id that differs makes no other fault of it."""
        async with hearing(store, clock) as told:
            log_error(**one)
            log_error(**two)
            await until_told(told, 1)
        assert len(told) == 1

    @pytest.mark.parametrize(
        ("one", "two"),
        [
            (
                {"event": "a platform ended", "platform": "telegram"},
                {"event": "a platform ended", "platform": "discord"},
            ),
            ({"event": "it ended", "part": "newsroom"}, {"event": "it ended", "part": "alarms"}),
            (
                {"event": "an update was not handled", "exception": "Traceback …\nKeyError: 'a'"},
                {"event": "an update was not handled", "exception": "Traceback …\nValueError: a"},
            ),
        ],
    )
    async def test_another_fault_in_the_same_words(
        self, store: Store, clock: MovedClock, one: dict[str, str], two: dict[str, str]
    ) -> None:
        """Of another platform or part, or another exception."""
        async with hearing(store, clock) as told:
            log_error(**one)
            log_error(**two)
            await until_told(told, 2)

    async def test_an_exception_that_takes_several_lines(self, store: Store, clock: MovedClock) -> None:
        """The first of them says what it is; a database's goes on with the statement and where to read more."""
        async with hearing(store, clock) as told:
            try:
                async with store.database.read() as connection:
                    await connection.execute(text("SELECT 1 FROM nowhere"))
            except DBAPIError:
                log_error("it ended", exception=format_exc())
            await until_told(told, 1)
        assert "nowhere" in told[0]
        assert "sqlalche.me" not in told[0]

    @pytest.mark.postgres
    async def test_one_of_several_processes_tells(self, postgresql: PostgreSQL, clock: MovedClock) -> None:
        """The database knows who did."""
        async with (
            postgresql.database() as url,
            open_store(url, clock) as one,
            open_store(url, clock) as two,
            hearing(one, clock) as first,
            hearing(two, clock) as second,
        ):
            log_error("a platform ended")
            await asyncio.sleep(0.3)
        assert sorted(first + second) == ["a platform ended"]

    async def test_one_that_cannot_be_told_keeps_no_other_waiting(self, store: Store, clock: MovedClock) -> None:
        """As where it is for a platform that is away."""
        told: list[str] = []
        never = asyncio.Event()

        async def tell(text: str) -> None:
            if text.startswith("Telegram"):
                await never.wait()
            told.append(text)

        alarms = Alarms(Redaction(()), clock)
        running = asyncio.create_task(alarms.run(store.database, tell))
        for words in ("Telegram cannot be reached; trying on", "a platform ended"):
            alarms.emit(logging.LogRecord("bot", logging.ERROR, "", 0, words, (), None))
        await until_told(told, 1)
        assert told == ["a platform ended"]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def test_without_a_secret(self, store: Store, clock: MovedClock) -> None:
        """Whatever the log's own redaction knows."""
        async with hearing(store, clock, ("opensesame1",)) as told:
            log_error("no opensesame1", url="postgres://nota:sesame@db/nota")
            await until_told(told, 1)
        assert "sesame" not in told[0]

    async def test_a_task_that_died_unheard(self, store: Store, clock: MovedClock) -> None:
        """Python names the task and its place in memory, which are others each time; what it died of is told."""
        async with hearing(store, clock, logger="asyncio") as told:
            for _ in range(3):
                asyncio.get_running_loop().create_task(dying())
                await asyncio.sleep(0.02)
            gc.collect()
            await until_told(told, 1)
        assert len(told) == 1
        assert told[0].startswith("Task exception was never retrieved")
        assert told[0].endswith("ValueError: no such thing")

    async def test_warnings_are_nobodys_business(self, store: Store, clock: MovedClock) -> None:
        """Nor are other libraries' errors."""
        async with hearing(store, clock) as told:
            logging.getLogger("bot.test").warning({"event": "no updates for now"})
            logging.getLogger("aiohttp.access").error("bad request")
        assert told == []

    async def test_counted_for_a_day(self, clock: MovedClock) -> None:
        """For /status."""
        alarms = Alarms(Redaction(()), clock)
        alarms.emit(logging.LogRecord("bot", logging.ERROR, "", 0, "one", (), None))
        clock.forward(hours=23)
        alarms.emit(logging.LogRecord("bot", logging.ERROR, "", 0, "two", (), None))
        assert alarms.counts() == {"one": 1, "two": 1}
        clock.forward(hours=2)
        assert alarms.counts() == {"two": 1}


class TestOwners:
    """Each is told where they are."""

    async def test_in_their_language(self) -> None:
        """One who cannot be reached does not keep the others from being told."""
        written: list[tuple[int, Reply]] = []

        async def write(user_id: int, reply: Reply) -> Outcome:
            written.append((user_id, reply))
            return Gone("blocked") if user_id == 1 else Delivered(7)

        languages = {1: Language("id"), 2: Language("ru")}
        owners = Owners(("telegram:1", "telegram:2", "discord:3"), lambda platform, number: languages[number])
        owners.writers["telegram"] = write
        with structlog.testing.capture_logs() as logged:
            await owners.tell("a platform ended")
        assert [user_id for user_id, _ in written] == [1, 2]
        assert [reply.language for _, reply in written] == ["id", "ru"]
        assert "a platform ended" in render(written[1][1])
        assert [entry["log_level"] for entry in logged] == ["warning"]

    async def test_once_their_platform_can_be_reached_again(self) -> None:
        """What is to be told is often that very outage; who is on another platform need not wait."""
        written: list[str] = []
        waited: list[float] = []
        outcomes: list[Outcome] = [Unreachable("silent"), RetryAfter(400), Delivered(7)]

        async def to_telegram(_: int, __: Reply) -> Outcome:
            written.append("telegram")
            return outcomes.pop(0)

        async def to_discord(_: int, __: Reply) -> Outcome:
            written.append("discord")
            return Delivered(8)

        async def sleep(seconds: float) -> None:
            waited.append(seconds)
            await asyncio.sleep(0)

        writers = {"telegram": to_telegram, "discord": to_discord}
        owners = Owners(("telegram:1", "discord:2"), lambda platform, number: Language("en"), dict(writers), sleep)
        with structlog.testing.capture_logs() as logged:
            await owners.tell("Telegram cannot be reached; trying on")
        assert written == ["telegram", "discord", "telegram", "telegram"]
        assert waited == [10.0, 400.0]
        assert logged == []

    async def test_not_for_ever(self) -> None:
        """In an hour it is no news."""
        waited: list[float] = []

        async def write(_: int, __: Reply) -> Outcome:
            return Unreachable("silent")

        async def sleep(seconds: float) -> None:
            waited.append(seconds)

        owners = Owners(("telegram:1",), lambda platform, number: Language("en"), {"telegram": write}, sleep)
        with structlog.testing.capture_logs() as logged:
            await owners.tell("a platform ended")
        assert sum(waited) < HOUR_SECONDS
        assert [entry["event"] for entry in logged] == ["an owner could not be told"]
