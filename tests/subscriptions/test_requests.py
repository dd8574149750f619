"""What a press in the settings makes of a subscription."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dossier.loader import load
from bot.dossier.models import Dossier, Language, TopicId
from bot.replies.question import MAX_TOKEN_BYTES, Command, token
from bot.schedule import QuietHours, Subscription, Timing
from bot.subscriptions.settings_panel import first_subscription, followable, panel, step, zones_like
from tests.conftest import CONTENT, TODAY

LOADED = load(CONTENT, TODAY).dossier
assert LOADED is not None
DOSSIER: Dossier = LOADED
DEFAULT = Subscription()


def after(argument: str, current: Subscription = DEFAULT) -> Subscription:
    """The subscription after a press."""
    wanted = step(argument, current, DOSSIER).wanted
    assert wanted is not None
    return wanted


class TestDefaults:
    """They make sense untouched."""

    @pytest.mark.parametrize(("language", "zone"), [("id", "Asia/Jakarta"), ("ru", "Europe/Moscow"), ("en", "UTC")])
    def test_everything_at_once_by_the_clock_of_home(self, language: str, zone: str) -> None:
        """No quiet hours, with a sound."""
        assert first_subscription(Language(language)) == Subscription(timing=Timing(zone=zone))


class TestPresses:
    """Each changes what it says, and nothing else."""

    def test_topics_toggle_one_by_one(self) -> None:
        """From all to one, to two, to one; the last one off means all again."""
        one = after("topic pricing") if "pricing" in followable(DOSSIER) else after(f"topic {followable(DOSSIER)[0]}")
        name = next(iter(one.topics or ()))
        other = next(each for each in followable(DOSSIER) if each != name)
        two = after(f"topic {other}", one)
        assert two.topics == {name, other}
        assert after(f"topic {other}", two) == one
        assert after(f"topic {name}", one).topics is None

    def test_all_topics_chosen_one_by_one_are_all(self) -> None:
        """So that topics yet to come are among them."""
        every = followable(DOSSIER)
        current = replace(DEFAULT, topics=frozenset(every[:-1]))
        assert after(f"topic {every[-1]}", current).topics is None

    @pytest.mark.parametrize(
        ("argument", "timing"),
        [
            ("when at_once", Timing()),
            ("when daily 8", Timing("daily", 8)),
            ("when weekly 4 18", Timing("weekly", 18, 4)),
            ("quiet 22 7", Timing(quiet=QuietHours(22, 7))),
            ("quiet off", Timing()),
            ("zone Asia/Makassar", Timing(zone="Asia/Makassar")),
        ],
    )
    def test_timing(self, argument: str, timing: Timing) -> None:
        """Pace, hour, day, quiet hours, zone."""
        assert after(argument).timing == timing

    def test_sound_toggles(self) -> None:
        """Off, and on again."""
        assert after("sound").silent
        assert not after("sound", after("sound")).silent

    @pytest.mark.parametrize(
        ("argument", "panel_", "chosen"),
        [("when daily", "hour", "daily"), ("when weekly", "day", "weekly"), ("when weekly 3", "hour", "weekly 3"),
         ("quiet 21", "quiet_end", "21"), ("zone tokyo", "zone", "tokyo")],
    )  # fmt: skip
    def test_some_take_two_steps(self, argument: str, panel_: str, chosen: str) -> None:
        """The first one changes nothing yet."""
        leads = step(argument, DEFAULT, DOSSIER)
        assert (leads.panel, leads.chosen, leads.wanted) == (panel_, chosen, None)

    @given(st.text(max_size=80))
    def test_forged_or_outdated(self, argument: str) -> None:
        """Any text leads to a panel."""
        leads = step(argument, DEFAULT, DOSSIER)
        assert panel(leads, leads.wanted or DEFAULT, DOSSIER, Language("ru")).title


class TestZones:
    """All others by search."""

    @pytest.mark.parametrize(
        ("words", "first"), [("tokyo", "Asia/Tokyo"), ("new york", "America/New_York"), ("vladi", "Asia/Vladivostok")]
    )
    def test_cities(self, words: str, first: str) -> None:
        """However they are written."""
        assert zones_like(words)[0] == first

    def test_none(self) -> None:
        """Said as such."""
        reply = panel(step("zone qqqq", DEFAULT, DOSSIER), DEFAULT, DOSSIER, Language("en"))
        assert "No time zone is called “qqqq”" in str(reply.blocks)


class TestPanels:
    """Every button of every panel does something and fits."""

    @pytest.mark.parametrize("language", ["en", "id", "ru"])
    def test_from_the_main_panel_to_all_others(self, language: str) -> None:
        """Walked through button by button."""
        seen: set[str] = set()
        waiting = [""]
        while waiting:
            argument = waiting.pop()
            leads = step(argument, DEFAULT, DOSSIER)
            reply = panel(leads, leads.wanted or DEFAULT, DOSSIER, Language(language))
            for button in reply.buttons:
                assert button.question is not None
                assert len(token(button.question).encode()) <= MAX_TOKEN_BYTES
                assert not button.label[0].islower()
                if isinstance(button.question, Command) and button.question.name == "settings":
                    waiting += [each for each in [button.question.argument] if each not in seen]
                    seen.add(button.question.argument)
        assert {"topics", "when", "quiet", "zone", "sound", "when weekly 6", "quiet 21 7", "when daily 23"} <= seen

    def test_chosen_topics_are_marked(self) -> None:
        """And "all topics" is not."""
        name = followable(DOSSIER)[0]
        current = Subscription(topics=frozenset({TopicId(name)}))
        chosen = [
            button
            for button in panel(step("topics", current, DOSSIER), current, DOSSIER, Language("en")).buttons
            if button.chosen
        ]
        assert [button.question for button in chosen] == [Command("settings", f"topic {name}")]
