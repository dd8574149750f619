"""Each story once: which items of a document are new, and which headlines tell the same story."""

from bot.feeds.deduplication import MAX_KEYS, are_duplicates, headline_key, new_items
from bot.feeds.documents import FeedItem
from tests.clocks import MONDAY_NOON as NOW
from tests.tables import table


def duplicates(one: str, other: str, publisher: str = "") -> bool:
    return are_duplicates(headline_key(one, publisher), headline_key(other))


@table("one, other")
def test_near_equal(one: str, other: str) -> None:
    """Case, order, a word more or less.

    Indonesia dan Rusia teken nota kesepahaman digital | Indonesia dan Rusia Teken Nota Kesepahaman Digital
    Rusia dan Indonesia teken nota kesepahaman digital | Indonesia dan Rusia teken nota kesepahaman digital
    Россия и Индонезия подписали меморандум о связи | Россия и Индонезия подписали меморандум о связи — Минцифры
    Jakarta, Moscow sign digital memorandum | Jakarta, Moscow sign digital memorandum!
    Jakarta signs the digital memorandum with Moscow | Jakarta sign the digital memorandum with Moscow
    Indonesia-Rusia teken nota kesepahaman digital | Indonesia dan Rusia teken nota kesepahaman digital
    """
    assert duplicates(one, other)


def test_publishers_name_behind_the_headline() -> None:
    """As some feeds put it."""
    assert headline_key("Ferry sails again - Kompas.com", "Kompas.com") == headline_key("Ferry sails again")


@table("one, other")
def test_different(one: str, other: str) -> None:
    """Other figures, too few words to tell, its contrary, another story.

    Indonesia launches 5G in Jakarta this year | Indonesia launches 4G in Jakarta this year
    Trade grew by 12 percent in the first half | Trade grew by 21 percent in the first half
    Russia signs memorandum | Russia signs memorandums
    Indonesia and Russia discuss satellite launches | Indonesia and Malaysia discuss palm oil prices
    Россия и Индонезия подписали меморандум о цифровом сотрудничестве | Россия и Индонезия не подписали меморандум о цифровом сотрудничестве
    Indonesia dan Rusia sepakat bangun pusat data bersama di Batam | Indonesia dan Rusia tidak sepakat bangun pusat data bersama di Batam
    El ministerio aprobó el acuerdo digital con Yakarta tras la votación | El ministerio nunca aprobó el acuerdo digital con Yakarta tras la votación
    Minister confirms Indonesia and Russia will build a joint data centre | Minister denies Indonesia and Russia will build a joint data centre
    Russia did sign the digital memorandum with Jakarta | Russia didn't sign the digital memorandum with Jakarta
    "" | ""
    """
    assert not duplicates(one, other)


DAY = 86400.0


def item(number: int, published: float | None = NOW) -> FeedItem:
    return FeedItem(f"Title {number}", "", f"https://a.example/{number}", published, (f"id{number}", f"link{number}"))


class TestNews:
    """An item is news once."""

    def test_first_fetch_is_history(self) -> None:
        """However much stands there."""
        found = new_items([item(n) for n in range(50)], None, NOW)
        assert found.items == ()
        assert new_items([item(n) for n in range(51)], found.known, NOW).items == (item(50),)

    def test_known_by_either_key(self) -> None:
        """Id or link."""
        assert new_items([item(1)], ("link1",), NOW).items == ()

    def test_feed_that_was_empty_at_first(self) -> None:
        """Its first item is news."""
        known = new_items([], None, NOW).known
        assert new_items([item(1)], known, NOW).items == (item(1),)

    def test_item_that_left_and_came_back(self) -> None:
        """Still known."""
        known = new_items([item(2)], new_items([item(1)], None, NOW).known, NOW).known
        assert new_items([item(1), item(2)], known, NOW).items == ()

    def test_old_item_that_is_brought_out_again(self) -> None:
        """Over a week old is no news, and is known from now on."""
        found = new_items([item(1, NOW - 8 * DAY)], (), NOW)
        assert found.items == ()
        assert "id1" in found.known

    def test_newest_first_undated_before_all(self) -> None:
        """They came just now."""
        items = new_items([item(1, NOW - 60), item(2, NOW), item(3, None)], (), NOW).items
        assert [each.title for each in items] == ["Title 3", "Title 2", "Title 1"]

    def test_memory_has_an_end(self) -> None:
        """The latest document's keys stay, the oldest go."""
        known = tuple(f"old{n}" for n in range(2 * MAX_KEYS))
        kept = new_items([item(1)], known, NOW).known
        assert len(kept) == MAX_KEYS
        assert kept[:2] == ("id1", "link1")
