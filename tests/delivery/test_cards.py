"""Title cards: which messages carry one."""

from bot.dossier.models import BulletinId
from bot.reader import Address
from bot.replies.reply import TitleCard
from bot.schedule import Subscription, Timing
from tests.delivery.desk import Desk
from tests.press import bulletin

ANN = Address("telegram", 1)
FERRY = bulletin("ferry", picture="card")


def cards(desk: Desk) -> list[TitleCard | None]:
    """Those of all calls, in order."""
    return [message.reply.card for _, _, message in desk.platform.calls]


class TestWhichMessagesCarryOne:
    """A bulletin's own message, where its file says ``picture: card``."""

    async def test_the_message_its_correction_and_not_its_withdrawal(self, desk: Desk) -> None:
        """The revision tells a corrected card from the one before."""
        await desk.subscribe(ANN)
        await desk.press.publish(FERRY)
        await desk.send_all()
        await desk.press.publish(FERRY.model_copy(update={"title": {**FERRY.title, "en": "Ferry, at last"}}))
        await desk.send_all()
        await desk.press.publish()
        await desk.send_all()
        first, second, last = cards(desk)
        assert first is not None
        assert second is not None
        assert first.bulletin == second.bulletin == FERRY.id
        assert second.revision > first.revision
        assert last is None

    async def test_no_other_bulletin(self, desk: Desk) -> None:
        """It costs a reader half a screen, so an editor decides."""
        await desk.subscribe(ANN)
        await desk.press.publish(bulletin("ferry"))
        await desk.send_all()
        assert cards(desk) == [None]

    async def test_no_digest(self, desk: Desk) -> None:
        """Which has several titles."""
        await desk.subscribe(ANN, wanted=Subscription(timing=Timing("daily", hour=13)))
        await desk.press.publish(FERRY, bulletin("bridge", picture="card"))
        desk.clock.forward(hours=1)
        await desk.send_all()
        assert cards(desk) == [None]


def test_its_address() -> None:
    """On our page, in the message's language."""
    card = TitleCard(BulletinId("ferry"), 3)
    assert card.address("https://nota.example/", "ru") == "https://nota.example/pictures/ru/bulletin/ferry?revision=3"
