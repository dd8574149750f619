"""``/why`` says what became of each bulletin in this chat, and nothing that is not known."""

import re
from dataclasses import replace
from random import Random
from typing import ClassVar

import pytest
from telegram.error import BadRequest, Forbidden

from bot.delivery.outcomes import ChatGone, MessageGone, Outcome, Refused
from bot.dossier.models import Bulletin, Language
from bot.platforms.plain_text import render
from bot.platforms.telegram.outcomes import outcome_of
from bot.reader import Address
from bot.schedule import QuietHours, Subscription, Timing
from bot.subscriptions.why import delivery_report
from tests.delivery.scene import ANN, BUDI, DeliveryScene
from tests.editor import FARE, bulletin, compare


async def why(scene: DeliveryScene, address: Address = ANN, language: str = "en") -> list[str]:
    """The lines of the reply, without its title."""
    reply = await delivery_report(scene.store, scene.editor.live(), address, Language(language))
    return render(reply).splitlines()[2:]


async def withdraw(scene: DeliveryScene, item: Bulletin, *others: Bulletin) -> None:
    """The bulletin's file says that it is withdrawn."""
    because = {"date": item.date, "because": {"en": "It was wrong.", "id": "Itu keliru."}}
    gone = Bulletin.model_validate(item.model_dump(exclude_defaults=True) | {"withdrawn": because})
    dossier = replace(scene.editor.live(*others), withdrawn={gone.id: gone})
    await compare(scene.editor.newsroom, dossier, [])


class TestWithdrawn:
    """A bulletin whose message says that it is withdrawn is not listed as if it held."""

    async def test_delivered_corrected_and_withdrawn(self, scene: DeliveryScene) -> None:
        """The dossier has it no more, so its title is that which readers saw."""
        await scene.subscribe(ANN)
        await scene.publish(bulletin("one"), bulletin("two"))
        await scene.publish(bulletin("one", "One, corrected"), bulletin("two"))
        await withdraw(scene, bulletin("one", "One, corrected"), bulletin("two"))
        await scene.send_all()
        two, one = await why(scene)
        assert one.startswith("• One, corrected. — delivered ")
        assert ", withdrawn 2" in one
        assert "corrected 2" not in one
        assert two.startswith("• Two. — delivered ")
        assert "withdrawn" not in two

    async def test_not_shown_yet(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN)
        await scene.publish(bulletin("one"))
        await withdraw(scene, bulletin("one"))
        [one] = await why(scene)
        assert one.endswith(", withdrawn since")

    async def test_in_the_readers_language(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN, "id")
        await scene.publish(bulletin("one"))
        await withdraw(scene, bulletin("one"))
        await scene.send_all()
        [one] = await why(scene, language="id")
        assert one.startswith("• One (id). — terkirim ")
        assert ", ditarik " in one

    async def test_while_it_waited(self, scene: DeliveryScene) -> None:
        """Of one that has no file any more, only what is known."""
        await scene.subscribe(ANN, "id", Subscription(timing=Timing("daily", hour=18)))
        await scene.editor.publish(bulletin("one"), bulletin("two"))
        await withdraw(scene, bulletin("one"))
        assert await why(scene, language="id") == [
            "• Two (id). — tidak terkirim: saat ini tidak tersedia",
            "• One (id). — ditarik sebelum sampai ke sini",
        ]

    async def test_a_message_that_somebody_deleted(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN, "id")
        await scene.publish(bulletin("one"))
        scene.platform.order(ANN.chat_id, MessageGone())
        await scene.publish(bulletin("one", "Second"))
        [one] = await why(scene, language="id")
        assert one.endswith("pesannya tidak bisa diubah: pesannya sudah dihapus")

    async def test_a_correction_that_was_refused(self, scene: DeliveryScene) -> None:
        """The message was delivered all the same."""
        await scene.subscribe(ANN)
        await scene.publish(bulletin("one"))
        scene.platform.order(ANN, Refused("message is too long"))
        await scene.publish(bulletin("one", "One, corrected"))
        [one] = await why(scene)
        assert "delivered " in one
        assert "could not be changed: a technical problem" in one
        assert "not delivered" not in one


class TestReasons:
    """In the reader's words: a platform's own words, in English, stand in ``nota deliveries``."""

    @pytest.mark.parametrize(
        ("outcome", "said"),
        [
            (outcome_of(Forbidden("Forbidden: bot was blocked by the user")), "бота заблокировали"),
            (outcome_of(Forbidden("Forbidden: bot was kicked from the supergroup chat")), "бота удалили"),
            (outcome_of(Forbidden("Forbidden: bot is not a member of the channel chat")), "бота удалили"),
            (outcome_of(BadRequest("Bad Request: TOPIC_CLOSED")), "тема или ветка закрыта"),
            (outcome_of(BadRequest("Bad Request: can't parse entities")), "техническая неполадка"),
            (ChatGone("10003 Unknown Channel"), "техническая неполадка"),
        ],
    )
    async def test_in_russian(self, scene: DeliveryScene, outcome: Outcome, said: str) -> None:
        await scene.subscribe(ANN, "ru")
        scene.platform.order(ANN, outcome)
        await scene.publish(bulletin("one"))
        said_there = await why(scene, language="ru")
        assert all(said in line for line in said_there)
        assert not any("Forbidden" in line or "Bad Request" in line or "10003" in line for line in said_there)


class TestMissed:
    """What was published while the bot was away is not blamed on the topics."""

    async def test_kicked_and_back(self, scene: DeliveryScene) -> None:
        """Of two readers one was away; both want every topic."""
        for reader in (ANN, BUDI):
            await scene.subscribe(reader)
        await scene.store.readers.suspend("telegram", ANN.chat_id, "left")
        await scene.publish(bulletin("one", topics=[FARE]))
        away, line = await why(scene)
        assert "the bot was removed" in away
        assert line == "• One. — not delivered: the bot was removed"
        await scene.store.readers.restore("telegram", ANN.chat_id)
        [line] = await why(scene)
        assert line == "• One. — not sent: when it was published, the bot could not write here, or other settings held"
        assert "delivered" in (await why(scene, BUDI))[0]

    async def test_other_topics(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN, wanted=Subscription(frozenset()))
        await scene.publish(bulletin("one", topics=[FARE]))
        assert await why(scene) == ["• One. — not about the topics chosen here"]


AT_NIGHT = Timing(quiet=QuietHours(22, 7), zone="UTC")


class TestForecasts:
    """Of a bulletin that waits it says when it comes, and only if it comes as things are."""

    async def waiting(self, scene: DeliveryScene, timing: Timing, language: str = "en", **bulletin_has: object) -> None:
        scene.clock.forward(hours=11.5)  # 23:30
        await scene.subscribe(ANN, language, Subscription(timing=timing))
        await scene.publish(bulletin("one", topics=[FARE], **bulletin_has))
        [line] = await why(scene)
        assert "comes " in line

    async def test_not_in_the_only_language(self, scene: DeliveryScene) -> None:
        """What is said while it waits is what becomes of it."""
        await self.waiting(scene, AT_NIGHT, "ru")
        await scene.store.subscriptions.put(ANN, Subscription(timing=AT_NIGHT, own_language=True))
        [line] = await why(scene)
        assert line.endswith(" — not in the language chosen here")
        scene.clock.forward(hours=8)
        await scene.send_all()
        [line] = await why(scene)
        assert line.endswith(" — not delivered: not in the language chosen here")
        assert not scene.texts(ANN)

    async def test_all_sending_stopped(self, scene: DeliveryScene) -> None:
        """Also on this platform alone; once it starts again, the bulletin comes."""
        await self.waiting(scene, AT_NIGHT)
        safeguards = scene.store.safeguards
        for stop in (safeguards.stop("an owner"), safeguards.halt("telegram", "", "an owner")):
            await stop
            assert await why(scene) == ["• One. — waits: nothing is sent at the moment"]
            await safeguards.start()
            assert "comes " in (await why(scene))[0]
        await safeguards.halt("discord", "", "an owner")
        assert "comes " in (await why(scene))[0]

    async def test_no_moment_of_the_past(self, scene: DeliveryScene) -> None:
        """An urgent one is due at once, which the ledger keeps as a moment long ago."""
        await scene.subscribe(ANN)
        await scene.editor.publish(bulletin("one", urgent=True))
        scene.clock.forward(days=2)
        assert await why(scene) == ["• One. — comes 25 Nov 2026, 12:00"]


class TestForetold:
    """What it foretells of any bulletin that waits, for whatever settings, is what becomes of it if nothing changes any more."""

    READERS: ClassVar = [Address("telegram", str(number)) for number in range(1, 13)]

    @staticmethod
    def settings(chance: Random) -> Subscription:
        pace, zone = (
            chance.choice(("at_once", "daily", "weekly")),
            chance.choice(("UTC", "Asia/Jakarta", "America/Lima")),
        )
        quiet = chance.choice((None, QuietHours(*chance.sample(range(24), 2))))
        timing = Timing(pace, chance.randrange(24), chance.randrange(7), quiet, zone)
        topics = chance.choice((None, frozenset(), frozenset({FARE})))
        return Subscription(topics, timing, silent=chance.random() < 0.5, own_language=chance.random() < 0.3)

    @pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))])
    async def test_comes_to_pass(self, scene: DeliveryScene, seed: int) -> None:
        chance = Random(seed)
        for reader in self.READERS:
            await scene.subscribe(reader, chance.choice(("en", "id", "ru")), self.settings(chance))
        about = [{"topics": chance.choice(([], [FARE])), "urgent": chance.random() < 0.2} for _ in range(4)]
        await scene.editor.publish(*(bulletin(f"b{number}", **traits) for number, traits in enumerate(about)))
        for reader in chance.sample(self.READERS, 8):  # who chooses anew, or leaves, while bulletins wait
            if chance.random() < 0.2:
                await scene.store.readers.suspend("telegram", reader.chat_id, "left")
            else:
                await scene.store.subscriptions.put(reader, self.settings(chance))
        foretold = {reader: await why(scene, reader) for reader in self.READERS}
        for due in sorted({row.due for row in await scene.rows()}):
            scene.clock.forward(max(0.0, due - scene.clock.now))
            await scene.send_all()
        for reader in self.READERS:
            came = [re.sub(r"(?<=— )delivered ", "comes ", line) for line in await why(scene, reader)]
            assert [line.replace("not delivered: ", "") for line in came] == [
                line.replace("not delivered: ", "") for line in foretold[reader]
            ], reader
        assert any("comes " in line for lines in foretold.values() for line in lines)


class TestNewSubscriber:
    """What came before is one line, not one for each."""

    async def test_one_line(self, scene: DeliveryScene) -> None:
        await scene.publish(*(bulletin(f"b{number}") for number in range(5)))
        assert await why(scene) == ["Not subscribed: no bulletins come."]
        await scene.subscribe(ANN)
        earlier = "What was published before the subscription does not come."
        assert await why(scene) == ["No bulletins yet.", earlier]
        scene.clock.forward(seconds=60)
        await scene.publish(*(bulletin(f"b{number}") for number in range(5)), bulletin("new", day=bulletin("x").date))
        new, last = await why(scene)
        assert new.startswith("• New. — delivered ")
        assert last == earlier

    async def test_after_a_kick_that_was_never_undone(self, scene: DeliveryScene) -> None:
        await scene.subscribe(ANN)
        scene.platform.order(ANN, ChatGone("blocked"))
        await scene.publish(bulletin("one"))
        assert "• One. — not delivered: the bot was blocked" in await why(scene)


async def test_what_came_last_is_listed_however_many_others_have_its_day(scene: DeliveryScene) -> None:
    """Seven were published before; by their names and days they would stand before the one that came."""
    earlier = [bulletin(f"z{number}") for number in range(7)]
    await scene.subscribe(BUDI)
    await scene.publish(*earlier)
    scene.clock.forward(seconds=60)
    await scene.subscribe(ANN)
    await scene.publish(*earlier, bulletin("late", day="2026-11-20"))
    assert [line.split(" — ")[0] for line in await why(scene) if line.startswith("•")] == ["• Late."]
