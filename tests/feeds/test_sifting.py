"""What is new, by what was seen before."""

from bot.feeds.dates import believed
from bot.feeds.matcher import MAX_KNOWN, sift
from bot.feeds.parser import Item
from tests.clocks import MONDAY_NOON as NOW

DAY = 86400.0


def item(number: int, published: float | None = NOW) -> Item:
    return Item(f"Title {number}", "", f"https://a.example/{number}", published, (f"id{number}", f"link{number}"))


class TestNews:
    """An item is news once."""

    def test_first_fetch_is_history(self) -> None:
        """However much stands there."""
        sifted = sift([item(n) for n in range(50)], None, NOW)
        assert sifted.news == ()
        assert sift([item(n) for n in range(51)], sifted.known, NOW).news == (item(50),)

    def test_known_by_either_key(self) -> None:
        """Id or link."""
        assert sift([item(1)], ("link1",), NOW).news == ()

    def test_feed_that_was_empty_at_first(self) -> None:
        """Its first item is news."""
        known = sift([], None, NOW).known
        assert sift([item(1)], known, NOW).news == (item(1),)

    def test_item_that_left_and_came_back(self) -> None:
        """Still known."""
        known = sift([item(2)], sift([item(1)], None, NOW).known, NOW).known
        assert sift([item(1), item(2)], known, NOW).news == ()

    def test_old_item_that_is_brought_out_again(self) -> None:
        """Over a week old is no news, and is known from now on."""
        sifted = sift([item(1, NOW - 8 * DAY)], (), NOW)
        assert sifted.news == ()
        assert "id1" in sifted.known

    def test_newest_first_undated_before_all(self) -> None:
        """They came just now."""
        news = sift([item(1, NOW - 60), item(2, NOW), item(3, None)], (), NOW).news
        assert [each.title for each in news] == ["Title 3", "Title 2", "Title 1"]

    def test_memory_has_an_end(self) -> None:
        """The latest document's keys stay, the oldest go."""
        known = tuple(f"old{n}" for n in range(2 * MAX_KNOWN))
        kept = sift([item(1)], known, NOW).known
        assert len(kept) == MAX_KNOWN
        assert kept[:2] == ("id1", "link1")


class TestDates:
    """Dates that cannot be right are none."""

    def test_believed(self) -> None:
        """Yesterday's is; the day after tomorrow's, 1970's and 2099's are not; tomorrow's may be a zone mistaken."""
        assert believed(NOW - DAY, NOW) == NOW - DAY
        assert believed(NOW + DAY / 2, NOW) == NOW
        assert believed(NOW + 2 * DAY, NOW) is None
        assert believed(0.0, NOW) is None
        assert believed(4_070_908_800.0, NOW) is None
        assert believed(None, NOW) is None
