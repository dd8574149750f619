"""A process, watched while it works."""

import threading
from dataclasses import dataclass, field

import psutil


@dataclass(slots=True)
class Meter:
    """The bot's process, watched: megabytes resident before and at most, and the seconds of a processor that it took."""

    process: psutil.Process
    before: float = 0.0
    most: float = 0.0
    _began: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        self.before = self.most = self._megabytes()
        self._began = self._seconds()
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> float:
        """Seconds of a processor since the start."""
        self._stop.set()
        return self._seconds() - self._began

    @property
    def growth(self) -> float:
        return self.most - self.before

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            self.most = max(self.most, self._megabytes())

    def _megabytes(self) -> float:
        return float(self.process.memory_info().rss / 1e6)

    def _seconds(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)
