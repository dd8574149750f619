"""When a bulletin may come."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dossier.models import TopicId
from bot.schedule import (
    OTHER_LANGUAGE,
    OTHER_TOPICS,
    SWITCHES,
    QuietHours,
    Subscription,
    Switch,
    Timing,
    Traits,
    digest_comes,
    earliest_delivery,
    end_of_quiet_hours,
    unwanted,
    zone_of,
    zones,
)
from tests.conftest import TINY
from tests.tables import table

JAKARTA = "Asia/Jakarta"  # UTC+7, no summer time
BERLIN = "Europe/Berlin"  # clocks go forward on 29 March 2026, back on 25 October 2026
ZONES = [JAKARTA, "Asia/Jayapura", "Europe/Moscow", BERLIN, "America/St_Johns", "Pacific/Chatham", "UTC"]


def local(zone: str, *moment: int) -> float:
    return datetime(*moment, tzinfo=ZoneInfo(zone)).timestamp()  # type: ignore[arg-type,misc]


hours = st.integers(0, 23)
quiet_hours = st.tuples(hours, hours).filter(lambda pair: pair[0] != pair[1]).map(lambda pair: QuietHours(*pair))
timings = st.builds(
    Timing,
    st.sampled_from(["at_once", "daily", "weekly"]),
    hours,
    st.integers(0, 6),
    st.none() | quiet_hours,
    st.sampled_from(ZONES),
)
moments = st.floats(local("UTC", 2025, 1, 1), local("UTC", 2030, 1, 1))


class TestAtOnce:
    """Without quiet hours a bulletin comes when it comes."""

    @given(moments)
    def test_now_is_allowed(self, now: float) -> None:
        """The default waits for nothing."""
        assert earliest_delivery(Timing(), urgent=False, now=now) == now

    def test_quiet_hours_hold_it_until_they_end(self) -> None:
        """Over midnight, by the reader's own clock."""
        timing = Timing(quiet=QuietHours(22, 7), zone=JAKARTA)
        late = local(JAKARTA, 2026, 11, 23, 23, 30)
        assert earliest_delivery(timing, urgent=False, now=late) == local(JAKARTA, 2026, 11, 24, 7)
        early = local(JAKARTA, 2026, 11, 24, 6, 59)
        assert earliest_delivery(timing, urgent=False, now=early) == local(JAKARTA, 2026, 11, 24, 7)
        awake = local(JAKARTA, 2026, 11, 24, 7)
        assert earliest_delivery(timing, urgent=False, now=awake) == awake

    def test_an_urgent_one_passes(self) -> None:
        """Quiet hours and digests alike."""
        timing = Timing("weekly", quiet=QuietHours(22, 7), zone=JAKARTA)
        late = local(JAKARTA, 2026, 11, 23, 23, 30)
        assert earliest_delivery(timing, urgent=True, now=late) == late


class TestDigests:
    """Gathered until an hour of the reader's day or week."""

    def test_daily(self) -> None:
        """Today's hour if it is still to come, otherwise tomorrow's."""
        timing = Timing("daily", hour=9, zone=JAKARTA)
        assert earliest_delivery(timing, urgent=False, now=local(JAKARTA, 2026, 11, 23, 8)) == local(
            JAKARTA, 2026, 11, 23, 9
        )
        assert earliest_delivery(timing, urgent=False, now=local(JAKARTA, 2026, 11, 23, 9, 1)) == local(
            JAKARTA, 2026, 11, 24, 9
        )

    def test_weekly(self) -> None:
        """On its weekday (4: Friday)."""
        timing = Timing("weekly", hour=18, weekday=4, zone=JAKARTA)
        friday = local(JAKARTA, 2026, 11, 27, 18)
        assert earliest_delivery(timing, urgent=False, now=local(JAKARTA, 2026, 11, 23, 8)) == friday
        assert earliest_delivery(timing, urgent=False, now=friday + 1) == local(JAKARTA, 2026, 12, 4, 18)

    @pytest.mark.parametrize("day", [(2026, 3, 28), (2026, 10, 24)])
    def test_keeps_its_hour_when_the_clocks_change(self, day: tuple[int, int, int]) -> None:
        """Nine in the morning is nine in the morning."""
        timing = Timing("daily", hour=9, zone=BERLIN)
        due = earliest_delivery(timing, urgent=False, now=local(BERLIN, *day, 10))
        assert datetime.fromtimestamp(due, ZoneInfo(BERLIN)).hour == 9


class TestAnyTiming:
    """Whatever was set, at whatever moment."""

    @given(timings, moments)
    def test_never_before_now_and_within_eight_days_and_a_night(self, timing: Timing, now: float) -> None:
        """Nothing is held for ever."""
        assert now <= earliest_delivery(timing, urgent=False, now=now) <= now + 9.1 * 86400

    @given(timings, moments)
    def test_never_in_quiet_hours(self, timing: Timing, now: float) -> None:
        """Except where the quiet hours end in an hour that the clocks skip."""
        due = datetime.fromtimestamp(earliest_delivery(timing, urgent=False, now=now), ZoneInfo(timing.zone))
        assert timing.quiet is None or not timing.quiet.contains(due.hour)

    @given(timings.filter(lambda timing: timing.pace != "at_once" and timing.zone in (JAKARTA, "UTC")), moments)
    def test_digests_come_when_it_is_said(self, timing: Timing, now: float) -> None:
        """Where no clocks change."""
        due = datetime.fromtimestamp(earliest_delivery(timing, urgent=False, now=now), ZoneInfo(timing.zone))
        weekday, hour = digest_comes(timing)
        is_off_the_hour = due.minute or due.second or due.microsecond  # already due, at this very moment
        assert is_off_the_hour or due.hour == hour
        assert is_off_the_hour or timing.pace == "daily" or due.weekday() == weekday

    @given(timings, moments)
    def test_what_is_allowed_stays_allowed(self, timing: Timing, now: float) -> None:
        """Looked at again when it is due, the reader is awake."""
        due = earliest_delivery(timing, urgent=False, now=now)
        assert end_of_quiet_hours(timing, due) == due


class TestSubscription:
    """Topics choose the audience."""

    def test_all_topics_by_default(self) -> None:
        """Untouched, every bulletin comes."""
        assert unwanted(Subscription(), Traits(frozenset({TopicId("pricing")})), "en") is None

    def test_some(self) -> None:
        """One in common is enough; a bulletin about nothing in particular is for all."""
        some = Subscription(frozenset({TopicId("pricing"), TopicId("duration")}))
        assert unwanted(some, Traits(frozenset({TopicId("pricing"), TopicId("renewal")})), "en") is None
        assert unwanted(some, Traits(frozenset({TopicId("renewal")})), "en") == OTHER_TOPICS
        assert unwanted(some, Traits(), "en") is None

    @pytest.mark.parametrize(
        ("languages", "reason"), [(None, None), (["en"], None), (["id"], OTHER_LANGUAGE), ([], OTHER_LANGUAGE)]
    )
    def test_one_language(self, languages: list[str] | None, reason: str | None) -> None:
        """What may still be written in it comes."""
        written = None if languages is None else frozenset(languages)
        assert unwanted(Subscription(own_language=True), Traits(languages=written), "en") == reason
        assert unwanted(Subscription(), Traits(languages=written), "en") is None

    @pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.name)
    def test_what_leaves_something_out_says_why(self, switch: Switch) -> None:
        """In the ledger, and to readers in ``/why``."""
        assert bool(switch.reason) is bool(switch.why)


class TestRefusing:
    """What makes no sense is refused where it is made."""

    @pytest.mark.parametrize(("start", "end"), [(7, 7), (-1, 5), (22, 24)])
    def test_quiet_hours(self, start: int, end: int) -> None:
        """Two different hours of a day."""
        with pytest.raises(ValueError, match="quiet hours"):
            QuietHours(start, end)

    @table("zone")
    def test_zones(self, zone: str) -> None:
        r"""Only names of the tz database.

        ""
        Mars/Base
        ../etc/passwd
        /usr/share/zoneinfo/UTC
        asia
        Asia
        "\u0000"
        """
        with pytest.raises(ValueError, match="time zone"):
            Timing(zone=zone)
        assert zone_of(JAKARTA).utcoffset(datetime.now(UTC)) is not None

    @table("zone")
    def test_files_of_the_tz_database_that_are_no_zones(self, zone: str) -> None:
        """And names written otherwise than there.

        localtime
        posixrules
        Factory
        posix/Asia/Jakarta
        right/Asia/Jakarta
        asia/jakarta
        zone1970.tab
        """
        with pytest.raises(ValueError, match="time zone"):
            Timing(zone=zone)

    def test_hours(self) -> None:
        """0 to 23; Monday to Sunday."""
        for wrong in ({"hour": 24}, {"weekday": 7}, {"hour": -1}):
            with pytest.raises(ValueError, match="expected 0 to 23"):
                Timing(**wrong)  # type: ignore[arg-type]


class TestZones:
    """They are those of the tzdata package, whatever the machine has."""

    def test_every_name_of_the_package(self) -> None:
        """Old names, too: people know them, and readers have chosen them."""
        named = set(files("tzdata").joinpath("zones").read_text("utf-8").split())
        assert zones() == named - {"Factory", "localtime"}
        assert {"UTC", "Asia/Jakarta", "Asia/Calcutta", "Europe/Kiev"} <= zones()
        assert all(zone_of(name).key == name for name in zones())

    @pytest.mark.slow
    def test_a_zone_that_the_machine_alone_has(self, tmp_path: Path) -> None:
        """Cannot be chosen, nor does it stand for the package's of that name: replicas may run on other machines."""
        installed = ("Asia/Jakarta", "Harbour/Town", "localtime")
        for name in installed:
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(files("tzdata").joinpath("zoneinfo", "America", "Lima").read_bytes())
        asked = (
            "from datetime import datetime\n"
            "from bot.cli import main\n"
            f"main(['check', {str(TINY)!r}])\n"
            "from bot.schedule import zone_of\n"
            f"for name in {installed!r}:\n"
            "    try: print(datetime(2026, 11, 23, tzinfo=zone_of(name)).utcoffset())\n"
            "    except ValueError as error: print(error)\n"
        )
        command = (sys.executable, "-c", asked)
        found = subprocess.run(
            command, env=os.environ | {"PYTHONTZPATH": str(tmp_path)}, capture_output=True, text=True, check=True
        )
        jakarta, harbour, local_time = found.stdout.splitlines()[-3:]
        assert jakarta == "7:00:00"
        assert harbour.startswith("time zone 'Harbour/Town'")
        assert local_time.startswith("time zone 'localtime'")
