"""What is new, revised or withdrawn."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.db.engine import open_database
from bot.db.store import Store
from bot.dossier.models import BulletinId, Dossier
from bot.dossier.models import Withdrawal as Mark
from bot.newsroom.ledger_diff import (
    Added,
    BulletinState,
    Change,
    Gone,
    LedgerBulletin,
    Rescheduled,
    Retargeted,
    Returned,
    Revised,
    Withdrawn,
    bulletin_change,
    bulletin_changes,
    changes,
    dossier_bulletins,
)
from tests.databases import sqlite_url
from tests.editor import Editor, bulletin, utc

TODAY = date(2026, 11, 23)
NOON = utc(2026, 11, 23, 12).timestamp()
NAME = BulletinId("2026-11-23-ferry")


@pytest.fixture
def editor() -> Editor:
    """One that prints only."""
    return Editor(Store(open_database(sqlite_url())))


def found(
    editor: Editor, *bulletins: object, known: dict[BulletinId, LedgerBulletin] | None = None, **how: object
) -> list[Change]:
    items = dossier_bulletins(editor.live(*bulletins))  # type: ignore[arg-type]
    first, forced = bool(how.get("first")), frozenset(how.get("forced", ()))  # type: ignore[arg-type]
    return list(changes(items, known or {}, NOON, first, forced, how.get("withdrawn", ())))  # type: ignore[arg-type]


def known_as(
    editor: Editor, state: BulletinState, *, published: bool = True, **digests: str
) -> dict[BulletinId, LedgerBulletin]:
    (item,) = dossier_bulletins(editor.live(bulletin("ferry")))
    return {NAME: LedgerBulletin(4, state, published, 0.0, {**item.text_hashes, **digests}, frozenset(), urgent=False)}  # type: ignore[dict-item]


class TestNew:
    """A file that the ledger does not know."""

    def test_is_to_be_published(self, editor: Editor) -> None:
        """Scheduled, and so published as soon as its time has come."""
        (change,) = found(editor, bulletin("ferry"))
        assert isinstance(change, Added)
        assert (change.state, change.revision) == ("scheduled", 1)

    def test_is_history_at_the_very_first_start(self, editor: Editor) -> None:
        assert [change.state for change in found(editor, bulletin("ferry"), first=True)] == ["history"]  # type: ignore[union-attr]

    def test_under_embargo_it_is_scheduled_even_then(self, editor: Editor) -> None:
        """Whatever day it is dated: when its time comes, it is sent to those who subscribe by then."""
        for day in (TODAY, date(2026, 1, 1)):
            later = bulletin("ferry", not_before=utc(2026, 11, 23, 12, 1), day=day)
            (change,) = found(editor, later, first=True)
            assert isinstance(change, Added)
            assert change.state == "scheduled"
        for first, state in ((True, "history"), (False, "scheduled")):  # from that very moment on it is none
            (change,) = found(editor, bulletin("ferry", not_before=utc(2026, 11, 23, 12)), first=first)
            assert isinstance(change, Added)
            assert change.state == state

    def test_is_news_for_a_week_from_the_end_of_its_embargo(self, editor: Editor) -> None:
        for ended, state in ((16, "scheduled"), (15, "history")):
            old = bulletin("ferry", not_before=utc(2026, 11, ended, 9), day=date(2026, 1, 1))
            (change,) = found(editor, old)
            assert isinstance(change, Added)
            assert change.state == state

    def test_history_that_is_put_under_embargo_is_scheduled(self, editor: Editor) -> None:
        later = bulletin("ferry", not_before=utc(2026, 11, 30, 9))
        (change,) = found(editor, later, known=known_as(editor, "history", published=False))
        assert isinstance(change, Added)
        assert change.state == "scheduled"

    def test_is_history_when_it_is_dated_more_than_seven_days_ago(self, editor: Editor) -> None:
        for days, state in ((7, "scheduled"), (8, "history")):
            (change,) = found(editor, bulletin("ferry", day=TODAY - timedelta(days=days)))
            assert isinstance(change, Added)
            assert change.state == state

    def test_history_is_sent_when_told_to(self, editor: Editor) -> None:
        old = bulletin("ferry", day=date(2026, 1, 1))
        (change,) = found(editor, old, forced=[old.id])
        assert isinstance(change, Added)
        assert change.state == "scheduled"

    def test_the_oldest_come_first(self, editor: Editor) -> None:
        found_now = found(editor, bulletin("b"), bulletin("a"), bulletin("z", day=date(2026, 11, 20)))
        assert [change.bulletin.id for change in found_now] == ["2026-11-20-z", "2026-11-23-a", "2026-11-23-b"]  # type: ignore[union-attr]


class TestKnown:
    """A file that the ledger knows."""

    def test_unchanged_is_no_change(self, editor: Editor) -> None:
        for state in ("history", "scheduled", "published"):
            assert found(editor, bulletin("ferry"), known=known_as(editor, state)) == []  # type: ignore[arg-type]

    def test_other_words_are_a_revision_in_their_languages(self, editor: Editor) -> None:
        (change,) = found(editor, bulletin("ferry"), known=known_as(editor, "published", id="other"))
        assert isinstance(change, Revised)
        assert (change.revision, change.languages, change.restored) == (5, frozenset({"id"}), False)

    def test_urgency_is_not_its_words(self, editor: Editor) -> None:
        """Nobody gets it again; those for whom it waits get it at once."""
        (change,) = found(editor, bulletin("ferry", urgent=True), known=known_as(editor, "published"))
        assert isinstance(change, Rescheduled)
        assert change.hastens
        revised, hastened = found(
            editor, bulletin("ferry", urgent=True), known=known_as(editor, "published", id="other")
        )
        assert isinstance(revised, Revised)
        assert hastened == change
        assert found(editor, bulletin("ferry", urgent=True), known=known_as(editor, "history", published=False)) == []

    def test_other_topics_redirect_it_while_it_is_news(self, editor: Editor) -> None:
        same = bulletin("ferry", topics=["fare"])
        (change,) = found(editor, same, known=known_as(editor, "published"))
        assert isinstance(change, Retargeted)
        assert (change.revision, change.is_news) == (4, True)
        revised, redirected = found(editor, same, known=known_as(editor, "published", en="other"))
        assert isinstance(revised, Revised)
        assert isinstance(redirected, Retargeted)
        assert redirected.revision == 5

    def test_old_ones_go_to_nobody_new(self, editor: Editor) -> None:
        """After seven days it is history, as for those who subscribe."""
        old = bulletin("ferry", topics=["fare"], day=TODAY - timedelta(days=8))
        known = {old.id: known_as(editor, "published")[NAME]}
        (change,) = [each for each in found(editor, old, known=known) if isinstance(each, Retargeted)]
        assert not change.is_news

    @pytest.mark.parametrize("more", [{"topics": ["fare"]}, {"urgent": True}])
    def test_topics_and_urgency_of_what_waits_are_kept(self, editor: Editor, more: dict[str, object]) -> None:
        known = known_as(editor, "scheduled", published=False)
        (change,) = found(editor, bulletin("ferry", **more), known=known)
        assert isinstance(change, Rescheduled)

    def test_another_time_reschedules_what_waits(self, editor: Editor) -> None:
        later = bulletin("ferry", not_before=utc(2026, 11, 30, 9))
        (change,) = found(editor, later, known=known_as(editor, "scheduled", published=False))
        assert change == Rescheduled(change.bulletin)  # type: ignore[union-attr]

    def test_an_embargo_on_what_was_published_holds_back_what_waits(self, editor: Editor) -> None:
        """And ends at the moment that the file says then; one that is over changes nothing."""
        later = bulletin("ferry", not_before=utc(2026, 11, 30, 9))
        known = known_as(editor, "published")
        (change,) = found(editor, later, known=known)
        assert change == Rescheduled(change.bulletin, 0.0)  # type: ignore[union-attr]
        held = {NAME: replace(known[NAME], not_before=utc(2026, 11, 30, 9).timestamp())}
        (change,) = found(editor, bulletin("ferry"), known=held)
        assert change == Rescheduled(change.bulletin, utc(2026, 11, 30, 9).timestamp())  # type: ignore[union-attr]
        assert found(editor, bulletin("ferry", not_before=utc(2026, 11, 22)), known=known) == []


class TestGone:
    """A file that is no longer there."""

    @pytest.mark.parametrize(
        ("state", "change"),
        [
            ("published", [Gone(NAME, is_scheduled=False)]),
            ("history", [Gone(NAME, is_scheduled=False)]),
            ("scheduled", [Gone(NAME, is_scheduled=True)]),
            ("retracted", []),
        ],
    )
    def test_withdraws_nothing(self, editor: Editor, state: BulletinState, change: list[Change]) -> None:
        assert found(editor, known=known_as(editor, state)) == change

    def test_is_noticed_once(self, editor: Editor) -> None:
        """And its return, too."""
        gone = {NAME: replace(known_as(editor, "published")[NAME], is_gone=True)}
        assert found(editor, known=gone) == []
        assert found(editor, bulletin("ferry"), known=gone) == [Returned(NAME)]


class TestWithdrawn:
    """A file that says so."""

    def test_is_withdrawn_once(self, editor: Editor) -> None:
        """Also while it is scheduled."""
        for state in ("published", "scheduled"):
            known = known_as(editor, state)  # type: ignore[arg-type]
            assert found(editor, known=known, withdrawn=[NAME]) == [Withdrawn(NAME, 5)]
        assert found(editor, known=known_as(editor, "retracted"), withdrawn=[NAME]) == []
        assert found(editor, withdrawn=[NAME]) == []

    def test_comes_back_as_a_revision(self, editor: Editor) -> None:
        (change,) = found(editor, bulletin("ferry"), known=known_as(editor, "retracted"))
        assert isinstance(change, Revised)
        assert (change.state, change.languages, change.restored) == ("published", frozenset({"en", "id"}), True)

    def test_comes_back_as_new_where_it_was_never_published(self, editor: Editor) -> None:
        (change,) = found(editor, bulletin("ferry"), known=known_as(editor, "retracted", published=False))
        assert isinstance(change, Added)
        assert change.revision == 5


class TestBetweenDossiers:
    """What previews tell is what is done."""

    def test_each_edit(self, editor: Editor) -> None:
        def edits(before: Dossier, after: Dossier) -> list[tuple[str, str, tuple[str, ...]]]:
            return [(each.id, each.edit, each.languages) for each in bulletin_changes(before, after)]

        mark = Mark.model_validate({"date": "2026-02-01", "because": {"en": "Wrong.", "id": "Salah."}})
        item, languages = bulletin("ferry"), ("en", "id")
        nothing, one = editor.live(), editor.live(item)
        changed = editor.live(item.model_copy(update={"title": {**item.title, "en": "Another"}}))
        urgent = editor.live(item.model_copy(update={"urgent": True}))
        withdrawn = replace(nothing, withdrawn={item.id: item.model_copy(update={"withdrawn": mark})})
        assert edits(one, one) == edits(withdrawn, withdrawn) == edits(withdrawn, nothing) == []
        assert edits(nothing, one) == [(item.id, "new", languages)]
        assert edits(one, changed) == [(item.id, "corrected", ("en",))]
        assert edits(one, urgent) == [(item.id, "replanned", ())]
        assert edits(one, withdrawn) == [(item.id, "withdrawn", languages)]
        assert edits(withdrawn, one) == [(item.id, "restored", languages)]
        assert edits(one, nothing) == [(item.id, "gone", ())]

    def test_one_under_another_id(self, editor: Editor) -> None:
        item = bulletin("ferry")
        other = item.model_copy(update={"id": BulletinId("2026-01-05-other")})
        before, after = editor.live(item), editor.live(other)
        assert bulletin_change(before, after, other.id, item.id) is None
        assert [each.edit for each in bulletin_changes(before, after)] == ["new", "gone"]
