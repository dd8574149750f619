"""The settings of a chat as forms: on our own Discord in both modes, and on simcord."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from bot.dossier.models import Dossier, Language, Topic, TopicId
from bot.platforms.discord.forms import command_of, form
from bot.platforms.discord.types import Input
from bot.platforms.platform import NotAccepted
from bot.platforms.web.subscription_form import subscription_in
from bot.replies.question import Command
from bot.schedule import SWITCHES, QuietHours, Subscription, Timing
from bot.subscriptions.settings_panel import SETTINGS, View, apply_argument, followable
from tests.platforms.discord.conftest import QUICK_MODE_FIRST
from tests.platforms.discord.stages import Actor, Stage, staged
from tests.servers.discord_people import MANAGER, MEMBER, Shown
from tests.servers.discord_rules import modal_refusals
from tests.tables import cases

NIGHT = Subscription(timing=Timing("daily", 7, quiet=QuietHours(22, 7)), silent=True)

in_module = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(params=[*QUICK_MODE_FIRST, "simcord"], scope="module", loop_scope="module")
async def stage(request: pytest.FixtureRequest, dossier: Dossier) -> AsyncIterator[Stage]:
    """Each of the three."""
    async with staged(request.param, dossier) as place:
        yield place


async def settings(stage: Stage, locale: str = "en-US") -> tuple[Actor, Shown]:
    """An admin of a channel that subscribes, and the panel with its settings."""
    admin = stage.somebody(permissions=MANAGER, locale=locale)
    await admin.use("subscribe")
    return admin, await admin.use("settings")


@in_module
class TestForms:
    """A button of the panel opens a form that is filled in with what is in force; submitting it changes the panel in place."""

    @cases("locale, button, title, given, line")
    async def test_change_a_setting(
        self, stage: Stage, locale: str, button: str, title: str, given: dict[str, object], line: str
    ) -> None:
        """In three languages.

        en-US | 🗓 When | When | {"pace": ["daily"], "hour": ["9"]} | **When:** once a day at 09:00
        id | 🗓 Waktu kirim | Waktu kirim | {"pace": ["weekly 0"], "hour": ["8"]} | setiap Senin pukul 08.00
        ru | 🗓 Когда | Когда | {"pace": ["weekly 4"], "hour": ["18"]} | раз в неделю (пятница, 18:00)
        en-US | 🌙 Quiet hours | Quiet hours | {"start": ["22"], "end": ["7"]} | **Quiet hours:** 22:00–07:00
        id | 🌙 Jam tenang | Jam tenang | {"start": ["21"], "end": ["6"]} | 06.00
        ru | 🌙 Тихие часы | Тихие часы | {"start": ["23"], "end": ["8"]} | 23:00–08:00
        en-US | 🕰 Time zone | Time zone | {"zone": ["Asia/Makassar"]} | **Time zone:** Asia/Makassar
        id | 🕰 Zona waktu | Zona waktu | {"city": "Tokyo"} | Asia/Tokyo
        ru | 🕰 Часовой пояс | Часовой пояс | {"city": "Vladivostok"} | Asia/Vladivostok
        en-US | 🏷 Topics | Topics | {"topics0": ["agreement", "parties"]} | What was agreed, Who the parties are
        id | 🏷 Topik | Topik | {"topics0": ["agreement"]} | **Topik:** Apa isi kesepakatannya
        ru | 🏷 Темы | Темы | {"topics0": ["agreement"]} | **Темы:** О чём договорились
        """
        admin, panel = await settings(stage, locale)
        form = await admin.open(panel, panel.buttons[button])
        assert form.modal["title"] == title
        changed = await admin.submit(form, **given)
        assert (changed.is_private, changed.is_in_place) == (True, True)
        assert line in changed.text

    async def test_show_what_is_in_force(self, stage: Stage) -> None:
        """Submitting a form as it is changes nothing."""
        admin, panel = await settings(stage)
        when = await admin.open(panel, panel.buttons["🗓 When"])
        await admin.submit(when, pace=["weekly 2"], hour=["15"])
        again = await admin.open(panel, panel.buttons["🗓 When"])
        assert again.chosen == {"pace": ["weekly 2"], "hour": ["15"]}
        assert "once a week, on Wednesday at 15:00" in (await admin.submit(again)).text

    async def test_no_topic_means_all(self, stage: Stage) -> None:
        """As at the beginning."""
        admin, panel = await settings(stage)
        topics = await admin.open(panel, panel.buttons["🏷 Topics"])
        await admin.submit(topics, topics0=["agreement"])
        again = await admin.open(panel, panel.buttons["🏷 Topics"])
        assert again.chosen == {"topics0": ["agreement"]}
        assert "**Topics:** all" in (await admin.submit(again, topics0=[])).text

    async def test_a_city_of_several_zones_is_asked_about(self, stage: Stage) -> None:
        """A press then chooses."""
        admin, panel = await settings(stage)
        zone = await admin.open(panel, panel.buttons["🕰 Time zone"])
        shown = await admin.submit(zone, city="Indiana")
        assert "America/Indiana/Knox" in shown.options
        chosen = await admin.choose(shown, shown.options["America/Indiana/Knox"])
        assert "**Time zone:** America/Indiana/Knox" in chosen.text

    async def test_from_an_hour_until_the_same_hour(self, stage: Stage) -> None:
        """It asks until when, and changes nothing: the hours that hold are not switched off without a word."""
        admin, panel = await settings(stage)
        quiet = await admin.open(panel, panel.buttons["🌙 Quiet hours"])
        await admin.submit(quiet, start=["22"], end=["7"])
        again = await admin.open(panel, panel.buttons["🌙 Quiet hours"])
        shown = await admin.submit(again, start=["22"], end=["22"])
        assert "From 22:00 until when?" in shown.text
        kept = await admin.open(panel, panel.buttons["🌙 Quiet hours"])
        assert kept.chosen == {"start": ["22"], "end": ["7"]}

    async def test_a_city_that_is_none(self, stage: Stage) -> None:
        """The setting stays, and the form opens again."""
        admin, panel = await settings(stage)
        zone = await admin.open(panel, panel.buttons["🕰 Time zone"])
        shown = await admin.submit(zone, city="Zzzzqqqq")
        assert "No time zone is called “Zzzzqqqq”." in shown.text
        assert "/settings zone" not in shown.text
        assert (await admin.open(shown, shown.buttons["🔎 Another city"])).modal["title"] == "Time zone"

    async def test_are_for_admins(self, stage: Stage) -> None:
        """Others are told so, under a public message, too."""
        admin, _ = await settings(stage)
        member = stage.somebody(admin.channel, permissions=MEMBER)
        shown = await member.press(stage.bulletin(admin.channel), "c/settings/zone")
        assert (shown.is_private, shown.title) == (True, "🔒 For admins")

    async def test_without_a_subscription_there_is_nothing_to_set(self, stage: Stage) -> None:
        """The button of an old panel offers to subscribe."""
        admin, panel = await settings(stage)
        await admin.use("unsubscribe")
        shown = await admin.press(panel, panel.buttons["🗓 When"])
        assert "🔔 Subscribe" in shown.buttons


any_values = st.fixed_dictionaries(
    {
        "pace": st.sampled_from(["at_once", "daily", "weekly 0", "weekly 6"]),
        "hour": st.sampled_from(["0", "9", "23", "24"]),
        "start": st.sampled_from(["off", "0", "22"]),
        "end": st.sampled_from(["off", "0", "7"]),
        "zone": st.sampled_from(["UTC", "Asia/Jakarta"]),
        "city": st.sampled_from(["", "Tokyo", "Indiana", "Zzzz"]),
    }
)


class TestTheForms:
    """One on Discord and that of the page mean the same."""

    @settings_of_hypothesis(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(any_values, st.frozensets(st.integers(0, 3)), st.sampled_from([Subscription(), NIGHT]))
    def test_mean_the_same(
        self, dossier: Dossier, values: dict[str, str], chosen: frozenset[int], current: Subscription
    ) -> None:
        """What the page refuses asks further on Discord, and changes nothing."""
        topics = [followable(dossier)[number] for number in sorted(chosen)]
        english, on_discord, is_refused = Language("en"), current, False
        for setting in SETTINGS.values():
            fields = setting.fields(View(on_discord, dossier, english))
            inputs = {
                f"{field.name}0" if field.takes_many else field.name: Input(values=tuple(topics))
                if field.takes_many
                else Input(values=(values[field.name],))
                if field.options
                else Input(value=values[field.name])
                for field in fields
            }
            command = command_of(f"form/{setting.name}", inputs)
            assert command is not None
            changed = apply_argument(command.argument, on_discord, dossier)
            is_refused, on_discord = is_refused or changed is None, changed or on_discord
        form = {name: [value] for name, value in values.items()} | {"topics": topics}
        form |= {switch.name: ["1"] for switch in SWITCHES if getattr(current, switch.name)}
        if is_refused:
            with pytest.raises(NotAccepted):
                subscription_in(form, current, dossier, english)
        else:
            assert subscription_in(form, current, dossier, english) == on_discord


class TestLimits:
    """Forms of any dossier are within Discord's limits, and what they mean is understood."""

    @pytest.mark.parametrize(
        ("name", "language"),
        [
            (name, language)
            for name in SETTINGS
            for language in ("en", "es", "id", "ru")
            if (name, language) != ("topics", "es")
        ],
    )
    def test_with_more_topics_than_a_select_holds(self, dossier: Dossier, language: str, name: str) -> None:
        """Several selects, each with 25."""
        topic = dossier.topics[TopicId("duration")]
        many: dict[TopicId, Topic] = {
            TopicId(f"topic-{n}"): topic.model_copy(update={"id": TopicId(f"topic-{n}")}) for n in range(60)
        }
        large = Dossier(dossier.header, dossier.sources, dossier.facts, many, {})
        assert len(followable(large)) == 60
        opened = form(name, Subscription(), large, Language(language))
        assert opened is not None
        assert opened.data is not None
        assert not modal_refusals(opened.data)

    def test_without_topics_there_is_none(self, dossier: Dossier) -> None:
        """A form has at least one field."""
        assert form("topics", Subscription(), Dossier(dossier.header, {}, {}, {}, {}), dossier.language("en")) is None

    @pytest.mark.parametrize(
        ("custom_id", "inputs"),
        [
            ("form/when", {}),
            ("form/when", {"pace": Input(values=("daily",)), "hour": Input(values=("25",))}),
            ("form/quiet", {"start": Input(values=("x",)), "end": Input(values=("7",))}),
            ("form/topics", {"topics0": Input(values=("gone",))}),
            ("form/zone", {"city": Input(value="\u202e" * 900)}),
        ],
    )
    def test_what_no_client_submits_changes_nothing(
        self, dossier: Dossier, custom_id: str, inputs: dict[str, Input]
    ) -> None:
        """A forged or an outdated form."""
        command = command_of(custom_id, inputs)
        assert isinstance(command, Command)
        assert apply_argument(command.argument, Subscription(), dossier) in (None, Subscription())

    @pytest.mark.parametrize("custom_id", ["form/other", "form/", "t/duration", "=5=form/when"])
    def test_an_unknown_form(self, custom_id: str) -> None:
        """It means no command."""
        assert command_of(custom_id, {}) is None
