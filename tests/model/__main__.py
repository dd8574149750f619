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
from contextlib import ExitStack
from pathlib import Path

from hypothesis import Phase

from tests.databases import DISK, running_postgresql
from tests.model.test_promises import PLATFORMS, copies_of, hold, migrated

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
            "bot/newsroom/ledger_diff.py",
            "is_sent = bulletin.id in forced or bulletin.not_before > now",
            "is_sent = bulletin.id in forced",
        ),
    ),
    "approval": (
        (
            "bot/newsroom/change_rules.py",
            '(change.state == "draft" or person in change.savers)',
            '(change.state == "draft")',
        ),
    ),
    "save by field": (
        (
            "bot/newsroom/desk.py",
            "if edit.value == stored or value_digest(edit.value) == edit.seen:\n",
            "if edit.value == stored:\n",
        ),
        (
            "bot/newsroom/desk.py",
            "if value_digest(stored) != edit.seen or is_both or is_no_field:",
            "if is_both or is_no_field:",
        ),
    ),
    "differs": (("bot/dossier/entries.py", "elif own != before or (", "elif False and ("),),
    "former value": (("bot/dossier/entries.py", "if digest_of(there) in was.get(unit, ()):", "if False:"),),
    "former after a decision": (
        (
            "bot/dossier/entries.py",
            "        was = with_former(key, before.was, before.in_force, present)\n",
            "        was = before.was\n",
        ),
    ),
    "read": (
        (
            "bot/newsroom/deploy.py",
            "read(key, before.file, theirs, merged.former)",
            "read(key, before.file, theirs, ())",
        ),
    ),
    "withdrawal beside files": (
        ("bot/newsroom/deploy.py", 'if mark and "withdrawn" not in content and (', "if False and ("),
    ),
    "approved as it is": (
        (
            "bot/newsroom/worker.py",
            "            if is_altered and not only_",
            "            if False and not only_",
        ),
    ),
    "failed edit": (
        (
            "bot/db/fan_out.py",
            'or_(deliveries.c.state == "delivered", waits_for_crosspost, FAILED_EDIT, unanswered)',
            'or_(deliveries.c.state == "delivered", waits_for_crosspost, unanswered)',
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
    "corrections that come back": (
        (
            "bot/delivery/messages.py",
            "names += [str(part.revision) for part in parts]",
            "names += []",
        ),
    ),
    "may have arrived": (
        (
            "bot/delivery/worker.py",
            "        return self.sender.known_id(job.message) or FORMER + job.message.key\n",
            "        return None\n",
        ),
    ),
    "earlier copy": (
        (
            "bot/delivery/worker.py",
            "again = is_copy and not job.stands",
            "again = False and not job.stands",
        ),
    ),
    "never sent": (
        (
            "bot/delivery/worker.py",
            "        if not may_have_arrived(outcome):\n            await self._note_unsent(job)\n",
            "",
        ),
    ),
    "called delivered": (
        (
            "bot/db/readers.py",
            'unclaimed(state="failed", reason=reason))',
            'unclaimed(state="delivered", reason=reason))',
        ),
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
            "bot/newsroom/ledger_diff.py",
            "revision = stored.revision + bool(languages)",
            "revision = stored.revision + bool(languages and not restored)",
        ),
        (
            "bot/db/bulletins.py",
            "        if rows:\n            await connection.execute(insert(bulletin_texts), rows)\n\n",
            '        key = ["bulletin_id", "revision", "language"]\n'
            "        for row in rows:\n"
            "            await connection.execute(upsert(self.database, bulletin_texts, row, key, row))\n\n",
        ),
    ),
}
"""Mends without which the machine must fail: what is sent to chats that have unsubscribed, what is sent after it was withdrawn from
what was claimed before, bulletins under embargo that the first comparison takes for history, a text that its own writer approves, a page
that wipes what another editor typed, files that say the same as a change and then something else (also in a process that did not see it),
a rollback behind two changes, a withdrawal that a deploy ends, a correction that is not tried because the one before failed, an edit
without an answer that is taken for one that was never tried, a correction under embargo that another one's edit shows, a correction that
is lost because the one before it, then under way, fails, by mail a correction that says for the second time what another one has said, a mail
that may have arrived and is sent as news with other words, a copy of which nothing is said, one that was refused and is corrected, and one that is called delivered because
its reader is suspended, a group that loses its settings and deliveries with a topic, and a revision
whose number is used twice."""


NAMED: dict[str, tuple[str, tuple[Change, ...]]] = {
    "source id": (
        "tests/newsroom/test_changes.py::TestADraft::test_a_source_gets_a_key_that_none_ever_had",
        (("bot/newsroom/desk.py", "used = await self.store.changes.keys(connection, kind)", "used = set[str]()"),),
    ),
    "withdrawal of another text": (
        "tests/newsroom/test_changes.py::TestDeploys::test_a_withdrawal_waits_for_nobody_to_look_at_a_new_text",
        (
            (
                "bot/newsroom/desk.py",
                "            return  # it sends no text, so it needs no valid one\n",
                "            pass\n",
            ),
        ),
    ),
    "bulletin id": (
        "tests/newsroom/test_changes.py::TestApproval::test_two_of_one_title_get_keys_that_differ",
        (
            (
                "bot/newsroom/desk.py",
                '{*await self.store.bulletins.names(connection), *await changes.keys(connection, "bulletins")}',
                "{*await self.store.bulletins.names(connection)}",
            ),
        ),
    ),
    "topics of a story": (
        "tests/feeds/test_review.py::TestDeciding::test_two_topics_at_once",
        (
            (
                "bot/feeds/review.py",
                "        decided = None\n        async with self.store.database.write() as connection:\n"
                "            now = await self.store.bulletins.lock_newsroom(connection)\n"
                "            before = await self.store.candidates.get(candidate_id, connection)\n",
                "        decided, before = None, await self.store.candidates.get(candidate_id)\n"
                "        async with self.store.database.write() as connection:\n"
                "            now = await self.store.bulletins.lock_newsroom(connection)\n",
            ),
        ),
    ),
    "many": (
        "tests/newsroom/test_changes.py::TestAudience::test_many_at_once_wait_for_an_owner",
        (("bot/newsroom/deploy.py", "if len(edited) > MOST_AT_ONCE else", "if False else"),),
    ),
    "starts over": (
        "tests/newsroom/test_ledger_diff.py::TestWithdrawn::test_comes_back_as_new_where_it_was_never_published",
        (
            (
                "bot/newsroom/ledger_diff.py",
                "stored.revision + 1 if stored else 1)",
                "stored.revision + (stored.text_hashes != bulletin.text_hashes) if stored else 1)",
            ),
        ),
    ),
    "digest in memory": (
        "tests/delivery/test_right_before_sending.py::TestWithdrawing"
        "::test_one_of_a_digest_that_comes_back_at_once_does_not_hold_the_others",
        (
            (
                "bot/delivery/worker.py",
                "            await self._records.write([Later(row, 0.0, job.delivery.attempts) for row in own])\n",
                "",
            ),
        ),
    ),
    "gone since it was claimed": (
        "tests/delivery/test_right_before_sending.py::TestCorrecting"
        "::test_no_digest_is_emptied_whose_reader_is_gone_since_it_was_claimed",
        (("bot/delivery/messages.py", "            if shown:\n", "            if True:\n"),),
    ),
    "a press that leaves it": (
        "tests/newsroom/test_changes.py::TestDeploys::test_left_with_one_press",
        (("bot/newsroom/desk.py", 'entries if action == "discard" else {}', "{}"),),
    ),
    "what ended": (
        "tests/newsroom/test_deploy.py::TestBothChanged::test_files_that_say_what_was_decided_have_replaced_what_waited",
        (
            (
                "bot/newsroom/deploy.py",
                "gone = ended(key, before.file, before.in_force, theirs, content)",
                "gone = content",
            ),
        ),
    ),
    "what did not arrive": (
        "tests/delivery/test_copies.py::TestACopy::test_what_did_not_arrive_comes_though_its_words_are_the_first_again",
        (
            (
                "bot/db/fan_out.py",
                'or_(deliveries.c.state == "failed", unanswered), 1)',
                '(deliveries.c.state == "failed"), 1)',
            ),
        ),
    ),
    "office's day": (
        "tests/newsroom/test_changes.py::TestApproval::test_its_day_is_the_offices",
        (("bot/newsroom/desk.py", "local_time(moment, self.live.complete.header.zone)", 'local_time(moment, "UTC")'),),
    ),
}
"""Mends of what the machine does not do, and the test that fails if they are taken back."""


def without(name: str) -> dict[str, str]:
    """Path → text of the files without the mend.

    Raises:
        ValueError: the text that a mend changes stands in its file not exactly once.
    """
    texts: dict[str, str] = {}
    for path, now, before in NAMED[name][1] if name in NAMED else MENDS[name]:
        text = texts.get(path) or (ROOT / path).read_text("utf-8")
        if text.count(now) != 1:
            raise ValueError(f"{name}: {path} holds {text.count(now)} times, instead of once: {now.strip()}")
        texts[path] = text.replace(now, before)
    return texts


def take_back(name: str, folder: Path) -> None:
    """Copies the code into the folder without the mend."""
    for part in ("bot", "tests", "content"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for path, text in without(name).items():
        (folder / path).write_text(text, "utf-8")


def _run_test(test: str, folder: str) -> int:
    """Runs a test on the databases that need no server."""
    words = ["-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not chaos", "-k", "not postgresql", test]
    run = subprocess.run([sys.executable, "-m", "pytest", *words], cwd=folder, check=False, capture_output=True)
    print(f"broken in {test}" if run.returncode == 1 else run.stdout.decode(errors="replace"))
    return run.returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--examples", type=int, default=300)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--seed", type=int, help="of other examples than the usual ones")
    parser.add_argument("--platform", choices=PLATFORMS, help="this one alone")
    parser.add_argument("--postgresql", action="store_true", help="on a server of its own, instead of SQLite")
    parser.add_argument("--without", choices=[*MENDS, *NAMED])
    given = parser.parse_args()
    if given.without:
        with tempfile.TemporaryDirectory() as folder:
            take_back(given.without, Path(folder))
            if given.without in NAMED:
                return _run_test(NAMED[given.without][0], folder)
            more = ["--examples", str(given.examples), "--steps", str(given.steps)]
            more += ["--platform", given.platform] if given.platform else []
            return subprocess.run([sys.executable, "-m", "tests.model", *more], cwd=folder, check=False).returncode
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        if given.postgresql:
            database = stack.enter_context(running_postgresql()).database
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(dir=DISK))
            database = copies_of(migrated(Path(folder) / "template.sqlite3"))
        try:
            hold(
                database,
                counts,
                has_sockets=given.postgresql,
                seed=given.seed,
                platforms=(given.platform,) if given.platform else PLATFORMS,
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
