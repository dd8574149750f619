"""What keeps a platform from showing a reply, and which part of its file an editor has to change. PURE."""

from dataclasses import dataclass
from typing import Literal

from bot.answers.question import Question


@dataclass(frozen=True, slots=True)
class ReplyFault:
    """One thing of a reply that a platform would refuse, or that we would have to cut.

    Attributes:
        problem: what is wrong, with the platform's name.
        expected: what it takes.
        part: the key, in the file of what the reply is about, that it stands under.
        label_of: where it is a button's label, the question that the button asks: its words are the title of what that is
            about, which stands in another file. None where it is not.
    """

    problem: str
    expected: str
    part: Literal["title", "body", "sources"] = "body"
    label_of: Question | None = None
