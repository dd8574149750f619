"""Which words of two texts differ."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dossier.markdown import Paragraph, Span
from bot.dossier.models import Language
from bot.replies.bulletins import BulletinText, corrected
from bot.replies.word_diff import Words, excerpt, marked


class TestWords:
    """Words are compared as git does it: space alone is no difference."""

    def test_marks(self) -> None:
        assert marked("It costs 5 a month.", "It costs  6 a\nmonth.") == (
            Words("It costs"),
            Words(" 5", "deleted"),
            Words("  6", "inserted"),
            Words(" a\nmonth."),
        )

    def test_what_a_no_break_space_joins_is_one_word(self) -> None:
        assert [each.text for each in marked("95\u00a0000 рублей", "96\u00a0000 рублей")] == [
            "95\u00a0000",
            "96\u00a0000",
            " рублей",
        ]

    @given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
    def test_both_texts_are_there(self, one: list[str], other: list[str]) -> None:
        found = marked(" ".join(one), " ".join(other))
        for text, left_out in ((one, "inserted"), (other, "deleted")):
            assert "".join(each.text for each in found if each.mark != left_out).split() == text

    def test_excerpt(self) -> None:
        words = marked("a b c d e f g h 1 i j k l m n o p", "a b c d e f g h 2 i j k l m n o p")
        assert "".join(each.text for each in excerpt(words, 2)) == "… g h 1 2 i j …"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (("From 4,500", "4,500 for all."), ("From 5,000", "5,000 for all."), "5,000, not 4,500."),
        (("Seats", "4,500 5,500"), ("Seats", "5,000 6,000"), "5,000, not 4,500; 6,000, not 5,500."),
        (("Ferry", "It sails on 19 June 2025."), ("Ferry", "It sails on 20 July 2025."), "20 July, not 19 June."),
        (("Ferry at 9", "Boats sail."), ("Ferry at 10", "Ships sail."), ""),
        (("Rows", "The rows 10 20 30 are free."), ("Rows", "The rows 20 30 40 are free."), ""),
        (("Seats", "5 seats are free."), ("Seats", "Seats are free in row 6."), ""),
        (("Fare", "It costs €95."), ("Fare", "It costs €95, at most."), ""),
        (("Fare", "It costs €95."), ("Fare", "It costs €99 – says the council."), ""),
        (("Fare", "It costs €95."), ("Fare", "It costs €95 or more."), ""),
    ],
)
def test_figures_of_a_correction(before: tuple[str, str], after: tuple[str, str], words: str) -> None:
    """Each is named once, also where the headline ends with one and the text begins with one; a day with its month; none that stood elsewhere or was not wrong."""
    day = date(2026, 11, 23)
    one, two = (
        BulletinText(title, day, (Paragraph((Span(body),)),), (), None, "📰", ()) for title, body in (before, after)
    )
    assert corrected(two, one, day, Language("en")).was_wrong(day) == words
