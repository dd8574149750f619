"""Buttons and select menus."""

from dataclasses import replace
from typing import Any

from bot.dossier.models import TopicId
from bot.platforms.discord.render import rows
from bot.replies.question import AboutTopic, Command
from bot.replies.reply import Button
from tests.servers.discord_rules import message_refusals


def ways(count: int, *, choice: bool = False) -> list[Button]:
    """So many buttons."""
    return [Button(f"Topic {index}", AboutTopic(TopicId(f"t{index}")), choice=choice) for index in range(count)]


def labels(made: list[dict[str, Any]]) -> list[list[str]]:
    """Row by row what stands on the buttons."""
    return [[component["label"] for component in row["components"]] for row in made]


class TestChoices:
    """Like things to pick from."""

    def test_up_to_five_are_buttons(self) -> None:
        """All are seen at once."""
        assert labels(rows(ways(5, choice=True), "en")) == [[f"Topic {index}" for index in range(5)]]

    def test_more_than_five_are_a_menu(self) -> None:
        """Its options carry the questions."""
        (row,) = rows(ways(6, choice=True), "ru")
        (menu,) = row["components"]
        assert menu["type"] == 3
        assert menu["placeholder"] == "Выберите…"
        assert menu["options"][5] == {"label": "Topic 5", "value": "t/t5"}

    def test_more_than_a_menu_holds_are_two(self) -> None:
        """Discord takes 25 options each, and no custom_id twice."""
        made = rows(ways(30, choice=True), "en")
        assert [len(row["components"][0]["options"]) for row in made] == [25, 5]
        assert not message_refusals({"components": made})

    def test_the_one_in_force_is_marked(self) -> None:
        """As the option preselected, or the button that stands out."""
        chosen = Button("Now", Command("language", "en"), choice=True, chosen=True)
        (row,) = rows([*ways(5, choice=True), chosen], "en")
        assert row["components"][0]["options"][5]["default"] is True
        (row,) = rows([*ways(1, choice=True), chosen], "en")
        assert [button["style"] for button in row["components"]] == [2, 1]

    def test_what_choosing_again_takes_back(self) -> None:
        """Several may be in force, so none is preselected; each state is another menu, or clients would not tell of it."""
        made = [
            rows([replace(way, toggles=True, chosen=index in chosen) for index, way in enumerate(topics)], "en")
            for topics in [ways(6, choice=True)]
            for chosen in ({1}, {1, 4}, {1})
        ]
        menus = [row["components"][0] for (row,) in made]
        assert [option["label"] for option in menus[1]["options"]][:2] == ["Topic 0", "✅ Topic 1"]
        assert not any(message_refusals({"components": each}) for each in made)
        assert not any("default" in option for menu in menus for option in menu["options"])
        assert menus[0]["custom_id"] == menus[2]["custom_id"] != menus[1]["custom_id"]


class TestWays:
    """Ways on and back."""

    def test_stand_in_rows_of_their_own(self) -> None:
        """Below the choices, five in a row."""
        made = rows([*ways(2, choice=True), *ways(9)[2:]], "en")
        assert [len(row["components"]) for row in made] == [2, 5, 2]

    def test_an_address_is_a_link(self) -> None:
        """It needs no answer of ours."""
        (row,) = rows([Button("Site", url="https://nota.example")], "en")
        assert row["components"] == [{"type": 2, "label": "Site", "style": 5, "url": "https://nota.example"}]


class TestRefusedButtons:
    """One button that Discord refuses would cost the whole message."""

    def test_are_left_out(self) -> None:
        """Without words, with too long a question or address."""
        buttons = [
            Button(" ", AboutTopic(TopicId("a"))),
            Button("Long", Command("settings", "x" * 100)),
            Button("Far", url="https://a.example/" + "x" * 512),
            Button("Fine", AboutTopic(TopicId("b"))),
        ]
        assert labels(rows(buttons, "en")) == [["Fine"]]

    def test_the_same_question_stands_once(self) -> None:
        """Two components must not share a custom_id."""
        assert labels(rows([*ways(1), *ways(1)], "en")) == [["Topic 0"]]

    def test_a_long_label_is_cut(self) -> None:
        """80 characters on a button, 100 in a menu."""
        (row,) = rows([Button("x" * 90, AboutTopic(TopicId("a")))], "en")
        assert len(row["components"][0]["label"]) == 80

    def test_rows_beyond_the_fifth_are_left_out(self) -> None:
        """Discord takes five."""
        assert len(rows(ways(26), "en")) == 5
