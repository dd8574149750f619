"""Telegram's side of two deployments, of a change of mode, and of a webhook that is set already."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bot.dossier.models import Dossier
from bot.platforms.base import RELEASE_SECONDS, PlatformFailure, PlatformUnreachable
from bot.platforms.telegram.api import Client
from bot.platforms.telegram.bot import release
from bot.platforms.telegram.types import ALLOWED_UPDATES
from bot.platforms.telegram.webhook import (
    CONNECTIONS,
    RECENT_ERROR_SECONDS,
    WATCH_SECONDS,
    register,
    watch,
    webhook_target,
)
from tests.clocks import MovedClock
from tests.servers.telegram import TOKEN, BotApi, bot_api

OURS = webhook_target(TOKEN, "https://nota.example")
AS_WE_SET_IT = {"url": OURS.url, "allowed_updates": ALLOWED_UPDATES, "max_connections": CONNECTIONS}
NOW = 1_800_000_000.0
MINUTES = int(RELEASE_SECONDS / WATCH_SECONDS)
"""Looks while a release may be under way."""


async def no_sleep(_seconds: float) -> None:
    await asyncio.sleep(0)


@asynccontextmanager
async def client_of(api: BotApi) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as session:
        client = Client(TOKEN, api.url, session, no_sleep)
        await client.start()
        yield client


class TestRegistering:
    """Set only where it differs; updates that wait are kept."""

    async def test_once(self) -> None:
        """A second process, or a restart, changes nothing."""
        async with bot_api() as api, client_of(api) as client:
            assert [await register(client, OURS), await register(client, OURS)] == [True, False]
            [given] = api.of("setWebhook")
        assert given["allowed_updates"] == ALLOWED_UPDATES
        assert "drop_pending_updates" not in given
        assert given["max_connections"] == 40

    @pytest.mark.parametrize(
        "differing",
        [{"url": "https://old.example/telegram/webhook"}, {"allowed_updates": ["message"]}, {"max_connections": 1}],
    )
    async def test_again_where_it_differs(self, differing: dict[str, object]) -> None:
        """In its address, in what is brought, in how much at once."""
        async with bot_api() as api, client_of(api) as client:
            await register(client, OURS)
            api.state.webhook |= differing
            assert await register(client, OURS)

    def test_another_secret_shows_as_another_address(self) -> None:
        """Telegram never shows a secret; its fingerprint does not give it away."""
        other = webhook_target("987654321:another", "https://nota.example")
        assert other.url != OURS.url
        assert OURS.secret not in OURS.url
        assert other.url.partition("?")[0] == OURS.url.partition("?")[0]

    async def test_refused_address_is_one_line(self) -> None:
        """It names the setting."""
        async with bot_api() as api, client_of(api) as client:
            with pytest.raises(PlatformFailure, match="PUBLIC_URL"):
                await register(client, webhook_target(TOKEN, "http://nota.example"))


class TestTwoDeployments:
    """Of one token at once: it is said plainly, and nobody fights."""

    async def reported(self, *states: dict[str, object]) -> list[str]:
        """What is said as Telegram shows each state of the webhook in turn, a minute each."""
        said: list[str] = []
        waiting = iter(states)
        clock = MovedClock(NOW)
        async with bot_api() as api, client_of(api) as client:

            async def next_state(seconds: float) -> None:
                assert seconds == WATCH_SECONDS
                clock.forward(seconds)
                state = next(waiting, None)
                if state is None:
                    raise asyncio.CancelledError
                api.state.webhook = AS_WE_SET_IT | state

            with pytest.raises(asyncio.CancelledError):
                await watch(client, OURS, said.append, next_state, clock)
            self.set_again = len(api.of("setWebhook"))
        return said

    async def test_a_token_revoked_meanwhile_ends_it(self) -> None:
        """Nothing comes any more, and nothing can be sent."""
        async with bot_api() as api, client_of(api) as client:
            api.fault("getWebhookInfo", 401, "Unauthorized")
            with pytest.raises(PlatformFailure, match="no longer accepts the token"):
                await watch(client, OURS, [].append, no_sleep)

    async def test_a_token_revoked_before_it_was_set_ends_it(self) -> None:
        """Between the start and the first look at the webhook."""
        async with bot_api() as api, client_of(api) as client:
            api.fault("getWebhookInfo", 401, "Unauthorized")
            with pytest.raises(PlatformFailure, match="no longer accepts the token"):
                await register(client, OURS)

    @pytest.mark.parametrize("url", ["https://new.example/telegram/webhook", ""])
    async def test_a_release_under_way_is_no_rival(self, url: str) -> None:
        """With another PUBLIC_URL, or without one: it ends this process soon, or is taken back."""
        new: dict[str, object] = {"url": url}
        assert await self.reported({}, *[new] * MINUTES) == []
        assert await self.reported(*[new] * MINUTES, {}) == []
        assert self.set_again == 0

    async def test_another_took_the_webhook(self) -> None:
        """A process that still runs when any release is over: said once, by the other's name, and unsaid when it is ours again."""
        other: dict[str, object] = {"url": "https://other.example/telegram/webhook"}
        [fault, well] = await self.reported({}, *[other] * (MINUTES + 2), {})
        assert "other.example" in fault
        assert "TELEGRAM_TOKEN" in fault
        assert well == ""
        assert self.set_again == 0

    async def test_two_that_take_it_in_turn(self) -> None:
        """As with each of their restarts: said at once."""
        other: dict[str, object] = {"url": "https://other.example/telegram/webhook"}
        [fault, well] = await self.reported({}, other, {}, other, {})
        assert "another deployment has this bot's updates brought to other.example" in fault
        assert well == ""
        assert self.set_again == 0

    async def test_somebody_polls(self) -> None:
        """Which removes the webhook."""
        [fault] = await self.reported(*[{"url": ""}] * (MINUTES + 2))
        assert "polls" in fault
        assert self.set_again == 0

    async def test_the_same_under_another_fingerprint_is_an_older_release(self) -> None:
        """Rolling over, not another deployment."""
        assert await self.reported({"url": OURS.url.partition("?")[0]}) == []
        assert self.set_again == 0

    @pytest.mark.parametrize("older", [{"allowed_updates": ["message"]}, {"max_connections": 100}])
    async def test_what_an_older_release_left_behind_is_put_right(self, older: dict[str, object]) -> None:
        """It started once more after we had set the webhook; a minute later it is gone, and what it asked for is not ours."""
        assert await self.reported(older, older) == []
        assert self.set_again == 1


class TestUnreachable:
    """Telegram cannot reach our address: said once for as long as it lasts."""

    reported = TestTwoDeployments.reported

    def failing(self, waiting: int, seconds_ago: float) -> dict[str, object]:
        said = "Wrong response from the webhook: 502 Bad Gateway"
        date = NOW + WATCH_SECONDS - seconds_ago
        return {"pending_update_count": waiting, "last_error_message": said, "last_error_date": date}

    async def test_once_however_much_waits(self) -> None:
        """And unsaid when it is over."""
        [fault, well] = await self.reported(*(self.failing(waiting, 20) for waiting in (1, 7, 30, 0)))
        assert fault == "Telegram cannot bring updates: Wrong response from the webhook: 502 Bad Gateway"
        assert well == ""

    async def test_an_error_of_the_past_is_none(self) -> None:
        """As that of the last deploy, which Telegram shows on while the next update is on its way."""
        assert await self.reported(self.failing(1, RECENT_ERROR_SECONDS + 1)) == []


class TestOutage:
    """The Bot API itself does not answer: no webhook of ours is the cause, and nothing can be sent."""

    @pytest.mark.parametrize(("misses", "said"), [(1, []), (3, ["Telegram cannot be reached; trying on", ""])])
    async def test_is_told_once_and_so_is_its_end(self, misses: int, said: list[str]) -> None:
        """A single miss may be chance."""
        told: list[str] = []
        looks = 0
        async with bot_api() as api, client_of(api) as client:
            api.state.webhook = dict(AS_WE_SET_IT)
            for _ in range(misses):
                api.fault("getWebhookInfo", 502, "Bad Gateway")

            async def next_look(_seconds: float) -> None:
                nonlocal looks
                looks += 1
                if looks > misses + 1:
                    raise asyncio.CancelledError

            with pytest.raises(asyncio.CancelledError):
                await watch(client, OURS, told.append, next_look)
        assert told == said


class TestRelease:
    """The release step: menus and webhook, idempotent."""

    async def test_twice_writes_once(self, dossier: Dossier) -> None:
        """Two releases may overlap."""
        async with bot_api() as api:
            first = await release(TOKEN, api.url, "https://nota.example", dossier)
            written = len([call for call in api.calls if call.method.startswith("set")])
            second = await release(TOKEN, api.url, "https://nota.example", dossier)
            assert len([call for call in api.calls if call.method.startswith("set")]) == written
        assert "is now https://nota.example/telegram/webhook" in first[-1]
        assert "was already" in second[-1]

    async def test_unreachable(self, dossier: Dossier) -> None:
        """Whoever releases is told by an exception."""
        async with bot_api() as api:
            api.fault("setWebhook", 403, "Forbidden: not now")
            with pytest.raises(PlatformUnreachable, match="not now"):
                await release(TOKEN, api.url, "https://nota.example", dossier)

    async def test_a_mode_without_webhook_leaves_it_to_the_process(self, dossier: Dossier) -> None:
        """The last release still lives by it."""
        async with bot_api() as api:
            await release(TOKEN, api.url, "https://nota.example", dossier)
            await release(TOKEN, api.url, None, dossier)
            assert api.of("deleteWebhook") == []
