"""The owners' /status, and the alarms that they get: each at most once an hour, in their language."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from traceback import format_exc

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.app.alarms import HOUR_SECONDS, Alarms, Owners
from bot.conversation import Conversation
from bot.db.store import Store, open_store
from bot.delivery.outcomes import ChatGone, Delivered, Outcome, RetryAfter, Unreachable
from bot.dossier.loader import load
from bot.dossier.models import Language
from bot.live_dossier import LiveDossier
from bot.logs import Redaction
from bot.platforms.plain_text import render
from bot.reader import Address, ChatKind
from bot.replies.question import Command
from bot.replies.reply import Reply
from bot.staff import Staff
from bot.status import StatusCommand, SystemStatus, status_reply
from tests.asking import asked
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY, not_none
from tests.databases import PostgreSQL
from tests.desk_scene import takes_nothing
from tests.tables import cases, table

WELL = SystemStatus("0.1.0", 3 * 86400, (), (), 0, 0.0, 42.0, {})
ILL = SystemStatus("0.1.0", 60, ("discord: the token is refused",), (), 12, 125.0, None, {"a platform ended": 3})


class TestStatus:
    """Health, queue and errors, in the owner's language."""

    @table("language, said")
    def test_all_is_well(self, language: str, said: list[str]) -> None:
        """
        en | ["all is well", "42 seconds ago", "3 days"]
        id | ["semua beres", "42 detik yang lalu", "3 hari"]
        ru | ["всё в порядке", "42 секунды назад", "3 дня"]
        """
        shown = render(status_reply(WELL, Language(language)))
        for words in said:
            assert words in shown

    @pytest.mark.parametrize("language", ["en", "id", "ru"])
    def test_faults(self, language: str) -> None:
        """They are quoted as in the log."""
        reply = status_reply(ILL, Language(language))
        shown = render(reply)
        assert "discord: the token is refused" in shown
        assert "3 × a platform ended" in shown
        assert "12" in shown
        assert reply.emoji == "🔴"

    @table("language, one, many")
    def test_what_is_in_no_file(self, language: str, one: str, many: str) -> None:
        """No fault; nothing is said where there is nothing.

        en | Content: 1 change in force is in no file | 37 changes in force are in no file
        id | Isi: 1 perubahan yang berlaku belum ada di berkas | 37 perubahan yang berlaku belum ada di berkas
        ru | Содержание: 1 изменения в силе нет в файлах | 37 изменений в силе нет в файлах
        """
        shown = [render(status_reply(replace(WELL, in_no_file=n), Language(language))) for n in (0, 1, 37)]
        assert [one.partition(":")[0] in shown[0], one in shown[1], many in shown[2]] == [False, True, True]
        assert status_reply(replace(WELL, in_no_file=1), Language(language)).emoji == "🟢"


class TestRights:
    """Only accounts that the platform vouches for as owners see the status."""

    @cases("asker, kind, shown")
    async def test_only_owners_only_in_private(
        self, store: Store, asker: str | None, kind: ChatKind, shown: str | None
    ) -> None:
        """For others the command does not exist.

        telegram:1 | private | all is well
        telegram:2 | private | null
        discord:1 | private | null
        null | private | null
        telegram:1 | group | private chat
        """
        dossier = not_none(load(TINY, TODAY).dossier)

        async def state() -> SystemStatus:
            return WELL

        command = StatusCommand(frozenset({"telegram:1"}), state, store.safeguards, takes_nothing)
        conversation = Conversation(LiveDossier(dossier), store, lambda: TODAY, staff=Staff(command))
        address = Address("telegram", str(1 if kind == "private" else -1))
        reply = not_none(await conversation.reply(asked(Command("status"), address, kind, account=asker)))
        if shown:
            assert shown in render(reply)
        else:
            assert reply.title == "I don’t know the command “status”"
            assert "all is well" not in render(reply)


class TestStopping:
    """One press of an owner stops all sending, and another starts it."""

    async def test_stop_start_and_confirm(self, store: Store) -> None:
        """Each is a button under the status, where it makes sense; a stale digest confirms nothing."""
        dossier = not_none(load(TINY, TODAY).dossier)

        waiting, taken = "", list[tuple[str, str]]()

        async def state() -> SystemStatus:
            now = await store.safeguards.get()
            stopped = now.stopped is not None
            return replace(WELL, is_stopped=bool(now.stops), is_all_stopped=stopped, many=waiting)

        async def take(owner: str, confirmation: str) -> None:
            taken.append((owner, confirmation))

        command = StatusCommand(frozenset({"telegram:1"}), state, store.safeguards, take)
        conversation = Conversation(LiveDossier(dossier), store, lambda: TODAY, staff=Staff(command))

        async def press(argument: str, asker: str = "telegram:1") -> list[str]:
            reply = not_none(await conversation.reply(asked(Command("status", argument), account=asker)))
            pressed = [each.question for each in reply.buttons]
            return [each.argument for each in pressed if isinstance(each, Command) and each.name == "status"]

        assert await press("") == ["stop"]
        assert await press("stop") == ["start"]
        assert (await store.safeguards.get()).stopped_by == "telegram:1"
        assert await press("start") == ["stop"]
        await store.safeguards.halt("discord", "1", "Nota: 20 of the last 20 readers are gone")
        assert await press("") == ["start", "stop"], "one platform alone is stopped"
        assert await press("stop") == ["start"]
        assert await press("start") == ["stop"]
        await press("stop", "telegram:2")
        assert (await store.safeguards.get()).stopped is None
        waiting = "abc"
        assert await press("") == ["confirm abc", "stop"]
        await press("confirm abc", "telegram:2")
        await press("confirm abc")
        assert taken == [("telegram:1", "abc")]


@asynccontextmanager
async def collecting(
    store: Store, clock: MovedClock, secrets: tuple[str, ...] = (), logger: str = "bot.test"
) -> AsyncIterator[list[str]]:
    """The alarms sent while inside."""
    alarms, alarms_sent = Alarms(Redaction(secrets), clock), []

    async def tell(text: str) -> None:
        alarms_sent.append(text)

    logging.getLogger(logger).addHandler(alarms)
    running = asyncio.create_task(alarms.run(store.database, tell))
    try:
        yield alarms_sent
        await asyncio.sleep(0.05)
    finally:
        running.cancel()
        logging.getLogger(logger).removeHandler(alarms)


def log_error(event: str, **beside: object) -> None:
    """As structlog passes it to the standard library."""
    logging.getLogger("bot.test").error({"event": event, "level": "error", **beside})


async def dying() -> None:
    raise ValueError("no such thing")


async def until_sent(alarms_sent: list[str], times: int) -> None:
    async with asyncio.timeout(60):
        while len(alarms_sent) < times:  # noqa: ASYNC110  nothing announces it
            await asyncio.sleep(0.01)


class TestAlarms:
    """An error in the log becomes an alarm."""

    async def test_each_once_an_hour(self, store: Store, clock: MovedClock) -> None:
        """Whatever its fields are; another error is another alarm."""
        async with collecting(store, clock) as alarms_sent:
            for number in range(5):
                log_error("a question was not answered", incident=number)
            log_error("a platform ended", platform="discord", exception="Traceback …\nValueError: no")
            await until_sent(alarms_sent, 2)
            assert alarms_sent == [
                "a question was not answered (incident: 0)",
                "a platform ended (platform: discord): ValueError: no",
            ]
            clock.forward(HOUR_SECONDS + 1)
            log_error("a question was not answered", incident=9)
            await until_sent(alarms_sent, 3)
        assert alarms_sent[2:] == ["a question was not answered (incident: 9)"]

    @cases("one, two")
    async def test_the_same_error_in_other_words(
        self, store: Store, clock: MovedClock, one: dict[str, str], two: dict[str, str]
    ) -> None:
        r"""Another number, chat or id does not make it another error.

        {"event": "Telegram wants 30 s of peace"} | {"event": "Telegram wants 61 s of peace"}
        {"event": "Discord cannot be reached (HTTP 503); trying again", "platform": "discord"} | {"event": "Discord cannot be reached (ClientConnectorError); trying again", "platform": "discord"}
        {"event": "an update was not handled", "update_id": 1, "exception": "Traceback …\nKeyError: 'a'"} | {"event": "an update was not handled", "update_id": 2, "exception": "Traceback …\nKeyError: 'b'"}
        """
        async with collecting(store, clock) as alarms_sent:
            log_error(**one)
            log_error(**two)
            await until_sent(alarms_sent, 1)
        assert len(alarms_sent) == 1

    @cases("one, two")
    async def test_another_error_in_the_same_words(
        self, store: Store, clock: MovedClock, one: dict[str, str], two: dict[str, str]
    ) -> None:
        r"""Another platform, part or exception makes it another error.

        {"event": "a platform ended", "platform": "telegram"} | {"event": "a platform ended", "platform": "discord"}
        {"event": "it ended", "part": "newsroom"} | {"event": "it ended", "part": "alarms"}
        {"event": "an update was not handled", "exception": "Traceback …\nKeyError: 'a'"} | {"event": "an update was not handled", "exception": "Traceback …\nValueError: a"}
        """
        async with collecting(store, clock) as alarms_sent:
            log_error(**one)
            log_error(**two)
            await until_sent(alarms_sent, 2)

    async def test_an_exception_that_takes_several_lines(self, store: Store, clock: MovedClock) -> None:
        """The first line is sent. SQLAlchemy adds the statement and a link, which are not."""
        async with collecting(store, clock) as alarms_sent:
            try:
                async with store.database.read() as connection:
                    await connection.execute(text("SELECT 1 FROM nowhere"))
            except DBAPIError:
                log_error("it ended", exception=format_exc())
            await until_sent(alarms_sent, 1)
        assert "nowhere" in alarms_sent[0]
        assert "sqlalche.me" not in alarms_sent[0]

    @pytest.mark.postgres
    async def test_one_of_several_processes_sends_it(self, postgresql: PostgreSQL, clock: MovedClock) -> None:
        """They agree through the database."""
        async with (
            postgresql.database() as url,
            open_store(url, clock) as one,
            open_store(url, clock) as two,
            collecting(one, clock) as first,
            collecting(two, clock) as second,
        ):
            log_error("a platform ended")
            await asyncio.sleep(0.3)
        assert sorted(first + second) == ["a platform ended"]

    async def test_an_alarm_that_cannot_be_sent_does_not_delay_others(self, store: Store, clock: MovedClock) -> None:
        """As if its platform is away."""
        alarms_sent: list[str] = []
        never = asyncio.Event()

        async def tell(text: str) -> None:
            if text.startswith("Telegram"):
                await never.wait()
            alarms_sent.append(text)

        alarms = Alarms(Redaction(()), clock)
        running = asyncio.create_task(alarms.run(store.database, tell))
        for words in ("Telegram cannot be reached; trying again", "a platform ended"):
            alarms.emit(logging.LogRecord("bot", logging.ERROR, "", 0, words, (), None))
        await until_sent(alarms_sent, 1)
        assert alarms_sent == ["a platform ended"]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def test_secrets_are_redacted(self, store: Store, clock: MovedClock) -> None:
        async with collecting(store, clock, ("opensesame1",)) as alarms_sent:
            log_error("no opensesame1", url="postgres://nota:sesame@db/nota")
            await until_sent(alarms_sent, 1)
        assert "sesame" not in alarms_sent[0]

    @pytest.mark.slow
    async def test_a_task_whose_exception_nobody_retrieved(self, store: Store, clock: MovedClock) -> None:
        """Python names the task and its address in memory, which differ each time; the alarm has the exception."""
        async with collecting(store, clock, logger="asyncio") as alarms_sent:
            for _ in range(3):
                asyncio.get_running_loop().create_task(dying())
                await asyncio.sleep(0.02)
            gc.collect()
            await until_sent(alarms_sent, 1)
        assert len(alarms_sent) == 1
        assert alarms_sent[0].startswith("Task exception was never retrieved")
        assert alarms_sent[0].endswith("ValueError: no such thing")

    async def test_warnings_are_no_alarms(self, store: Store, clock: MovedClock) -> None:
        """Nor are errors of other libraries."""
        async with collecting(store, clock) as alarms_sent:
            logging.getLogger("bot.test").warning({"event": "no updates for now"})
            logging.getLogger("aiohttp.access").error("bad request")
        assert alarms_sent == []

    async def test_errors_are_counted_for_a_day(self, clock: MovedClock) -> None:
        alarms = Alarms(Redaction(()), clock)
        alarms.emit(logging.LogRecord("bot", logging.ERROR, "", 0, "one", (), None))
        clock.forward(hours=23)
        alarms.emit(logging.LogRecord("bot", logging.ERROR, "", 0, "two", (), None))
        assert alarms.counts() == {"one": 1, "two": 1}
        clock.forward(hours=2)
        assert alarms.counts() == {"two": 1}


class TestOwners:
    """Each owner gets alarms on their own platform."""

    async def test_in_their_language(self) -> None:
        """An owner who cannot be reached does not keep the others from theirs."""
        written: list[tuple[str, Reply]] = []

        async def write(user_id: str, reply: Reply) -> Outcome:
            written.append((user_id, reply))
            return ChatGone("blocked") if user_id == "1" else Delivered("7")

        languages = {"1": Language("id"), "2": Language("ru")}
        ids = ("telegram:1", "telegram:2", "discord:3")
        owners = Owners(ids, lambda platform, number: languages[number], {"telegram": write})
        with structlog.testing.capture_logs() as logged:
            await owners.send("a platform ended")
        assert [user_id for user_id, _ in written] == ["1", "2"]
        assert [reply.language for _, reply in written] == ["id", "ru"]
        assert "a platform ended" in render(written[1][1])
        assert [entry["log_level"] for entry in logged] == ["warning"]

    async def test_after_an_outage_of_the_platform(self) -> None:
        """The alarm is often about that outage. Owners on another platform do not wait."""
        written: list[str] = []
        waited: list[float] = []
        outcomes: list[Outcome] = [Unreachable("silent"), RetryAfter(400), Delivered("7")]

        async def to_telegram(_: int, __: Reply) -> Outcome:
            written.append("telegram")
            return outcomes.pop(0)

        async def to_discord(_: int, __: Reply) -> Outcome:
            written.append("discord")
            return Delivered("8")

        async def sleep(seconds: float) -> None:
            waited.append(seconds)
            await asyncio.sleep(0)

        writers = {"telegram": to_telegram, "discord": to_discord}
        owners = Owners(("telegram:1", "discord:2"), lambda platform, number: Language("en"), dict(writers), sleep)
        with structlog.testing.capture_logs() as logged:
            await owners.send("Telegram cannot be reached; trying again")
        assert written == ["telegram", "discord", "telegram", "telegram"]
        assert waited == [10.0, 400.0]
        assert logged == []

    async def test_after_an_hour_it_is_given_up(self) -> None:
        waited: list[float] = []

        async def write(_: int, __: Reply) -> Outcome:
            return Unreachable("silent")

        async def sleep(seconds: float) -> None:
            waited.append(seconds)

        owners = Owners(("telegram:1",), lambda platform, number: Language("en"), {"telegram": write}, sleep)
        with structlog.testing.capture_logs() as logged:
            await owners.send("a platform ended")
        assert sum(waited) < HOUR_SECONDS
        assert [entry["event"] for entry in logged] == ["an alarm could not be sent"]
