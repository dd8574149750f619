"""What was heard in a chat is the same question on every platform."""

import pytest

from bot.replies.heard import Heard, question_in
from bot.replies.question import HELP, AboutTopic, CheckText, Command, FreeText, Question


@pytest.mark.parametrize(
    ("heard", "question"),
    [
        (Heard("how long?"), FreeText("how long?")),
        (Heard("/ASK@nota how\nlong"), Command("ask", "how long")),
        (Heard("/ask\thow long"), Command("ask", "how long")),
        (Heard(""), None),
        (Heard("", mentions_us=True), AboutTopic(HELP)),
        (Heard("", is_wordless=True), Command("no-words")),
        (Heard("/unsubscribe", is_forwarded=True), CheckText("/unsubscribe")),
        (Heard("", is_forwarded=True, mentions_us=True), None),
        (Heard("is this true?", replied_to="It sank."), CheckText("It sank.")),
        (Heard("", mentions_us=True, replied_to="It sank."), CheckText("It sank.")),
        (Heard("is this true?", replied_to=""), Command("check")),
        (Heard("how long does it last?", replied_to="It sank."), FreeText("how long does it last?")),
        (Heard("/check", replied_to="It sank."), Command("check", "It sank.")),
        (Heard("/cek", replied_to="Tenggelam."), Command("cek", "Tenggelam.")),
        (Heard("/check it sails", replied_to="It sank."), Command("check", "it sails")),
        (Heard("/fare", replied_to="It sank."), Command("fare")),
    ],
)
def test_question(heard: Heard, question: Question | None) -> None:
    assert question_in(heard) == question
