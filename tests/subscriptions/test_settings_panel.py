"""``/settings``: what each argument changes, and the panels through which a chat's admin reaches it."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dossier.models import Dossier, Language, TopicId
from bot.languages import SPOKEN
from bot.platforms.plain_text import render
from bot.replies.i18n import phrases_in
from bot.replies.question import MAX_TOKEN_BYTES, Command, token
from bot.replies.reply import Reply
from bot.schedule import SWITCHES, Pace, QuietHours, Subscription, Switch, Timing, earliest_delivery
from bot.subscriptions.service import first_subscription
from bot.subscriptions.settings_panel import (
    SETTINGS,
    TOPICS_PER_PAGE,
    View,
    apply_argument,
    followable,
    panel,
    when_in_words,
)
from bot.subscriptions.time_zones import zones_like
from tests.conftest import shipped
from tests.tables import table

ROOT = Path(__file__).parents[2]
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

    @table("argument, pace, hour, weekday, quiet, zone")
    def test_timing(
        self, argument: str, pace: Pace, hour: int, weekday: int, quiet: list[int] | None, zone: str
    ) -> None:
        """
        when at_once | at_once | 9 | 0 | null | UTC
        when daily 8 | daily | 8 | 0 | null | UTC
        when weekly 4 18 | weekly | 18 | 4 | null | UTC
        quiet 22 7 | at_once | 9 | 0 | [22, 7] | UTC
        quiet off | at_once | 9 | 0 | null | UTC
        zone Asia/Makassar | at_once | 9 | 0 | null | Asia/Makassar
        zone Madrid | at_once | 9 | 0 | null | Europe/Madrid
        zone new york | at_once | 9 | 0 | null | America/New_York
        zone Сурабая | at_once | 9 | 0 | null | Asia/Jakarta
        """
        timing = Timing(pace, hour, weekday, QuietHours(*quiet) if quiet else None, zone)
        assert after(argument) == replace(DEFAULT, timing=timing)

    def test_sound_is_switched(self) -> None:
        assert after("sound").silent
        assert not after("sound", after("sound")).silent

    @table("argument")
    def test_what_changes_nothing(self, argument: str) -> None:
        """Half a choice, a forged button, or one of an older dossier.

        ""
        when
        when daily
        when weekly 3
        when daily 24
        when weekly 7 9
        quiet 21
        quiet 22 22
        quiet 22 99
        zone tokyoo
        zone indiana
        topic nonsense
        nonsense
        """
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
        assert {"topics", "when", "quiet", "zone", "sound off", "when weekly 6", "quiet 21 7", "when daily 23"} <= seen

    @table("argument, following")
    def test_the_next_choice(self, argument: str, following: str) -> None:
        """
        when daily | when daily 23
        when weekly | when weekly 6
        when weekly 3 | when weekly 3 23
        quiet 21 | quiet 21 7
        zone tokyoo | zone Asia/Tokyo
        topics page 0 | topics all
        """
        assert Command("settings", following) in [button.question for button in shown(argument).buttons]

    def test_chosen_topics_are_marked(self) -> None:
        """And "all topics" is not."""
        name = followable(DOSSIER)[0]
        buttons = shown("topics", Subscription(topics=frozenset({TopicId(name)}))).buttons
        assert [button.question for button in buttons if button.chosen] == [Command("settings", f"topic {name}")]

    @given(st.text(max_size=80))
    def test_any_text_shows_a_panel(self, argument: str) -> None:
        assert shown(argument, language=Language("ru")).title


NIGHT = Subscription(timing=Timing(quiet=QuietHours(22, 7), zone="UTC"))


def hints(name: str, current: Subscription = NIGHT) -> str:
    """What a form says beside a setting."""
    return " ".join(field.hint for field in SETTINGS[name].fields(View(current, DOSSIER, EN)))


class TestQuietHours:
    """What is said of them is what is done: urgent bulletins come at night, and a digest when they are over."""

    def test_urgent_bulletins_come(self) -> None:
        """The panel says so, and every form."""
        assert earliest_delivery(NIGHT.timing, urgent=True, now=0.0) == 0.0
        for said in (render(shown("quiet", NIGHT)), hints("quiet")):
            assert "What is not urgent waits until they are over." in said

    def test_urgent_bulletins_come_before_a_digest(self) -> None:
        for said in (render(shown("when", NIGHT)), hints("when")):
            assert "Urgent bulletins always come at once." in said

    @table("pace, hour, weekday, start, end, said")
    def test_a_digest_in_them(self, pace: Pace, hour: int, weekday: int, start: int, end: int, said: str) -> None:
        """
        daily | 23 | 0 | 22 | 7 | once a day at 07:00, when the quiet hours end
        daily | 7 | 0 | 22 | 7 | once a day at 07:00
        daily | 13 | 0 | 12 | 14 | once a day at 14:00, when the quiet hours end
        weekly | 23 | 6 | 22 | 7 | once a week, on Monday at 07:00, when the quiet hours end
        weekly | 3 | 6 | 22 | 7 | once a week, on Sunday at 07:00, when the quiet hours end
        at_once | 23 | 0 | 22 | 7 | at once
        """
        timing = Timing(pace, hour, weekday, QuietHours(start, end))
        assert when_in_words(Subscription(timing=timing), EN) == said
        assert f"When: {said}" in render(shown("", Subscription(timing=timing)))

    def test_an_hour_is_marked_only_once_it_holds(self) -> None:
        for pace in ("at_once", "daily"):
            hours = shown("when daily", Subscription(timing=Timing(pace=pace, hour=9))).buttons
            assert any(button.chosen for button in hours) == (pace == "daily")

    @table("values, words")
    def test_half_a_choice_is_asked_about(self, values: dict[str, list[str]], words: str) -> None:
        """They are never switched off without a word.

        {"start": ["22"], "end": ["7"]} | 22 7
        {"start": ["off"], "end": ["off"]} | off
        {} | off
        {"start": ["22"], "end": ["off"]} | "22"
        {"start": ["22"], "end": ["22"]} | "22"
        {"start": ["off"], "end": ["7"]} | until 7
        """
        assert SETTINGS["quiet"].words(values) == words
        asked = shown(f"quiet {words}", NIGHT)
        if words in ("22 7", "off"):
            assert asked.title == "Settings"
        else:
            known = int(words.rsplit(maxsplit=1)[-1])
            changes = [button.question for button in asked.buttons[:-1]]
            assert len(changes) == 23
            for question in changes:
                assert isinstance(question, Command)
                quiet = after(question.argument, NIGHT).timing.quiet
                assert quiet is not None
                assert known == (quiet.end if "until" in words else quiet.start)


class TestEverySetting:
    """Of each field of a subscription there is one description, from which panel and forms follow."""

    def test_described(self) -> None:
        switches = {switch.name for switch in SWITCHES}
        timed = {field.name for field in fields(Timing)}
        assert {field.name for field in fields(Subscription)} == switches | {"topics", "timing"}
        assert timed == {"pace", "hour", "weekday", "quiet", "zone"}, "each is set by when, quiet or zone"
        assert set(SETTINGS) == {"topics", "when", "quiet", "zone"}

    @pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.name)
    @pytest.mark.parametrize("language", ["en", "es", "id", "ru"])
    def test_switched_in_the_panel(self, switch: Switch, language: str) -> None:
        """Its line says what holds, its button changes just this, and back."""
        say, current = phrases_in(Language(language)).say, NIGHT
        for is_on in (True, False):
            turns = f"{switch.argument} {switch.choices[is_on]}"
            assert after(switch.argument, current) == after(turns, current), "a button of 0.8.0"
            current = after(turns, after(turns, current))  # two who press at once mean the same
            assert current == replace(NIGHT, **{switch.name: is_on})
            assert apply_argument(f"{switch.argument} perhaps", current, DOSSIER) is None
            reply = shown("", current, Language(language))
            assert f"{say(switch.label)}: {say(switch.words[is_on])}" in render(reply)
            [button] = [
                each
                for each in reply.buttons
                if each.question == Command("settings", f"{switch.argument} {switch.choices[not is_on]}")
            ]
            assert button.label == f"{switch.emoji[is_on]} {say(switch.buttons[is_on])}"

    def test_a_form_as_it_is_changes_nothing(self) -> None:
        """Of each setting, whatever holds."""
        topics = frozenset(followable(DOSSIER)[:2])
        for timing in (Timing(), Timing("daily", 8), Timing("weekly", 18, 4, QuietHours(22, 7), "Asia/Tokyo")):
            for current in (Subscription(None, timing), Subscription(topics, timing)):
                for setting in SETTINGS.values():
                    chosen = {
                        field.name: [value for value, _, is_chosen in field.options if is_chosen]
                        for field in setting.fields(View(current, DOSSIER, EN))
                    }
                    assert after(f"{setting.name} {setting.words(chosen)}", current) == current


class TestTheRecipe:
    """CONTRIBUTING.md lists the places of a setting: no other file says anything of one."""

    PLACES = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## A setting")[2].partition("\n#")[0]

    def test_no_other_file(self) -> None:
        """As the one that was described so first shows; its words are in the catalogues."""
        listed = re.findall(r"`([\w./*]+\.\w+)`", self.PLACES)
        files = {file.relative_to(ROOT) for place in listed for file in ROOT.glob(place)}
        assert 8 <= len(files - set(Path("bot/db/migrations/versions").rglob("*"))) <= 60
        naming = {
            file.relative_to(ROOT)
            for file in (ROOT / "bot").rglob("*")
            if file.suffix in (".py", ".html", ".js") and re.search(r"\bown_language\b", file.read_text("utf-8"))
        }
        assert naming <= files, "CONTRIBUTING.md does not list all places of a setting"

    def test_the_places(self) -> None:
        """Each exists, and so does what the tests are to be run on."""
        listed = re.findall(r"`([\w./*]+\.\w+)`", self.PLACES)
        run = re.findall(r"tests/[\w/]+(?:\.py)?", self.PLACES)
        assert listed
        assert run
        assert [place for place in listed if not any(ROOT.glob(place))] == []
        assert [place for place in run if not (ROOT / place).exists()] == []


class TestZones:
    """Time zones that are not offered are found by a search."""

    @table("text, first")
    def test_cities(self, text: str, first: str) -> None:
        """
        tokyo | Asia/Tokyo
        new york | America/New_York
        vladi | Asia/Vladivostok
        """
        assert zones_like(text)[0] == first

    def test_none_is_found(self) -> None:
        assert "No time zone is called “qqqq”" in str(shown("zone qqqq").blocks)

    def test_that_of_the_office_is_offered(self) -> None:
        header = DOSSIER.header.model_copy(update={"zone": "America/Sao_Paulo"})
        offered = panel("zone", DEFAULT, replace(DOSSIER, header=header), EN).buttons
        assert [each.label for each in offered].count("America/Sao Paulo") == 1


@pytest.mark.parametrize("language", SPOKEN)
def test_the_guides_of_readers_have_each(language: str) -> None:
    """A row of the table of ``/settings``, by what the panel calls it. The time zone is that of the quiet hours."""
    guide = (ROOT / "docs" / f"readers{'' if language == 'en' else f'.{language}'}.md").read_text("utf-8")
    named, say = re.findall(r"^\| ([^|]+) \|", guide, re.M), phrases_in(language).say
    labels = [each.label for each in (*SETTINGS.values(), *SWITCHES) if each.name != "zone"]
    assert [label for label in labels if say(label) not in named] == []
