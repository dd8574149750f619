"""Where we have answered a lot just now, so that further answers are for their askers alone. PURE: the clock is an argument.

What people write to each other is not for us to look at; how much we ourselves wrote, we know.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

ANSWERS = 4
WINDOW_SECONDS = 30.0
"""So many answers for all to see within so many seconds make a channel busy: about a screen of them."""

_KEPT = 10_000


@dataclass(slots=True)
class Bustle:
    """The last answers of each channel; ``clock`` gives seconds and never goes back."""

    clock: Callable[[], float]
    _answers: dict[int, deque[float]] = field(default_factory=dict)

    def is_busy(self, channel_id: int) -> bool:
        """Whether one more answer would push the others off the screen."""
        answers = self._answers.get(channel_id)
        return answers is not None and len(answers) == ANSWERS and self.clock() - answers[0] < WINDOW_SECONDS

    def note(self, channel_id: int) -> None:
        """We answer there for all to see."""
        if channel_id not in self._answers:
            if len(self._answers) >= _KEPT:
                self._answers.clear()
            self._answers[channel_id] = deque(maxlen=ANSWERS)
        self._answers[channel_id].append(self.clock())
