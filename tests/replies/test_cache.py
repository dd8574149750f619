"""The cache of what is made from one version of the content."""

from bot.replies.cache import VersionedCache


class TestVersionedCache:
    """A value is valid for the version it was made from, and for no other."""

    def test_a_value_of_the_same_version(self) -> None:
        cache: VersionedCache[str] = VersionedCache(2)
        assert cache.put((1, "monday"), "fare", "ten crowns") == "ten crowns"
        assert cache.get((1, "monday"), "fare") == "ten crowns"
        assert cache.get((1, "monday"), "ferry") is None

    def test_another_version_has_none(self) -> None:
        cache: VersionedCache[str] = VersionedCache(2)
        cache.put((1, "monday"), "fare", "ten crowns")
        assert cache.get((2, "monday"), "fare") is None
        cache.put((1, "tuesday"), "ferry", "at noon")
        assert cache.get((1, "monday"), "fare") is None

    def test_it_is_emptied_rather_than_grown(self) -> None:
        cache: VersionedCache[int] = VersionedCache(2)
        for number in range(3):
            cache.put(1, number, number)
        assert [cache.get(1, number) for number in range(3)] == [None, None, 2]
