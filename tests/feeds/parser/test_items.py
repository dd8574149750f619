"""Items are known again by what tells them apart."""

from bot.feeds.parser import MAX_ITEMS, Raw, settled


def raw(identity: str = "", title: str = "Title", link: str | None = None, published: float | None = None) -> Raw:
    return Raw(identity, title, "", link, published)


class TestKeys:
    """By id and by link, each where it tells items apart."""

    def test_new_id_at_the_same_page(self) -> None:
        """Some publishers make up ids at every turn."""
        (one,), (two,) = (
            settled([raw("1", link="https://a.example/x")]),
            settled([raw("2", link="http://www.a.example/x/")]),
        )
        assert set(one.keys) & set(two.keys)

    def test_same_id_at_another_page(self) -> None:
        """Others move their pages."""
        (one,), (two,) = (
            settled([raw("1", link="https://a.example/x")]),
            settled([raw("1", link="https://a.example/y")]),
        )
        assert set(one.keys) & set(two.keys)

    def test_id_or_link_that_all_share_is_none(self) -> None:
        """Three items with one id and the home page for a link are three."""
        items = settled([raw("1", f"Title {n}", "https://a.example/") for n in range(3)])
        assert len(items) == 3
        assert len({key for item in items for key in item.keys}) == 3

    def test_neither_id_nor_link(self) -> None:
        """By their words; the same words twice are one item."""
        assert len(settled([raw(title="One"), raw(title="Two"), raw(title="One")])) == 2


class TestMany:
    """At most a thousand of a document."""

    def test_newest_by_date(self) -> None:
        """Wherever they stand."""
        items = settled([raw(str(n), published=float(n)) for n in range(3000)])
        assert len(items) == MAX_ITEMS
        assert min(item.published or 0 for item in items) == 2000

    def test_without_dates_from_both_ends(self) -> None:
        """New ones stand first in most feeds, last in some."""
        titles = {item.title for item in settled([raw(str(n), f"T{n}") for n in range(3000)])}
        assert {"T0", "T2999"} <= titles
        assert len(titles) == MAX_ITEMS
