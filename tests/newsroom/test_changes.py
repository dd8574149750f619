"""What is new, revised or withdrawn."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.db.engine import open_database
from bot.db.store import store_on
from bot.dossier.models import BulletinId
from bot.newsroom.diff import (
    Appeared,
    Change,
    Known,
    Redirected,
    Rescheduled,
    Revised,
    State,
    Withdrawn,
    changes,
    items_of,
)
from tests.press import Press, bulletin, utc

TODAY = date(2026, 11, 23)
NOON = utc(2026, 11, 23, 12).timestamp()
NAME = BulletinId("2026-11-23-ferry")


@pytest.fixture
def press() -> Press:
    """One that prints only."""
    return Press(store_on(open_database("sqlite:///unused.sqlite3")))


def found(
    press: Press, *bulletins: object, known: dict[BulletinId, Known] | None = None, **how: object
) -> list[Change]:
    items = items_of(press.live(*bulletins))  # type: ignore[arg-type]
    first, told = bool(how.get("first")), frozenset(how.get("told", ()))  # type: ignore[arg-type]
    return list(changes(items, known or {}, NOON, first, told))


def known_as(press: Press, state: State, *, published: bool = True, **digests: str) -> dict[BulletinId, Known]:
    (item,) = items_of(press.live(bulletin("ferry")))
    return {NAME: Known(4, state, published, 0.0, {**item.digests, **digests}, frozenset(), urgent=False)}  # type: ignore[dict-item]


class TestNew:
    """A file that the ledger does not know."""

    def test_is_to_be_published(self, press: Press) -> None:
        """Scheduled, and so published as soon as its time has come."""
        (change,) = found(press, bulletin("ferry"))
        assert isinstance(change, Appeared)
        assert (change.state, change.revision) == ("scheduled", 1)

    def test_is_history_at_the_very_first_start(self, press: Press) -> None:
        """Nobody was there to read it."""
        assert [change.state for change in found(press, bulletin("ferry"), first=True)] == ["history"]  # type: ignore[union-attr]

    def test_under_embargo_it_is_scheduled_even_then(self, press: Press) -> None:
        """Whatever day it is dated: when its time comes, it is sent to those who subscribe by then."""
        for day in (TODAY, date(2026, 1, 1)):
            later = bulletin("ferry", not_before=utc(2026, 11, 23, 12, 1), day=day)
            (change,) = found(press, later, first=True)
            assert isinstance(change, Appeared)
            assert change.state == "scheduled"
        for first, state in ((True, "history"), (False, "scheduled")):  # from that very moment on it is none
            (change,) = found(press, bulletin("ferry", not_before=utc(2026, 11, 23, 12)), first=first)
            assert isinstance(change, Appeared)
            assert change.state == state

    def test_is_news_for_a_week_from_the_end_of_its_embargo(self, press: Press) -> None:
        """Though nobody looked at its very moment."""
        for ended, state in ((16, "scheduled"), (15, "history")):
            old = bulletin("ferry", not_before=utc(2026, 11, ended, 9), day=date(2026, 1, 1))
            (change,) = found(press, old)
            assert isinstance(change, Appeared)
            assert change.state == state

    def test_history_that_is_put_under_embargo_is_scheduled(self, press: Press) -> None:
        """It is to come out then."""
        later = bulletin("ferry", not_before=utc(2026, 11, 30, 9))
        (change,) = found(press, later, known=known_as(press, "history", published=False))
        assert isinstance(change, Appeared)
        assert change.state == "scheduled"

    def test_is_history_when_it_is_dated_more_than_seven_days_ago(self, press: Press) -> None:
        """To the day."""
        for days, state in ((7, "scheduled"), (8, "history")):
            (change,) = found(press, bulletin("ferry", day=TODAY - timedelta(days=days)))
            assert isinstance(change, Appeared)
            assert change.state == state

    def test_history_is_sent_when_told_to(self, press: Press) -> None:
        """By its id."""
        old = bulletin("ferry", day=date(2026, 1, 1))
        (change,) = found(press, old, told=[old.id])
        assert isinstance(change, Appeared)
        assert change.state == "scheduled"

    def test_the_oldest_come_first(self, press: Press) -> None:
        """As they are to be read."""
        found_now = found(press, bulletin("b"), bulletin("a"), bulletin("z", day=date(2026, 11, 20)))
        assert [change.item.id for change in found_now] == ["2026-11-20-z", "2026-11-23-a", "2026-11-23-b"]  # type: ignore[union-attr]


class TestKnown:
    """A file that the ledger knows."""

    def test_unchanged_is_no_change(self, press: Press) -> None:
        """Whatever its state."""
        for state in ("history", "scheduled", "published"):
            assert found(press, bulletin("ferry"), known=known_as(press, state)) == []  # type: ignore[arg-type]

    def test_other_words_are_a_revision_in_their_languages(self, press: Press) -> None:
        """And in no others."""
        (change,) = found(press, bulletin("ferry"), known=known_as(press, "published", id="other"))
        assert isinstance(change, Revised)
        assert (change.revision, change.languages, change.restored) == (5, frozenset({"id"}), False)

    def test_urgency_is_not_its_words(self, press: Press) -> None:
        """Nobody who read it needs to be told."""
        assert found(press, bulletin("ferry", urgent=True), known=known_as(press, "published")) == []

    def test_other_topics_redirect_it_while_it_is_news(self, press: Press) -> None:
        """With its words as they were, or with others."""
        same = bulletin("ferry", topics=["fare"])
        (change,) = found(press, same, known=known_as(press, "published"))
        assert isinstance(change, Redirected)
        assert (change.revision, change.is_news) == (4, True)
        revised, redirected = found(press, same, known=known_as(press, "published", en="other"))
        assert isinstance(revised, Revised)
        assert isinstance(redirected, Redirected)
        assert redirected.revision == 5

    def test_old_ones_go_to_nobody_new(self, press: Press) -> None:
        """After seven days it is history, as for those who subscribe."""
        old = bulletin("ferry", topics=["fare"], day=TODAY - timedelta(days=8))
        known = {old.id: known_as(press, "published")[NAME]}
        (change,) = [each for each in found(press, old, known=known) if isinstance(each, Redirected)]
        assert not change.is_news

    @pytest.mark.parametrize("more", [{"topics": ["fare"]}, {"urgent": True}])
    def test_topics_and_urgency_of_what_waits_are_kept(self, press: Press, more: dict[str, object]) -> None:
        """It is published by what it says then."""
        known = known_as(press, "scheduled", published=False)
        (change,) = found(press, bulletin("ferry", **more), known=known)
        assert isinstance(change, Rescheduled)

    def test_another_time_reschedules_what_waits(self, press: Press) -> None:
        """And only that."""
        later = bulletin("ferry", not_before=utc(2026, 11, 30, 9))
        (change,) = found(press, later, known=known_as(press, "scheduled", published=False))
        assert change == Rescheduled(change.item)  # type: ignore[union-attr]

    def test_an_embargo_on_what_was_published_holds_back_what_waits(self, press: Press) -> None:
        """And ends at the moment that the file says then; one that is over changes nothing."""
        later = bulletin("ferry", not_before=utc(2026, 11, 30, 9))
        known = known_as(press, "published")
        (change,) = found(press, later, known=known)
        assert change == Rescheduled(change.item, 0.0)  # type: ignore[union-attr]
        held = {NAME: replace(known[NAME], not_before=utc(2026, 11, 30, 9).timestamp())}
        (change,) = found(press, bulletin("ferry"), known=held)
        assert change == Rescheduled(change.item, utc(2026, 11, 30, 9).timestamp())  # type: ignore[union-attr]
        assert found(press, bulletin("ferry", not_before=utc(2026, 11, 22)), known=known) == []

    def test_one_that_was_only_tried_is_published_as_new(self, press: Press) -> None:
        """The canary's chat has it already."""
        (change,) = found(press, bulletin("ferry"), known=known_as(press, "trial", published=False))
        assert isinstance(change, Appeared)
        assert (change.state, change.revision) == ("scheduled", 4)

    def test_one_that_was_tried_in_other_words_is_a_revision_of_them(self, press: Press) -> None:
        """So that the canary's chat is corrected."""
        (change,) = found(press, bulletin("ferry"), known=known_as(press, "trial", published=False, en="other"))
        assert isinstance(change, Appeared)
        assert change.revision == 5


class TestGone:
    """A file that is no longer there."""

    def test_is_withdrawn(self, press: Press) -> None:
        """As another revision."""
        assert found(press, known=known_as(press, "published")) == [Withdrawn(NAME, 5)]

    def test_is_withdrawn_once(self, press: Press) -> None:
        """And a trial, which no file need stand for, is let be."""
        assert found(press, known=known_as(press, "retracted")) == []
        assert found(press, known=known_as(press, "trial", published=False)) == []

    def test_comes_back_as_a_revision(self, press: Press) -> None:
        """In every language."""
        (change,) = found(press, bulletin("ferry"), known=known_as(press, "retracted"))
        assert isinstance(change, Revised)
        assert (change.state, change.languages, change.restored) == ("published", frozenset({"en", "id"}), True)

    def test_comes_back_as_new_where_it_was_never_published(self, press: Press) -> None:
        """Its audience is still to be found."""
        (change,) = found(press, bulletin("ferry"), known=known_as(press, "retracted", published=False))
        assert isinstance(change, Appeared)
