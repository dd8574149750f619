"""Which language a browser asks for."""

import pytest

from bot.platforms.web.public import preferred_language

KNOWN = ["en", "id", "ru"]


class TestPreferred:
    """RFC 9110's weights decide, then the order."""

    @pytest.mark.parametrize(
        ("header", "language"),
        [
            ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
            ("ja,id;q=0.4,en;q=0.7", "en"),
            ("ja, ID ; q=0.4", "id"),
            ("ru;q=0, en;q=0.1", "en"),
            ("ja", None),
            ("", None),
            ("*", None),
            ("en;q=many, ;;;, =, id;q=0.5", "id"),
            ("x" * 100_000, None),
        ],
    )
    def test_is_found(self, header: str, language: str | None) -> None:
        """What is no header at all asks for nothing."""
        assert preferred_language(header, KNOWN) == language
