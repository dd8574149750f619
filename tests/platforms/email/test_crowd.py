"""10,000 addresses: nobody misses a mail, and nobody gets it twice."""

from collections import Counter
from secrets import token_hex
from time import monotonic

import pytest

from bot.db.store import open_store
from bot.dossier.models import Dossier
from bot.platforms.email.addresses import parse_address, parse_url
from bot.platforms.email.api import MailServer
from bot.platforms.email.sender import MailSender, Writer
from tests.clocks import MovedClock, until
from tests.delivery.scene import DeliveryScene
from tests.editor import bulletin, new_editor, withdrawn
from tests.platforms.email.crowd import subscribe_addresses
from tests.servers.smtp import mail_host

LONGEST_SECONDS = 900


async def deliver(database_url: str, dossier: Dossier, number: int) -> list[tuple[str, ...]]:
    """A bulletin, its correction and its withdrawal. Returns the different rows of subjects that readers got."""
    me = parse_address("nota@example.org")
    assert me is not None
    clock = MovedClock()
    async with mail_host() as host, open_store(database_url, clock) as store:
        host.checks = max(1, number // 200)
        server = MailServer(parse_url(host.url), me)
        sender = MailSender(server, Writer(me, "", "https://nota.example", lambda: dossier), 600_000)
        scene = DeliveryScene(store, clock, await new_editor(store))
        scene.platform = sender  # type: ignore[assignment]  a real one
        addresses = await subscribe_addresses(store, number)
        host.replies[addresses[0]] = ["450 4.2.0 greylisted"] * 2
        host.replies[addresses[1]] = ["421 4.3.2 one moment"]
        host.after_text[addresses[2]] = ["451 4.3.0 try again", "twice"]
        editions = (bulletin("storm", "Storm"), bulletin("storm", "Calm"), withdrawn(bulletin("storm", "Calm")))
        for count, edition in enumerate(editions, 1):
            began = monotonic()
            await scene.editor.publish(edition)
            async with scene.sending() as worker:
                await until(lambda wanted=count: len(host.received) >= wanted * number - 8, LONGEST_SECONDS)
                await scene.quiet(worker)
            for _ in range(3):  # what was put off, by a process that knows of no pause
                scene.clock.forward(seconds=301)
                await scene.send_all(token_hex(4))
            print(f"{number / (monotonic() - began):.0f} a second")
            assert Counter(mail.to for mail in host.received) == dict.fromkeys(addresses, count)
        await server.close()
    assert host.wrong == []
    assert len({mail.id for mail in host.received}) == 3 * number
    by_reader: dict[str, list[str]] = {address: [] for address in addresses}
    for mail in host.received:
        by_reader[mail.to].append(mail.subject)
    return sorted({tuple(subjects) for subjects in by_reader.values()})


@pytest.mark.slow
async def test_a_few(database_url: str, dossier: Dossier) -> None:
    assert await deliver(database_url, dossier, 12) == [("Storm.", "Corrected: Calm.", "Withdrawn: Calm.")]


@pytest.mark.slow
@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=pytest.mark.chaos)])
async def test_many(database_url: str, dossier: Dossier, count: int) -> None:
    assert await deliver(database_url, dossier, count) == [("Storm.", "Corrected: Calm.", "Withdrawn: Calm.")]
