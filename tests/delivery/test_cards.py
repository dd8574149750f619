"""Title cards: which messages carry one."""

from bot.dossier.models import BulletinId
from bot.reader import Address
from bot.replies.reply import TitleCard
from bot.schedule import Subscription, Timing
from tests.delivery.scene import DeliveryScene
from tests.editor import bulletin

ANN = Address("telegram", 1)
FERRY = bulletin("ferry", picture="card")


def cards(scene: DeliveryScene) -> list[TitleCard | None]:
    """Those of all calls, in order."""
    return [message.reply.card for _, _, message in scene.platform.calls]


class TestWhichMessagesCarryOne:
    """A bulletin's own message, where its file says ``picture: card``."""

    async def test_the_message_its_correction_and_not_its_withdrawal(self, scene: DeliveryScene) -> None:
        """The revision tells a corrected card from the one before."""
        await scene.subscribe(ANN)
        await scene.editor.publish(FERRY)
        await scene.send_all()
        await scene.editor.publish(FERRY.model_copy(update={"title": {**FERRY.title, "en": "Ferry, at last"}}))
        await scene.send_all()
        await scene.editor.publish()
        await scene.send_all()
        first, second, last = cards(scene)
        assert first is not None
        assert second is not None
        assert first.bulletin == second.bulletin == FERRY.id
        assert second.revision > first.revision
        assert last is None

    async def test_no_other_bulletin(self, scene: DeliveryScene) -> None:
        """It costs a reader half a screen, so an editor decides."""
        await scene.subscribe(ANN)
        await scene.editor.publish(bulletin("ferry"))
        await scene.send_all()
        assert cards(scene) == [None]

    async def test_no_digest(self, scene: DeliveryScene) -> None:
        """Which has several titles."""
        await scene.subscribe(ANN, wanted=Subscription(timing=Timing("daily", hour=13)))
        await scene.editor.publish(FERRY, bulletin("bridge", picture="card"))
        scene.clock.forward(hours=1)
        await scene.send_all()
        assert cards(scene) == [None]


def test_its_address() -> None:
    """On our page, in the message's language."""
    card = TitleCard(BulletinId("ferry"), 3)
    assert card.address("https://nota.example/", "ru") == "https://nota.example/pictures/ru/bulletin/ferry?revision=3"
