"""The number of a deleted row is never given to another one: it may be under way with a message."""

from bot.dossier.models import Language
from bot.subscriptions.privacy import privacy_reply
from tests.clocks import until
from tests.delivery.scene import ANN, BUDI, DeliveryScene
from tests.editor import bulletin


async def test_a_message_whose_reader_deletes_everything_meanwhile_is_nobody_elses(scene: DeliveryScene) -> None:
    """The row of the next reader does not get it, so the next correction finds the right message."""
    await scene.subscribe(ANN)
    scene.platform.delay = 0.3
    async with scene.sending() as worker:
        await scene.editor.publish(bulletin("ferry"))
        worker.nudge()
        await until(lambda: len(scene.platform.calls) == 1)
        await privacy_reply(scene.store, ANN, "delete now", Language("en"))
        await scene.subscribe(BUDI)
        await scene.editor.publish(bulletin("ferry"), bulletin("second"))
        await until(lambda: scene.texts(ANN))
        scene.platform.delay = 0.0
        await scene.quiet(worker)
        await scene.editor.publish(bulletin("ferry"), bulletin("second", "Corrected"))
        await scene.quiet(worker)
    assert scene.texts(BUDI) == ["📰 Corrected. | Corrected on 23 November 2026."]
