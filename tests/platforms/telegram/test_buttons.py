"""Buttons under a message: laid out for a phone, leading on in three ways."""

from bot.dossier.models import BulletinId, TopicId
from bot.platforms.telegram.render import PrivateLink, keyboard, new_message
from bot.replies.question import AboutBulletin, AboutTopic, Command
from bot.replies.reply import Button


def button(label: str, *, choice: bool = False, chosen: bool = False) -> Button:
    """A button to the fare."""
    return Button(label, AboutTopic(TopicId("fare")), choice=choice, chosen=chosen)


def labels(buttons: list[Button]) -> list[list[str]]:
    """The keyboard's words, row by row."""
    return [[key["text"] for key in row] for row in keyboard(buttons)]


class TestRows:
    """As much stands side by side as one can read."""

    def test_short_ways_share_a_row(self) -> None:
        """Up to what a phone shows."""
        assert labels([button("Renewal"), button("Prices"), button("A much longer way on")]) == [
            ["Renewal", "Prices"],
            ["A much longer way on"],
        ]

    def test_short_choices_stand_in_columns(self) -> None:
        """Two of them; an odd one is alone."""
        choices = [button(name, choice=True) for name in ("One", "Two", "Three")]
        assert labels(choices) == [["One", "Two"], ["Three"]]

    def test_long_choices_stand_below_each_other(self) -> None:
        """All of them, so that the column is even."""
        choices = [button(name, choice=True) for name in ("One", "Development of networks")]
        assert labels(choices) == [["One"], ["Development of networks"]]

    def test_ways_on_stand_apart_from_choices(self) -> None:
        """Even where there would be room."""
        assert labels([button("One", choice=True), button("Back")]) == [["One"], ["Back"]]

    def test_what_is_in_force_is_ticked(self) -> None:
        """As the language is."""
        assert labels([button("English", choice=True, chosen=True)]) == [["✓ English"]]

    def test_what_telegram_would_refuse_is_left_out(self) -> None:
        """No words, or a question longer than 64 bytes: the rest of the message is worth more."""
        too_long = Button("x", Command("c", "a" * 64))
        assert labels([button(" "), too_long, button("Prices"), Button("none")]) == [["Prices"]]


class TestWays:
    """Where a button leads."""

    def test_into_the_message_itself(self) -> None:
        """The usual."""
        assert keyboard([button("Fare")]) == [[{"text": "Fare", "callback_data": "t/fare"}]]

    def test_to_a_message_of_its_own(self) -> None:
        """For a bulletin, which is to stay."""
        assert keyboard([button("Fare")], new_message) == [[{"text": "Fare", "callback_data": "+t/fare"}]]

    def test_into_the_private_chat(self) -> None:
        """By a deep link; what none can say comes as a message."""
        bulletin = Button("News", AboutBulletin(BulletinId("2026-01-05-first")))
        program = Button("5G", AboutTopic(TopicId("program:5g-iot")))
        settings = Button("Settings", Command("settings"))
        rows = keyboard([button("Fare"), bulletin, program, settings], PrivateLink("NotaTestBot"))
        assert [key.get("url") or key["callback_data"] for row in rows for key in row] == [
            "https://t.me/NotaTestBot?start=fare",
            "https://t.me/NotaTestBot?start=2026-01-05-first",
            "https://t.me/NotaTestBot?start=5g-iot",
            "+c/settings/",
        ]

    def test_out_to_a_page(self) -> None:
        """A button with an address."""
        assert keyboard([Button("Page", url="https://a.example")]) == [[{"text": "Page", "url": "https://a.example"}]]
