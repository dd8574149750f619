"""What is answered to whom: each case over real HTTP, by polling and by webhook."""

from tests.platforms.telegram.conftest import Talk
from tests.platforms.telegram.updates import GROUP, message, topic


class TestCommands:
    """A command is answered where it was given."""

    async def test_programs_lists_the_six_with_a_button_each(self, talk: Talk) -> None:
        """The list as an editor wrote it, and a way into each programme."""
        [call] = await talk.tell(message("/programs"))
        assert call.method == "sendMessage"
        assert call.given["chat_id"] == 1001
        assert call.given["text"].startswith("<b>🧭 ")
        tokens = [key["callback_data"] for row in call.given["reply_markup"]["inline_keyboard"] for key in row]
        assert len([token for token in tokens if token.startswith("t/program:")]) == 6
        assert call.given["link_preview_options"] == {"is_disabled": True}
        assert call.in_webhook == (talk.mode == "webhook")

    async def test_a_forum_topic_is_answered_in_the_topic(self, talk: Talk) -> None:
        """Not in the group's general one."""
        [call] = await talk.tell(message("/duration@NotaTestBot", GROUP, **topic(42)))
        assert (call.given["chat_id"], call.given["message_thread_id"]) == (GROUP, 42)
