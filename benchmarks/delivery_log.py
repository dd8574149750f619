"""What the loopback Bot API logged, and the figures that it comes to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """A message as it reached the Bot API: monotonic seconds, method, chat, status."""

    moment: float
    method: str
    chat: int
    status: int


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what was measured, what is wanted, whether it is met (None: nothing is wanted)."""

    name: str
    measured: str
    wanted: str = ""
    is_met: bool | None = None


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a log comes to."""

    taken: list[Call]
    refused: int

    @property
    def seconds(self) -> float:
        """From the first to the last that was taken."""
        return self.taken[-1].moment - self.taken[0].moment

    @property
    def refused_share(self) -> float:
        return self.refused / (self.refused + len(self.taken))

    def per_second(self, start: float, end: float) -> float:
        """Between so many seconds after the first and so many."""
        first = self.taken[0].moment
        return sum(1 for each in self.taken if start <= each.moment - first < end) / (end - start)


def traffic(log: list[Call], method: str = "sendMessage") -> Traffic:
    """The calls of a method."""
    calls = [each for each in log if each.method == method]
    taken = [each for each in calls if each.status == 200]
    return Traffic(taken, len(calls) - len(taken))


def summary(found: Traffic) -> str:
    """In words."""
    return f"{found.seconds:.2f} s, {found.refused} answers of 429"


def met_within(name: str, found: Traffic, expected: int, seconds: float) -> Row:
    """All taken in so many seconds, and nothing refused."""
    is_met = len(found.taken) == expected and found.seconds <= seconds and not found.refused
    return Row(name, f"{summary(found)}, {len(found.taken):,} of {expected:,}", f"{seconds} s, no 429", is_met)
