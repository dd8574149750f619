"""Where a day stands between two others. PURE."""

from datetime import date

from bot.answers.numbers import percent
from bot.answers.phrases import phrases
from bot.answers.reply import Meter
from bot.dossier.facts import Day
from bot.dossier.model import Between, Dossier, Language


def meter(dossier: Dossier, between: Between, today: date, language: Language) -> Meter | None:
    """The bar from one date fact to another with today on it; None where either has no value."""
    start, end = dossier.facts[between.from_], dossier.facts[between.to]
    if not (isinstance(start, Day) and isinstance(end, Day) and start.value and end.value):
        return None
    length = (end.value - start.value).days
    passed = (today - start.value).days
    fraction = min(1.0, max(0.0, passed / length)) if length > 0 else float(passed >= 0)
    return Meter(fraction, _label(fraction, passed, length - passed, language))


def _label(fraction: float, passed: int, left: int, language: Language) -> str:
    tongue = phrases(language)
    if passed < 0:
        return tongue.count("starts in {n} day", "starts in {n} days", -passed)
    if left <= 0:
        return tongue.count("ended {n} day ago", "ended {n} days ago", -left) if left else tongue.say("ends today")
    days = tongue.count("{n} day left", "{n} days left", left)
    return f"{tongue.say('{share} of the term has passed', share=percent(_share(fraction), language))} · {days}"


def _share(fraction: float) -> int:
    """Whole percent; 100 only when it is all over."""
    return min(99, round(fraction * 100))
