"""``python -m tests.model``: runs the model's state machine for longer, or with the mend of a known fault taken back.

``--without unsubscribe`` shows that the machine finds that fault: it runs on a copy of the code in which the lines of ``MENDS``
are as they were before the mend, and prints how many examples and steps it took.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import Phase

from tests.model.test_promises import copies_of, hold, migrated

ROOT = Path(__file__).parents[2]

Change = tuple[str, str, str]
"""A file, its text now, and the text that takes a mend back."""

_NO_LOOK: Change = (
    "bot/delivery/worker.py",
    "        current = await self._checks.submit(job.rows)\n",
    "        return True\n        current = await self._checks.submit(job.rows)\n",
)

MENDS: dict[str, tuple[Change, ...]] = {
    "unsubscribe": (
        _NO_LOOK,
        (
            "bot/db/subscriptions.py",
            "log = structlog",
            'UNSENT = (deliveries.c.state == "due") & deliveries.c.message.is_(None)  # noqa\nlog = structlog',
        ),
        ("bot/delivery/messages.py", "if row.every_topic is None:", "if False:"),
    ),
    "withdrawal": (_NO_LOOK,),
    "embargo": (
        (
            "bot/newsroom/diff.py",
            "is_sent = bulletin.id in forced or bulletin.not_before > now",
            "is_sent = bulletin.id in forced",
        ),
    ),
    "approval": (
        (
            "bot/newsroom/desk_decisions.py",
            'changes |= {"changed_by": saved.saved_by}',
            "pass",
        ),
    ),
    "failed edit": (
        (
            "bot/db/fan_out.py",
            'or_(deliveries.c.state == "delivered", waits_for_crosspost, FAILED_EDIT)',
            'or_(deliveries.c.state == "delivered", waits_for_crosspost)',
        ),
    ),
    "edit without an answer": (("bot/db/readers.py", "attempts = case((was_tried, 1), else_=0)", "attempts = 0"),),
    "embargo in a digest": (
        (
            "bot/delivery/messages.py",
            "if not is_due and text is not None and _is_under_embargo(row, text, now):",
            "if False:",
        ),
    ),
    "failed under way": (
        ("bot/db/delivery_queue.py", 'state=case((is_newer, "due"), else_="failed")', 'state="failed"'),
    ),
    "merge": (
        (
            "bot/db/readers.py",
            "        if there is None:\n",
            "        if there is not None:\n"
            "            gone = old.id if await _subscribed(connection, there.id) else there.id\n"
            "            await connection.execute(delete(readers).where(readers.c.id == gone))\n"
            "        if True:\n",
        ),
    ),
    "revision": (
        (
            "bot/newsroom/diff.py",
            "stored.revision + 1 if stored else 1)",
            "stored.revision + (stored.text_hashes != bulletin.text_hashes) if stored else 1)",
        ),
        (
            "bot/db/bulletins.py",
            "        if rows:\n            await connection.execute(insert(bulletin_texts), rows)\n",
            '        key = ["bulletin_id", "revision", "language"]\n'
            "        for row in rows:\n"
            "            await connection.execute(upsert(self.database, bulletin_texts, row, key, row))\n",
        ),
    ),
}
"""Faults that the machine must find: what is sent to chats that have unsubscribed, what is sent after it was withdrawn from what was
claimed before, bulletins under embargo that the first comparison takes for history, a text that its own writer approves, a correction
that is not tried because the one before failed, a group that loses its settings and deliveries with a topic, and a revision whose number
is used twice (found in November 2026 in example 47, 8 and 26, after 1,391, 248 and 806 steps); an edit without an answer that is taken
for one that was never tried, a correction under embargo that another one's edit shows, and a correction that is lost because the one
before it, then under way, fails (example 112, 12 and 12)."""


def take_back(name: str, folder: Path) -> None:
    """Copies the code into the folder without the mend.

    Raises:
        ValueError: the text that a mend changes stands in its file not exactly once.
    """
    for part in ("bot", "tests", "content"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for path, now, before in MENDS[name]:
        text = (folder / path).read_text("utf-8")
        if text.count(now) != 1:
            raise ValueError(f"{path} holds {text.count(now)} times, instead of once: {now.strip()}")
        (folder / path).write_text(text.replace(now, before), "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--examples", type=int, default=300)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--without", choices=MENDS)
    given = parser.parse_args()
    if given.without:
        with tempfile.TemporaryDirectory() as folder:
            take_back(given.without, Path(folder))
            more = ["--examples", str(given.examples), "--steps", str(given.steps)]
            return subprocess.run([sys.executable, "-m", "tests.model", *more], cwd=folder, check=False).returncode
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        database = copies_of(migrated(Path(folder) / "template.sqlite3"))
        try:
            hold(
                database,
                counts,
                max_examples=given.examples,
                stateful_step_count=given.steps,
                derandomize=True,
                phases=[Phase.generate],
            )
        except AssertionError as broken:
            print(
                f"broken in example {counts['examples']}, after {counts['steps']} steps: {broken}",
                *getattr(broken, "__notes__", ()),
                sep="\n",
            )
            return 1
    print(f"held in {counts['examples']} examples, {counts['steps']} steps")
    return 0


if __name__ == "__main__":
    sys.exit(main())
