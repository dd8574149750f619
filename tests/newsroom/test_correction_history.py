"""What counts as a correction that readers are told of: only what changed after they had seen it."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bot.db.bulletins import StoredText
from bot.db.schema import AWAITED, REVIEW
from bot.db.store import Store
from bot.dossier.markdown import Paragraph, Span
from bot.newsroom.correction_history import Corrections, history
from bot.replies.bulletins import BulletinText, to_json
from tests.editor import bulletin, new_editor


def row(revision: int, since: float, title: str = "Fare rises", **columns: Any) -> Any:
    """A revision in English, as the ledger has it."""
    article = to_json(BulletinText(title, date(2026, 1, 5), (Paragraph((Span("Words."),)),)))
    own = {
        "id": "b",
        "state": "published",
        "published": 100.0,
        "reason": None,
        "text_language": "en",
        "retracted": False,
    }
    return SimpleNamespace(**own | {"text_revision": revision, "since": since, "article": article} | columns)


class TestCorrections:
    """From the ledger's revisions."""

    def test_after_publication(self) -> None:
        found = history([row(1, 90), row(2, 200, "Fare falls"), row(3, 300, "Fare stays")])
        assert [(each.before["en"].title, each.after["en"].title) for each in found.corrections] == [  # type: ignore[index]
            ("Fare rises", "Fare falls"),
            ("Fare falls", "Fare stays"),
        ]
        assert found.changed == datetime.fromtimestamp(300, UTC)

    @pytest.mark.parametrize("since", [50, 100])
    def test_what_changed_before_it_was_sent_is_none(self, since: float) -> None:
        """While it was a draft in one chat, or under embargo: nobody had read it."""
        found = history([row(1, 10), row(2, since)])
        assert found.corrections == ()
        assert found.changed == datetime.fromtimestamp(100, UTC)

    def test_a_bulletin_older_than_the_ledger(self) -> None:
        """It stood on the page from the first comparison on."""
        old: dict[str, Any] = {"state": "history", "published": None}
        assert history([row(1, 10, **old)]).changed is None
        assert len(history([row(1, 10, **old), row(2, 20, "Fare falls", **old)]).corrections) == 1

    def test_a_withdrawal_is_no_correction(self) -> None:
        """It has its day."""
        gone: dict[str, Any] = {"state": "retracted"}
        found = history([row(1, 10, **gone), row(2, 300, retracted=True, **gone)])
        assert (found.corrections, found.withdrawn) == ((), datetime.fromtimestamp(300, UTC))

    def test_neither_is_its_end_but_a_change(self) -> None:
        """Who follows the changes hears that the bulletin is in force again."""
        found = history([row(1, 90), row(2, 300, retracted=True), row(3, 400)])
        assert (found.corrections, found.withdrawn) == ((), None)
        assert found.changed == datetime.fromtimestamp(400, UTC)


async def test_what_one_person_alone_got_is_no_news_for_the_page(store: Store) -> None:
    """The answer to an awaited question, or a message to the editors: the page has not changed, and nothing is read again."""
    editor = await new_editor(store)
    await editor.publish(bulletin("ferry"))
    corrections = Corrections(store)
    await corrections.update()
    before = corrections.version, corrections.histories
    for name, origin in (("awaited-1", AWAITED), ("review-1-1", REVIEW)):
        columns = {"origin": origin, "day": "2026-11-23", "topics": [], "urgent": False, "published": 2e9}
        async with store.database.write() as connection:
            shown = {**columns, "state": "published", "revision": 1}
            await store.bulletins.put(
                connection,
                name,
                shown,
                [StoredText("en", "1", to_json(BulletinText("A", date(2026, 11, 23), ())))],
                2e9,
            )
    await corrections.update()
    assert (corrections.version, corrections.histories) == before
