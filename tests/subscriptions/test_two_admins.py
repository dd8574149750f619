"""Two admins change one chat at once: the result is that of some order of their requests."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.conversation import Conversation
from bot.db.store import Store, open_store
from bot.dossier.models import Dossier
from bot.live_dossier import LiveDossier
from bot.reader import Address
from bot.replies.question import Command
from bot.schedule import Subscription
from bot.subscriptions.service import first_subscription
from bot.subscriptions.settings_panel import apply_argument, followable
from tests.asking import asked
from tests.conftest import TODAY, shipped
from tests.databases import PostgreSQL

LOADED = shipped()
DOSSIER: Dossier = LOADED
TOPICS = followable(DOSSIER)[:3]

SUBSCRIBE, UNSUBSCRIBE, SOUND = Command("subscribe"), Command("unsubscribe"), Command("settings", "sound")
REQUESTS = (
    SUBSCRIBE,
    UNSUBSCRIBE,
    SOUND,
    Command("settings", "topics all"),
    Command("settings", "when daily 8"),
    Command("settings", "when weekly 4 18"),
    Command("settings", "quiet 22 7"),
    Command("settings", "zone Asia/Jakarta"),
    *(Command("settings", f"topic {name}") for name in TOPICS),
)
LISTS = st.lists(st.sampled_from(REQUESTS), min_size=1, max_size=3)

_chats = count(-1_000_001, -1)


class Replicas:
    """Two processes on one database."""

    def __init__(self, *stores: Store) -> None:
        self.stores = stores
        self.conversations = [Conversation(LiveDossier(DOSSIER), store, lambda: TODAY) for store in stores]


@pytest.fixture(params=["sqlite-file", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.slow])])
async def replicas(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Replicas]:
    if request.param == "sqlite-file":
        url = f"sqlite:///{tmp_path_factory.mktemp('two')}/nota.sqlite3"
        async with open_store(url) as one, open_store(url) as other:
            yield Replicas(one, other)
        return
    postgresql: PostgreSQL = request.getfixturevalue("postgresql")
    async with postgresql.database() as url, open_store(url) as one, open_store(url) as other:
        yield Replicas(one, other)


async def ask(conversation: Conversation, chat: Address, command: Command) -> None:
    await conversation.reply(asked(command, chat, "group", title="The group"))


def after(command: Command, settings: Subscription, *, is_subscribed: bool) -> tuple[Subscription, bool]:
    """The settings, which outlive the subscription, and whether there is one, after one request."""
    match command.name:
        case "subscribe":
            return settings, True
        case "unsubscribe":
            return settings, False
        case _:
            changed = apply_argument(command.argument, settings, DOSSIER) if is_subscribed else None
            return changed or settings, is_subscribed


def possible(
    one: Sequence[Command], other: Sequence[Command], current: Subscription, *, is_subscribed: bool = True
) -> set[Subscription | None]:
    """The results of the two lists of requests, in every order that keeps each admin's order."""
    if not one and not other:
        return {current if is_subscribed else None}
    ends: set[Subscription | None] = set()
    if one:
        settings, subscribed = after(one[0], current, is_subscribed=is_subscribed)
        ends |= possible(one[1:], other, settings, is_subscribed=subscribed)
    if other:
        settings, subscribed = after(other[0], current, is_subscribed=is_subscribed)
        ends |= possible(one, other[1:], settings, is_subscribed=subscribed)
    return ends


async def at_once(replicas: Replicas, *admins: Sequence[Command]) -> Subscription | None:
    """The settings of a subscribed chat after its admins, each through another process, made all these requests."""
    chat, processes = Address("telegram", str(next(_chats))), replicas.conversations
    await ask(processes[0], chat, SUBSCRIBE)

    async def in_turn(conversation: Conversation, commands: Sequence[Command]) -> None:
        for command in commands:
            await ask(conversation, chat, command)

    await asyncio.gather(*(in_turn(processes[number % 2], commands) for number, commands in enumerate(admins)))
    return await replicas.stores[0].subscriptions.get(chat)


class TestTwoAdmins:
    """A change reads and writes in one transaction, so no admin's change is lost."""

    @pytest.mark.slow
    async def test_nobody_is_subscribed_again_by_a_button(self, replicas: Replicas) -> None:
        """One unsubscribes while the other presses a button. In either order, the chat is not subscribed."""
        ends = [await at_once(replicas, [UNSUBSCRIBE], [SOUND]) for _ in range(16)]
        assert ends == [None] * 16

    @pytest.mark.slow
    async def test_no_topic_is_lost(self, replicas: Replicas) -> None:
        """Each chooses one topic: both are chosen."""
        one, other = (Command("settings", f"topic {name}") for name in TOPICS[:2])
        ends = [await at_once(replicas, [one], [other]) for _ in range(12)]
        assert [end.topics if end else None for end in ends] == [frozenset(TOPICS[:2])] * 12

    @pytest.mark.slow
    async def test_a_switch_pressed_by_four_is_switched_four_times(self, replicas: Replicas) -> None:
        ends = [await at_once(replicas, *[[SOUND]] * 4) for _ in range(6)]
        assert [end.silent if end else None for end in ends] == [False] * 6

    @pytest.mark.slow
    @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(one=LISTS, other=LISTS)
    async def test_some_order_explains_the_end(
        self, replicas: Replicas, one: list[Command], other: list[Command]
    ) -> None:
        begin = first_subscription(DOSSIER.language("en"))
        assert await at_once(replicas, one, other) in possible(one, other, begin)
