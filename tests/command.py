"""Commands of ``nota``, run in this process."""

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from bot.cli import main


@dataclass(frozen=True)
class Said:
    """What a command wrote to its two streams."""

    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@dataclass(frozen=True)
class Run:
    """Runs a command as somebody types it."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str | Path, status: int = 0) -> Said:
        """``status``: the exit status with which it must end."""
        self.capsys.readouterr()
        try:
            ended: object = main([str(word) for word in words])
        except SystemExit as exit_:
            ended = exit_.code or 0
        said = Said(*self.capsys.readouterr())
        assert ended == status, said
        return said

    async def in_thread(self, *words: str | Path, status: int = 0) -> Said:
        """As a call, with an event loop of its own."""
        return await asyncio.to_thread(partial(self, *words, status=status))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line."""
    return Run(capsys)
