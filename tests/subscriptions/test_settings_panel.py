"""``/settings``: what each argument changes, and the panels through which a chat's admin reaches it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dossier.models import Dossier, Language, TopicId
from bot.replies.question import MAX_TOKEN_BYTES, Command, token
from bot.replies.reply import Reply
from bot.schedule import QuietHours, Subscription, Timing
from bot.subscriptions.service import first_subscription
from bot.subscriptions.settings_panel import (
    TOPICS_PER_PAGE,
    apply_argument,
    followable,
    panel,
)
from bot.subscriptions.time_zones import zones_like
from tests.conftest import shipped

LOADED = shipped()
DOSSIER: Dossier = LOADED
DEFAULT = Subscription()
EN = Language("en")


def after(argument: str, current: Subscription = DEFAULT) -> Subscription:
    subscription = apply_argument(argument, current, DOSSIER)
    assert subscription is not None
    return subscription


def shown(argument: str, current: Subscription = DEFAULT, language: Language = EN) -> Reply:
    """The panel after the change, if the argument changes something."""
    return panel(argument, apply_argument(argument, current, DOSSIER) or current, DOSSIER, language)


class TestChanges:
    """Each argument changes what it says, and nothing else."""

    @pytest.mark.parametrize(("language", "zone"), [("id", "Asia/Jakarta"), ("ru", "Europe/Moscow"), ("en", "UTC")])
    def test_a_new_subscriber_gets_everything_at_once(self, language: str, zone: str) -> None:
        """With a sound and without quiet hours, in the time zone of the language's home."""
        assert first_subscription(Language(language)) == Subscription(timing=Timing(zone=zone))

    def test_topics_are_switched_one_by_one(self) -> None:
        """From all to one, to two, to one; without the last one they are all again."""
        name, other = followable(DOSSIER)[:2]
        one = after(f"topic {name}")
        assert one.topics == {name}
        two = after(f"topic {other}", one)
        assert two.topics == {name, other}
        assert after(f"topic {other}", two) == one
        assert after(f"topic {name}", one).topics is None
        assert after("topics all", two).topics is None

    def test_one_topic_chooses_the_memorandum_alone(self) -> None:
        """It is on the first page of topics; related bulletins are those about the wider ties, and lack it."""
        assert TopicId("agreement") in followable(DOSSIER)[:TOPICS_PER_PAGE]
        for bulletin in DOSSIER.bulletins.values():
            assert ("agreement" in bulletin.topics) != ("relations" in bulletin.topics), bulletin.id
            assert (bulletin.topics[0] == "relations") == ("relations" in bulletin.topics), bulletin.id

    def test_all_topics_chosen_one_by_one_are_all(self) -> None:
        """Topics yet to be written are among them."""
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
            ("zone Madrid", Timing(zone="Europe/Madrid")),
            ("zone new york", Timing(zone="America/New_York")),
            ("zone Сурабая", Timing(zone="Asia/Jakarta")),
        ],
    )
    def test_timing(self, argument: str, timing: Timing) -> None:
        assert after(argument) == replace(DEFAULT, timing=timing)

    def test_sound_is_switched(self) -> None:
        assert after("sound").silent
        assert not after("sound", after("sound")).silent

    @pytest.mark.parametrize(
        "argument",
        ["", "when", "when daily", "when weekly 3", "when daily 24", "when weekly 7 9", "quiet 21", "quiet 22 22",
         "quiet 22 99", "zone tokyoo", "zone indiana", "topic nonsense", "nonsense"],
    )  # fmt: skip
    def test_what_changes_nothing(self, argument: str) -> None:
        """Half a choice, a forged button, or one of an older dossier."""
        assert apply_argument(argument, DEFAULT, DOSSIER) is None


class TestPanels:
    """Every button of every panel does something and fits into a platform's button."""

    @pytest.mark.parametrize("language", ["en", "id", "ru"])
    def test_from_the_main_panel_to_all_others(self, language: str) -> None:
        seen: set[str] = set()
        waiting = [""]
        while waiting:
            for button in shown(waiting.pop(), language=Language(language)).buttons:
                assert button.question is not None
                assert len(token(button.question).encode()) <= MAX_TOKEN_BYTES
                assert not button.label[0].islower()
                if isinstance(button.question, Command) and button.question.name == "settings":
                    waiting += [each for each in [button.question.argument] if each not in seen]
                    seen.add(button.question.argument)
        assert {"topics", "when", "quiet", "zone", "sound", "when weekly 6", "quiet 21 7", "when daily 23"} <= seen

    @pytest.mark.parametrize(
        ("argument", "following"),
        [("when daily", "when daily 23"), ("when weekly", "when weekly 6"), ("when weekly 3", "when weekly 3 23"),
         ("quiet 21", "quiet 21 7"), ("zone tokyoo", "zone Asia/Tokyo"), ("topics page 0", "topics all")],
    )  # fmt: skip
    def test_the_next_choice(self, argument: str, following: str) -> None:
        assert Command("settings", following) in [button.question for button in shown(argument).buttons]

    def test_chosen_topics_are_marked(self) -> None:
        """And "all topics" is not."""
        name = followable(DOSSIER)[0]
        buttons = shown("topics", Subscription(topics=frozenset({TopicId(name)}))).buttons
        assert [button.question for button in buttons if button.chosen] == [Command("settings", f"topic {name}")]

    @given(st.text(max_size=80))
    def test_any_text_shows_a_panel(self, argument: str) -> None:
        assert shown(argument, language=Language("ru")).title


class TestZones:
    """Time zones that are not offered are found by a search."""

    @pytest.mark.parametrize(
        ("text", "first"), [("tokyo", "Asia/Tokyo"), ("new york", "America/New_York"), ("vladi", "Asia/Vladivostok")]
    )
    def test_cities(self, text: str, first: str) -> None:
        assert zones_like(text)[0] == first

    def test_none_is_found(self) -> None:
        assert "No time zone is called “qqqq”" in str(shown("zone qqqq").blocks)
