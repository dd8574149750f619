"""Which items of a document are new, by the keys of earlier documents."""

from bot.feeds.deduplication import MAX_KEYS, new_items
from bot.feeds.parser import Item
from tests.clocks import MONDAY_NOON as NOW

DAY = 86400.0


def item(number: int, published: float | None = NOW) -> Item:
    return Item(f"Title {number}", "", f"https://a.example/{number}", published, (f"id{number}", f"link{number}"))


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
