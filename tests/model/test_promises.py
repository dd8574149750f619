"""The promises of delivery hold whatever readers, editors, platforms, databases and processes do, in any order.

A Hypothesis state machine drives real processes (:mod:`tests.model.simulation`) and compares what they do with a reference model
(:mod:`tests.model.reference`).
"""

import asyncio
import secrets
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import hypothesis
import pytest
import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import case, select

from bot.db.changes import Person
from bot.db.readers import ADDRESS, address_of
from bot.db.schema import REVIEW, bulletins, deliveries, readers
from bot.db.store import Store, open_store
from bot.delivery.outcomes import AGAIN_SECONDS, Refused, RetryAfter, Unreachable
from bot.newsroom.change_rules import TAKE_BACK_SECONDS
from bot.newsroom.deploy import FORMER_SECONDS
from bot.newsroom.worker import GAP_SECONDS
from bot.reader import MUTED, Address
from bot.schedule import SWITCHES, QuietHours, Subscription, Timing
from tests.clocks import MONDAY_NOON
from tests.conftest import REPEATED_BY
from tests.databases import DISK
from tests.editor import compare, of_another
from tests.model.press import EDITORS, Press
from tests.model.reference import CANARY, DAY, FORUM, HOUR, TOPIC, News, Pair, Preferences, Reader, Reference, Written
from tests.model.simulation import (
    DRAIN_SECONDS,
    KILL_SECONDS,
    Chat,
    DatabaseClock,
    Link,
    Order,
    Platform,
    Process,
    SimulatedLoop,
    in_processes,
    linked_store,
)

Result = TypeVar("Result")
OpenDatabase = Callable[[], AbstractAsyncContextManager[str]]

ZONES = {0: "UTC", 7: "Asia/Jakarta"}
PLATFORMS = ("telegram", "discord", "webpush", "mail")
NAMES = ("ann", "budi", "citra", "dewi")
MOST_NEWS = 9
MOST_OPEN = 4
"""Changes that wait for something."""
SEND = ("write", "ask", "approve")
SLY = ("write", "ask", "return", "save", "ask", "approve")
"""The colleague, whose page is old, types a word and asks, and the writer approves it."""
RIVAL = ("write", "rival", "ask", "approve")
"""The colleague writes another change of the same bulletin, too; both are approved, or the colleague's is a draft."""
MOVES_IN = ("group off", "topic on", "topic deleted")
"""A group has its bulletins in a topic, which somebody deletes."""
TRIED = ("try out", "withdraw", "restore")
"""A bulletin is looked at in one chat before its time, and its file is changed until it is as it was."""
MOVED = (
    ("correct",),
    ("correct", "desk"),
    ("translate",),
    ("export", "correct"),
    ("export", "translate", "roll back"),
    ("export", "roll back", "desk"),
    ("export", "desk", "roll back", "roll back"),
    ("lose", "find"),
    ("export", "lose"),
    ("restore",),
    ("take down", "correct", "restore"),
)
"""What files do beneath a change that is in force: they say the same, or something else, or are as they were. ``desk``: another change
of the same bulletin comes into force; ``take down``: a change withdraws it."""
REFUSED = ("refuse edits", "correct", "correct")
"""The platform refuses the first correction for good, and not the second."""
AGAIN = ("withdraw", "restore", "withdraw")
"""The same words, for the second time."""
LONG = Refused("message is too long")
MOST_PROCESSES = 2
OUTAGE = "the database does not answer"
"""What is logged of a database that was away for long, which is an error."""

WAITS = "a part of the files waits for an editor at the desk"
"""What is logged of what files say otherwise than a decision, and of many corrections by files, which an owner takes."""

FORMER_FILES = "these files are former ones"
"""What is logged of files that wait because they were imported before, of which owners hear."""

UNANSWERED = "not delivered"
"""What is logged as an error where two attempts had no answer."""

MOST_ROUNDS = 200
"""In the end, each to the next moment at which something is due."""


any_preferences = st.one_of(
    st.just(Preferences()),
    st.builds(
        Preferences,
        topics=st.sampled_from([None, frozenset({"fare"}), frozenset()]),
        pace=st.sampled_from(["at_once", "at_once", "daily", "weekly"]),
        hour=st.sampled_from([9, 13, 20]),
        weekday=st.sampled_from([0, 2]),
        quiet=st.sampled_from([None, (18, 7), (12, 14), (20, 6)]),
        zone=st.sampled_from([0, 7]),
        on=st.frozensets(st.sampled_from([switch.name for switch in SWITCHES])),
    ),
)
names = st.sampled_from(NAMES)
some = st.integers(0, 99)
pauses = st.sampled_from([0.0, 0.1, 0.6, 3.0])


class Promises(RuleBasedStateMachine):
    """Processes on one database, and all that can happen to them."""

    open_database: OpenDatabase
    platforms: Sequence[str] = PLATFORMS
    has_sockets = False
    logs: list[Any]
    counts: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.counts["examples"] += 1
        self.loop = SimulatedLoop(self.has_sockets)
        self.loop.set_task_factory(in_processes)
        self.clock = DatabaseClock(self.loop, MONDAY_NOON)
        self.turn = asyncio.Lock()
        self.opened = self.open_database()
        with self.loop.in_transaction():
            self.url = self.run(self.opened.__aenter__())
        self.store = linked_store(self.url, self.clock, Link(), self.turn)
        self.processes: list[Process] = []
        self.stores = [self.store]
        self.logs.clear()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.loop.run_until_complete(work)

    # The start

    @initialize(
        name=st.runner().flatmap(lambda self: st.sampled_from(self.platforms)),
        latency=st.sampled_from([0.0, 0.02]),
        first=st.tuples(*[any_preferences] * 3, st.one_of(st.none(), any_preferences)),
        old=st.booleans(),
        coming=st.booleans(),
        seconds=st.sampled_from([0.05, 1.5]),
    )
    def begins(
        self,
        name: str,
        latency: float,
        first: tuple[Preferences | None, ...],
        old: bool,
        coming: bool,
        seconds: float,
    ) -> None:
        """Chats, some of them subscribed, and a first dossier."""
        self.latency = latency
        self.platform = Platform(
            name, nonces=name == "discord", tags=name == "webpush", threads=name == "mail", seconds=seconds
        )
        self.reference = Reference(self.clock, self.platform)
        self.platform.on_start, self.platform.on_answer = self.reference.started, self.reference.answered
        for number, (reader, preferences) in enumerate(zip(NAMES, first, strict=True), start=1):
            is_private = self.platform.knows_ids or (name == "telegram" and number <= 2)
            is_group = name == "telegram" and not is_private
            self.platform.chats[reader] = Chat(reader, [str(-number if is_group else number)], is_private)
            self.reference.readers[reader] = Reader(reader)
            if preferences is not None:
                self._subscribes(reader, preferences)
        self.platform.chats[CANARY] = Chat(CANARY, ["50"], is_private=False)
        if name == "telegram":
            for name_, thread in ((FORUM, None), (TOPIC, "7")):
                self.platform.chats[name_] = Chat(name_, ["-60"], is_private=False, thread=thread)
                self.reference.readers[name_] = Reader(name_)
            self.run(self.store.readers.set_for_group(Address(name, "-60"), {"audience": "private"}))
            self._subscribes(FORUM, Preferences())
        self.press = Press(self.run, self.store, self._opened, self.reference)
        self.press.rows, self.press.suspended = (lambda: self.run(self._rows())), (lambda: self.run(self._suspended()))
        if old:
            self._new("old", (), urgent=False, hours=None)
        if coming:
            self._new("coming", (), urgent=False, hours=2)
        self.press.starts()
        self.reference.is_first_dossier = False
        self._start()

    # What happens. Few rules with many acts each: Hypothesis leaves out some rules in each example

    @rule(seconds=st.sampled_from([0.3, 2.0, 14.0, HOUR, 6 * HOUR, 13 * HOUR, DAY]))
    def time_passes(self, seconds: float) -> None:
        """Hours pass at once, as for processes that have nothing to do."""
        if seconds >= HOUR:
            self._wait(1.0)
            if not self._leaps(seconds):
                return
        self._wait(min(seconds, 2.0) if seconds >= HOUR else seconds)

    @precondition(lambda self: self._is_room())
    @rule(
        topics=st.sampled_from([(), (), ("fare",), ("hours",)]),
        urgent=st.sampled_from([False, False, True]),
        hours=st.sampled_from([None, None, None, 1, 30]),
        count=st.integers(1, 3),
        then=pauses,
    )
    def bulletins_appear(
        self, topics: tuple[str, ...], urgent: bool, hours: float | None, count: int, then: float
    ) -> None:
        for _ in range(count):
            self._new(self._next_slug(), topics, urgent, hours)
        self.press.deploys()
        self._wait(then)

    @rule(
        acts=st.sampled_from(
            [
                *(("correct",), ("translate",), ("withdraw",), ("restore",), ("put off",), ("lose",), ("find",)),
                *(("export",), ("roll back",), ("try out",)),
                *(TRIED, REFUSED, REFUSED, REFUSED, AGAIN),
            ]
        ),
        number=some,
        hours=st.sampled_from([-1, 1, 30]),
        reach=st.sampled_from(["both", "both", "first", "second"]),
        then=pauses,
    )
    def files_change(self, acts: tuple[str, ...], number: int, hours: int, reach: str, then: float) -> None:
        """Rather of a bulletin that somebody waits for, or of one that a change has touched."""
        if acts == TRIED and self._is_room():
            self._new(self._next_slug(), (), urgent=False, hours=1)
            self.press.deploys()
        for act in acts:
            if act == "refuse edits":
                self._orders_edits(Order(LONG))
            elif act == "roll back":
                self.press.rolls_back()
            elif candidates := self._candidates(act):
                self._change(act, candidates[number % len(candidates)], hours, reach)
                self._wait(then)

    def _is_room(self) -> bool:
        return len(self.reference.news) < MOST_NEWS

    def _next_slug(self) -> str:
        return f"b{len(self.press.tops)}"

    def _orders_edits(self, order: Order) -> None:
        for chat in self.platform.chats.values():
            chat.edit_orders.append(order)

    @precondition(lambda self: len(self.reference.news) < MOST_NEWS + 4)
    @rule(kind=st.sampled_from(["no answer", "under way", "embargo"]), then=pauses)
    def digest_changes(self, kind: str, then: float) -> None:
        """What one bulletin in it says while the answer to its correction is lost, or on its way, or its correction under embargo."""
        ann = NAMES[0]
        if self.platform.chats[ann].refusal is not None:
            return
        self._subscribes(ann, Preferences(pace="daily", hour=int(self.clock() // HOUR + 1) % 24))
        one, other = self._next_slug(), f"{self._next_slug()}b"
        for slug in (one, other):
            self._new(slug, (), urgent=False, hours=None)
        self.press.deploys()
        self._wait(1.0)
        self._leaps(HOUR)
        self._wait(2.0)
        if kind == "embargo":
            for act, slug in (("correct", one), ("put off", one), ("correct", other)):
                self.press.edits(act, self.reference.news[slug], 1)
            self.press.deploys()
        else:
            answer = Order(Unreachable("reset"), taken=True) if kind == "no answer" else Order(LONG, seconds=2.0)
            self._orders_edits(answer)
            before = len(self.platform.requests)
            self._change("correct", self.reference.news[one], 0)
            for _ in range(12):  # until it is tried, and not tried again
                if any(each.chat == ann for each in self.platform.requests[before:]):
                    break
                self._wait(0.25)
            if kind == "no answer":
                self._chat_changes("blocked", ann, told=True)
            self._change("first words", self.reference.news[one], 0)
            self._chat_changes("back", ann, told=True)
        self._wait(then)

    @precondition(lambda self: len(self.reference.news) < MOST_NEWS + 4)
    @rule(
        order=st.sampled_from(
            [
                Order(Unreachable("reset"), taken=True),
                Order(Unreachable("no answer")),
                Order(RetryAfter(2.0, "chat")),
                Order(Unreachable("timeout"), seconds=8.0, taken=True),
            ]
        ),
        act=st.sampled_from(["correct", "withdraw", "blocked"]),
        again=st.booleans(),
        then=pauses,
    )
    def first_attempt_fails(self, order: Order, act: str, again: bool, then: float) -> None:
        """And the bulletin changes before the next one, or after it (``again``), or the chat is gone. The slowest process dies."""
        ann = NAMES[0]
        if self.platform.chats[ann].refusal is not None:
            return
        self._subscribes(ann, Preferences())
        self.platform.chats[ann].orders.appendleft(order)
        slug, before = self._next_slug(), len(self.platform.requests)
        self._new(slug, (), urgent=False, hours=None)
        self.press.deploys()
        for _ in range(12):
            if any(each.chat == ann for each in self.platform.requests[before:]):
                break
            self._wait(0.25)
        for process in self._alive() if order.seconds > DRAIN_SECONDS else ():
            self.run(process.kill())
        if not self._alive():
            self._start()
        if again:
            self._wait(1.0)
            self._leaps(AGAIN_SECONDS)
            self._wait(2.0)
        if act == "blocked":
            self._wait(0.2)
            self._chat_changes(act, ann, told=True)
            self._chat_changes("back", ann, told=True)
        else:
            self._change(act, self.reference.news[slug], 0)
        self._wait(then)

    @rule(
        kind=st.sampled_from(["new", "correct", "correct", "translate", "withdraw"]),
        acts=st.sampled_from(MOVED),
        number=some,
        by=st.sampled_from(EDITORS),
        reach=st.sampled_from(["both", "both", "first", "second"]),
        then=pauses,
    )
    def files_move_beneath(
        self, kind: str, acts: tuple[str, ...], number: int, by: Person, reach: str, then: float
    ) -> None:
        """A change comes into force, and files move."""
        written = self._puts_in_force(kind, by, number)
        if written is None:
            return
        [slug] = {slug for slug, _ in written.words} & self.reference.news.keys() or {""}
        for act in acts if slug else ():
            news = self.reference.news[slug]
            if act in ("desk", "take down"):
                kind = "withdraw" if act == "take down" else "correct"
                self._puts_in_force(kind, by, number, {slug})
            elif act == "roll back":
                self.press.rolls_back()
            elif act == "export" or (news in self.press.can_be_found() if act == "find" else self.press.is_file(news)):
                self._change(act, news, 0, reach)
            self._wait(then)

    def _puts_in_force(
        self, kind: str, by: Person, number: int, slugs: Collection[str] | None = None
    ) -> Written | None:
        """An editor writes a change, another approves it, and its time comes."""
        [colleague] = [each for each in EDITORS if each != by]
        written = self.press.writes(kind, by, number, slugs=slugs) if len(self.press.open) < MOST_OPEN else None
        if written is not None:
            self.press.decides(written, "ask", by, number)
            self.press.decides(written, "approve", colleague, number)
            self._minute()
        return written

    def _leaps(self, seconds: float) -> bool:
        """Time leaps, unless a message is under way: between its check and its request no hour passes. Returns whether it did."""
        is_still = not any(each.is_sending for each in self._alive())
        if is_still:
            self.loop.leap(seconds)
        return is_still

    def _minute(self) -> None:
        """Until what was approved comes into force."""
        self._leaps(TAKE_BACK_SECONDS + 1)
        self._wait(0.1)

    def _rivals(self, written: Written, by: Person, number: int) -> None:
        """Another change of the same, in the same language or not, that goes as far as it may."""
        [other] = [each for each in EDITORS if each != by]
        kind = ("correct", "translate", "withdraw")[number % 3]
        rival = self.press.writes(kind, by, number // 3, slugs={slug for slug, _ in written.words})
        if rival is not None and number % 4:
            self.press.decides(rival, "ask", by, number)
            if number % 4 > 1:
                self.press.decides(rival, "approve", other, number)

    def _candidates(self, act: str) -> list[News]:
        known = list(self.reference.news.values())
        touched = [each for each in known if each.entry.is_edited]
        if act == "export":
            return touched
        of_files = [each for each in known if self.press.is_file(each)]
        present = [each for each in of_files if not each.is_withdrawn and each.state != "history"]
        waited_for = [each for each in present if any(pair.news is each for pair in self._waiting())]
        return {
            "restore": [each for each in of_files if each.is_withdrawn],
            "find": self.press.can_be_found(),
            "try out": [each for each in present if each.state == "scheduled"],
        }.get(act, waited_for or present)

    def _change(self, act: str, news: News, hours: int, reach: str = "both") -> None:
        if act == "try out":
            self._tries_out(news, CANARY if hours < 0 else NAMES[0])
        else:
            self.press.edits(act, news, hours)
            self.press.deploys(reach)

    def _tries_out(self, news: News, name: str) -> None:
        chat = self.platform.chats[name]
        if chat.refusal is None:
            kind = "private" if chat.is_private else "group"
            self.press.tries_out(news, name, self._address(name), kind)

    @rule(
        acts=st.sampled_from(
            [
                *(("save",), ("both save",), ("approve",), ("ask",), ("take_back",), ("return",), ("discard",)),
                *(("stale",), SLY, SLY, RIVAL, RIVAL, RIVAL, SEND, SEND, SEND),
            ]
        ),
        kind=st.sampled_from(["new", "correct", "translate", "withdraw", "end withdrawal", "two"]),
        number=some,
        by=st.sampled_from(EDITORS),
        hours=st.sampled_from([0, 0, 0, 1]),
        topics=st.sampled_from([(), ("fare",)]),
        is_lost=st.sampled_from([False, False, True]),
        then=st.sampled_from([0.0, 3.0, TAKE_BACK_SECONDS, TAKE_BACK_SECONDS]),
    )
    def desk_decides(
        self,
        acts: tuple[str, ...],
        kind: str,
        number: int,
        by: Person,
        hours: float,
        topics: tuple[str, ...],
        is_lost: bool,
        then: float,
    ) -> None:
        """An editor tries something, allowed or not; :data:`SEND` is the usual way. ``is_lost``: the answer to the last act is."""
        colleague = next(each for each in EDITORS if each != by)
        change = None
        for place, act in enumerate(acts):
            lost = is_lost and act == acts[-1]
            if act == "write":
                change = (
                    self.press.writes(kind, by, number, topics, hours) if len(self.press.open) < MOST_OPEN else None
                )
            open_ = [change] if change else self.press.open
            if not open_:
                return
            written = open_[number % len(open_)]
            is_other = act == "approve" if acts in (SEND, RIVAL) else acts == SLY and place in (2, 3, 4)
            person = colleague if is_other else by
            if act == "save":
                self.press.saves(written, person, number, is_lost=lost)
            elif act == "both save":
                self.press.both_save(written, number)
            elif act == "rival":
                self._rivals(written, colleague, number)
            elif act == "stale":
                self.press.decides(written, "approve", person, number, is_stale=True)
            elif act != "write":
                self.press.decides(written, act, person, number, is_lost=lost)  # type: ignore[arg-type]
        if then == TAKE_BACK_SECONDS:
            self._minute()
        else:
            self._wait(then)

    @rule(
        act=st.sampled_from(["subscribe", "unsubscribe", "speak", "delete all", "forum"]),
        forum=st.sampled_from([("group on",), ("group off", "topic on"), ("topic off",), ("topic deleted",), MOVES_IN]),
        number=some,
        preferences=any_preferences,
        language=st.sampled_from(["en", "id"]),
        then=pauses,
    )
    def reader_asks(
        self, act: str, forum: tuple[str, ...], number: int, preferences: Preferences, language: str, then: float
    ) -> None:
        """Rather one who waits for something."""
        reachable = [name for name in NAMES if self.platform.chats[name].refusal is None]
        waiting = [name for name in reachable if any(pair.reader.name == name for pair in self._waiting())]
        if not reachable:
            return
        name = (waiting or reachable)[number % len(waiting or reachable)]
        if act == "forum":
            self._forum_changes(forum, preferences)
        elif act == "subscribe":
            self._subscribes(name, preferences)
        elif act == "unsubscribe":
            self.reference.unsubscribes(name)
            self.run(self.store.subscriptions.remove(self._address(name)))
        elif act == "delete all":
            where = self._address(name)
            self.reference.is_forgotten(name)
            self.run(self.store.readers.delete(where.platform, where.chat_id))
        else:
            self.run(self.store.readers.set_language(self._address(name), language))
        self._wait(then)

    @rule(
        act=st.sampled_from(["blocked", "kicked", MUTED, "back", "back", "migrated", "migrated"]),
        name=names,
        told=st.booleans(),
        then=pauses,
    )
    def chat_changes(self, act: str, name: str, told: bool, then: float) -> None:
        """We are removed or let in again, or a group becomes a supergroup; and are told so, or find out."""
        self._chat_changes(act, name, told=told)
        self._wait(then)

    def _chat_changes(self, act: str, name: str, *, told: bool) -> None:
        chat, chats = self.platform.chats[name], self.store.readers
        if act == "back":
            chat.refusal = None
            if told:
                self.reference.is_back(name)
                self.run(chats.restore(self.platform.name, self._address(name).chat_id))
        elif act == "migrated":
            if chat.ids[-1].startswith("-") and len(chat.ids) == 1:
                chat.ids.append(str(int(chat.ids[0]) - 1000))
                self.platform.moved_at[name] = self.loop.time()
                if told:
                    self.run(chats.move(self.platform.name, *chat.ids))
        else:
            chat.refusal = act = "blocked" if self.platform.knows_ids else act
            if told and act != MUTED:
                self.reference.refuses(name, act)
                self.run(chats.suspend(self.platform.name, self._address(name).chat_id, act))

    def _forum_changes(self, acts: tuple[str, ...], preferences: Preferences) -> None:
        """A group and a topic in it subscribe each by itself, until the topic is deleted."""
        for act in acts if FORUM in self.platform.chats else ():
            name = TOPIC if act.startswith("topic") else FORUM
            if self.reference.is_topic_deleted:
                return
            if act == "topic deleted":
                self.reference.loses_topic()
                self.platform.chats[TOPIC].is_deleted = True
            elif act.endswith("on"):
                self._subscribes(name, preferences)
            elif self.reference.readers[name].preferences is not None:
                self.reference.unsubscribes(name)
                self.run(self.store.subscriptions.remove(self._address(name)))

    def _newsroom_dies(self, number: int) -> None:
        """A replica dies when a change comes into force, or cannot know whether it did."""
        approved = [each.due for each in self.press.written if each.state == "approved"]
        if approved:
            self._leaps(max(0.0, min(approved) - self.clock()))
        if number % 3:
            self.press.dies(number, after=number % 31)
        else:
            self.press.looks(self.press.offices[number % 2], loses_answer=number % 2 + 1)

    def _start_another_dossier(self) -> None:
        if not self.run(self._is_used()):
            return
        office = self.press.offices[0]
        wrong = replace(of_another(office.live.complete), bulletins={}, tree="museum")
        newsroom = office.worker.newsroom
        for report in (
            self.run(compare(newsroom, wrong)),
            self.run(newsroom.publish_due(wrong)),
        ):
            if not report.refusal:
                self.reference.broken.append(f"another dossier is compared: {report}")

    def _stop_all(self, *, stopped: bool) -> None:
        self.reference.stops_all(stopped=stopped)
        self.run(self.store.safeguards.stop("an owner") if stopped else self.store.safeguards.start())

    async def _is_used(self) -> bool:
        async with self.store.database.read() as connection:
            return await self.store.fan_out.has_readers(connection)

    @rule(
        chats=st.sets(names, min_size=1),
        times=st.sampled_from([1, 1, 5]),
        order=st.sampled_from(
            [
                Order(RetryAfter(2.0, "chat")),
                Order(RetryAfter(40.0, "chat")),
                Order(RetryAfter(300.0, "chat")),
                Order(RetryAfter(20.0, "bot")),
                Order(Unreachable("502", is_unsent=True)),
                Order(Unreachable("no answer")),
                Order(Unreachable("reset"), taken=True),
                Order(Unreachable("timeout"), seconds=8.0, taken=True),
                Order(Refused("message is too long")),
            ]
        ),
    )
    def platform_will_answer(self, chats: set[str], times: int, order: Order) -> None:
        """An edit is refused for good; the one after it is not."""
        for name in sorted(chats):
            chat = self.platform.chats[name]
            if isinstance(order.outcome, Refused):
                chat.edit_orders.append(order)
            else:
                chat.orders.extend([order] * times)

    @rule(
        act=st.sampled_from(
            ["start", "start", "SIGTERM", "SIGKILL", "another dossier", "stop all", "go on", "go on", *["newsroom"] * 4]
        ),
        number=some,
        then=pauses,
    )
    def process_changes(self, act: str, number: int, then: float) -> None:
        """Processes start and end, one of them with the files of another dossier; an owner stops all sending, and starts it again."""
        alive = self._alive()
        if act == "another dossier":
            self._start_another_dossier()
        elif act == "newsroom":
            self._newsroom_dies(number)
        elif act in ("stop all", "go on"):
            self._stop_all(stopped=act == "stop all")
        elif act == "start":
            if len(alive) < MOST_PROCESSES:
                self._start()
        elif alive:
            process = alive[number % len(alive)]
            if act == "SIGKILL":
                self.run(process.kill())
            elif self.run(process.stop()) >= KILL_SECONDS:
                self.reference.broken.append(f"{process.name} does not end within {KILL_SECONDS} s")
        self._wait(then)

    @rule(
        act=st.sampled_from(["refuses", "silent", "loses an answer", "is back", "is back", "forward", "back"]),
        everybody=st.booleans(),
        number=some,
        then=pauses,
    )
    def database_changes(self, act: str, everybody: bool, number: int, then: float) -> None:
        """For one process or all; its clock is set for all."""
        alive = self._alive()
        concerned = alive if everybody else alive[number % len(alive) :][:1] if alive else []
        if act in ("forward", "back"):
            self.clock.set(HOUR if act == "forward" else -HOUR)
        for process in concerned:
            if act == "is back":
                process.find_database()
            elif act == "loses an answer":
                process.lose_answer()
            elif act in ("refuses", "silent"):
                process.lose_database(act)
        self._wait(then)

    # What must hold

    @invariant()
    def nothing_is_broken(self) -> None:
        self.counts["steps"] += 1
        faults = [fault for process in self.processes for fault in process.faults]
        assert not faults, faults
        failed = [each for each in self.logs if each["log_level"] in ("error", "critical")]
        errors = [each for each in failed if not each["event"].startswith((WAITS, FORMER_FILES, UNANSWERED))]
        if any(process.cuts for process in self.processes):
            errors = [each for each in errors if each["event"] != OUTAGE]
        assert not errors, errors
        if hasattr(self, "reference"):
            broken, self.reference.broken = self.reference.broken, []
            assert not broken, "\n".join(broken)

    def teardown(self) -> None:
        try:
            if hasattr(self, "reference") and not self.reference.broken:
                self._end()
        finally:
            self._close()

    def _end(self) -> None:
        """All faults end and time passes, until nothing is left to be done."""
        if not self._alive():
            self._start()
        for process in self._alive():
            process.link.answers_to_lose = 0
            process.find_database()
        self.platform.seconds = 0.05
        for chat in self.platform.chats.values():
            chat.orders.clear()
            chat.edit_orders.clear()
        self._stop_all(stopped=False)
        self._find_all()
        self._wait(14.0)
        for _ in range(MOST_ROUNDS):
            if (moment := self.run(self._next_moment())) is None:
                break
            self.loop.leap(max(0.0, moment - self.clock()))
            self._wait(1.0)
            self._find_files()
        self.reference.ended(self.run(self._rows()), self.run(self._suspended()))
        self.run(self.store.readers.load())
        if (
            FORUM in self.platform.chats
            and self.store.readers.of_group(Address(self.platform.name, "-60")).audience != "private"
        ):
            self.reference.broken.append("the forum's answers are no longer private")
        self.nothing_is_broken()

    def _find_all(self) -> None:
        self._find_files()
        if self.reference.is_topic_deleted:  # the next bulletin finds it out
            self._new("last", (), urgent=True, hours=None)
            self.press.deploys()

    def _find_files(self) -> None:
        """Former ones once no process has had later ones for ten minutes, in which it noted that it runs."""
        self.press.finds_all()
        for _ in range(2 * int(FORMER_SECONDS / GAP_SECONDS) if self.press.is_behind else 0):
            if not self._leaps(GAP_SECONDS - 5.0):
                self._wait(1.0)
            self.press.release()

    def _close(self) -> None:
        for process in self._alive():
            self.run(process.kill())
        with self.loop.in_transaction():
            for store in self.stores:
                self.run(store.database.close())
            self.run(_exited(self.opened))
        self.loop.close()

    # How it is done

    def _alive(self) -> list[Process]:
        return [each for each in self.processes if each.is_alive]

    def _waiting(self) -> list[Pair]:
        """What is owed and not there."""
        return [each for each in self.reference.pairs.values() if each.waits]

    def _opened(self, link: Link) -> Store:
        """A way to the database for another process."""
        store = linked_store(self.url, self.clock, link, self.turn)
        self.stores.append(store)
        return store

    def _wait(self, seconds: float) -> None:
        self.press.release()
        self.run(asyncio.sleep(seconds))

    def _start(self) -> None:
        link = Link(self.latency)
        store = self._opened(link)
        process = Process(f"process-{len(self.processes)}", self.loop, store, link, self.platform)
        self.processes.append(process)
        process.start()

    def _subscribes(self, name: str, preferences: Preferences) -> None:
        self.reference.is_back(name)
        self.reference.subscribes(name, preferences)
        self.run(self._subscribe(name, preferences))

    def _address(self, name: str) -> Address:
        """By which the store knows it, or will."""
        return self.run(self._stored_address(name))

    async def _stored_address(self, name: str) -> Address:
        chat, known = self.platform.chats[name], await self._known()
        new = Address(self.platform.name, chat.ids[-1], chat.thread)
        return next((address for address, of in known.items() if of == name), new)

    async def _known(self) -> dict[Address, str]:
        """The addresses that the store knows, and whose they are."""
        async with self.store.database.read() as connection:
            found = [address_of(row) for row in await connection.execute(select(*ADDRESS))]
        return {each: self.platform.at(each).name for each in found}

    async def _subscribe(self, name: str, preferences: Preferences) -> None:
        """As ``/subscribe`` and ``/settings`` do."""
        chat = self.platform.chats[name]
        address = await self._stored_address(name)
        await self.store.readers.meet(address, "private" if chat.is_private else "group", name, "en")
        await self.store.readers.restore(address.platform, address.chat_id)
        quiet = QuietHours(*preferences.quiet) if preferences.quiet else None
        timing = Timing(preferences.pace, preferences.hour, preferences.weekday, quiet, ZONES[preferences.zone])
        switches = dict.fromkeys(preferences.on, True)
        await self.store.subscriptions.put(address, Subscription(preferences.topics, timing, **switches))  # type: ignore[arg-type]

    def _new(self, slug: str, topics: tuple[str, ...], urgent: bool, hours: float | None) -> None:
        not_before = None if hours is None else self.clock() // 1.0 + hours * HOUR
        self.press.adds(slug, topics, urgent=urgent, not_before=not_before)

    async def _rows(self) -> list[Any]:
        known = await self._known()
        statement = select(deliveries, *ADDRESS).join(readers).order_by(deliveries.c.id)
        async with self.store.database.read() as connection:
            rows = (await connection.execute(statement)).all()
        slugs = {each.id: each.slug for each in self.reference.news.values()}
        return [
            SimpleNamespace(**row._asdict(), name=known[address_of(row)], slug=slugs[row.bulletin_id])
            for row in rows
            if not row.bulletin_id.startswith(REVIEW)
        ]

    async def _suspended(self) -> dict[str, str]:
        known = await self._known()
        async with self.store.database.read() as connection:
            rows = (await connection.execute(select(readers).where(readers.c.suspended_since.is_not(None)))).all()
        return {known[address_of(row)]: row.reason for row in rows}

    async def _next_moment(self) -> float | None:
        """When something is to be done next, by the database's clock; None where nothing is."""
        due = case((bulletins.c.paused > deliveries.c.due, bulletins.c.paused), else_=deliveries.c.due)
        waiting = select(due).join(bulletins).where(deliveries.c.state.in_(("due", "retry", "claimed")))
        scheduled = select(bulletins.c.not_before).where(bulletins.c.state == "scheduled")
        moments = [each.due for each in self.press.written if each.state == "approved"]
        async with self.store.database.read() as connection:
            for statement in (waiting, scheduled):
                moments += (await connection.execute(statement)).scalars()
        return min(moments, default=None)


async def _exited(opened: AbstractAsyncContextManager[str]) -> None:
    await opened.__aexit__(None, None, None)


def migrated(file: Path) -> Path:
    """The file as an SQLite database with our tables."""

    async def migrate() -> None:
        async with open_store(f"sqlite:///{file}"):
            pass

    asyncio.run(migrate())
    return file


def copies_of(template: Path) -> OpenDatabase:
    @asynccontextmanager
    async def opened() -> AsyncIterator[str]:
        with tempfile.TemporaryDirectory(dir=DISK) as folder:
            shutil.copy(template, folder)
            yield f"sqlite:///{folder}/{template.name}"

    return opened


@contextmanager
def _machine(
    open_database: OpenDatabase,
    platforms: Sequence[str],
    counts: Counter[str] | None = None,
    has_sockets: bool = False,
) -> Iterator[type[Promises]]:
    with structlog.testing.capture_logs() as logs:
        attributes = {
            "open_database": staticmethod(open_database),
            "logs": logs,
            "counts": Counter() if counts is None else counts,
            "has_sockets": has_sockets,
            "platforms": platforms,
        }
        yield type("Promises", (Promises,), attributes)


def hold(
    open_database: OpenDatabase,
    counts: Counter[str] | None = None,
    has_sockets: bool = False,
    seed: int | None = None,
    platforms: Sequence[str] = PLATFORMS,
    **given: Any,
) -> None:
    """Runs the machine.

    Args:
        open_database: makes a database that has our tables.
        counts: counts examples and steps.
        has_sockets: as of :class:`SimulatedLoop`.
        seed: chooses the examples.
        platforms: those that are simulated.
        **given: settings of Hypothesis.
    """
    with _machine(open_database, platforms, counts, has_sockets) as machine:
        if seed is not None:
            hypothesis.seed(seed)(machine)
        checks = settings(
            deadline=None, suppress_health_check=list(HealthCheck), print_blob=True, database=None, **given
        )
        run_state_machine_as_test(machine, settings=checks)


@pytest.mark.parametrize("examples", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_promises_hold_on_sqlite(examples: int, tmp_path: Path) -> None:
    """A short run, always the same; ``python -m tests.model`` runs longer, and takes back mends of known faults."""
    hold(
        copies_of(migrated(tmp_path / "template.sqlite3")),
        max_examples=examples,
        stateful_step_count=20,
        derandomize=True,
        phases=[Phase.generate],
    )


@pytest.mark.slow
def test_promises_hold_whatever_the_seed(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Other examples in each run; the command that repeats them is printed at the end (``tests/conftest.py``)."""
    seed = secrets.randbelow(10**6)
    record_property(REPEATED_BY, f"python -m tests.model --seed {seed} --examples 25 --steps 30")
    hold(
        copies_of(migrated(tmp_path / "template.sqlite3")),
        seed=seed,
        max_examples=25,
        stateful_step_count=30,
        derandomize=True,
        phases=[Phase.generate],
    )


def test_a_chat_comes_back_while_its_refusal_waits_for_the_database(tmp_path: Path) -> None:
    """An order that broke a promise: the platform's answer "gone" is older than the chat's return."""
    with _machine(copies_of(migrated(tmp_path / "template.sqlite3")), ("discord",)) as machine:
        state = machine()
        state.begins("discord", 0.0, (Preferences(), None, None, None), old=False, coming=False, seconds=1.5)
        state.chat_changes("kicked", "ann", told=False, then=0.6)
        state.bulletins_appear((), urgent=False, hours=None, count=1, then=0.6)
        state.database_changes("refuses", everybody=True, number=0, then=3.0)
        state.chat_changes("back", "ann", told=True, then=3.0)
        state.nothing_is_broken()
        state.teardown()


def test_a_clock_is_set_after_all_that_happened_before() -> None:
    """No simulated time passes between a publication and the step; still, its digest is the first one by the clock as it was."""
    loop = SimulatedLoop(has_sockets=False)
    clock, daily = DatabaseClock(loop, MONDAY_NOON), Preferences(pace="daily", hour=13)
    published = loop.time()
    clock.set(2 * HOUR)
    published_after = loop.time()
    assert daily.next_digest(clock.at(published)) == MONDAY_NOON + HOUR
    assert daily.next_digest(clock.at(published_after)) == MONDAY_NOON + HOUR + DAY
    assert clock.highest(published_after) >= MONDAY_NOON + 2 * HOUR
    clock.set(-2 * HOUR)
    assert clock.highest(loop.time()) < MONDAY_NOON + HOUR  # what it showed before does not count from now on
    assert clock.highest(published) >= MONDAY_NOON + 2 * HOUR
    loop.close()
