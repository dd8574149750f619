"""A question as editors may see it later: its words, without what might say who asked. PURE."""

import re

from bot.answers.reading.tidying import tidy

_NAMING = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|@\w+|\+?\d[\d ()-]{5,}\d")
"""Links, addresses, mentions, and numbers as long as a telephone's."""

_NO_WORD = re.compile(r"[^\w%]+")


def wording(text: str) -> str:
    """The words of a message in lower case, names of accounts, links and telephone numbers left out; "" for none."""
    return _NO_WORD.sub(" ", _NAMING.sub(" ", tidy(text))).strip()
