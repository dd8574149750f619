"""Who somebody is, as others read it: a name that anybody may take, and the account that is theirs alone."""

import pytest

from bot.conversation import MAX_NAME, display_name
from bot.platforms.discord.types import Interaction
from bot.platforms.telegram.types import Message, asker_of_message
from tests.platforms.telegram.updates import chat


@pytest.mark.parametrize(
    ("name", "account", "shown"),
    [
        ("Anna Petrova", "@anna", "Anna Petrova (@anna)"),
        ("Anna (@chief)", "@eve", "Anna (@chief) (@eve)"),
        ("anna", "@anna", "@anna"),
        ("  ", "@anna", "@anna"),
        ("Anna", "id 7", "Anna (id 7)"),
        ("The editors", "", "The editors"),
        ("", "", ""),
    ],
)
def test_signature(name: str, account: str, shown: str) -> None:
    """The account stands last, whatever somebody calls themselves."""
    assert display_name(name, account) == shown


def test_long_name() -> None:
    """Is cut, the account is not."""
    assert display_name("A" * 200, "@anna") == f"{'A' * (MAX_NAME - 1)}… (@anna)"


class TestOnEachPlatform:
    """Two people of one name are two."""

    @pytest.mark.parametrize(("known_as", "shown"), [({"username": "ada"}, "Ada L (@ada)"), ({}, "Ada L (id 5)")])
    def test_telegram(self, known_as: dict[str, str], shown: str) -> None:
        """By the user name, or the number of who has none."""
        sender = {"id": 5, "first_name": "Ada", "last_name": "L", **known_as}
        message = Message.model_validate({"message_id": 1, "date": 0, "chat": chat(-5), "from": sender})
        assert asker_of_message(message).name == shown

    @pytest.mark.parametrize(
        ("nick", "called", "shown"),
        [("Boss", "Ada", "Boss (@ada)"), (None, "Ada", "Ada (@ada)"), (None, None, "@ada"), ("ada", None, "@ada")],
    )
    def test_discord(self, nick: str | None, called: str | None, shown: str) -> None:
        """By the user name, which only one account has."""
        user = {"id": "5", "username": "ada", "global_name": called}
        member = {"user": user, "nick": nick, "permissions": "0"}
        given = {"id": "1", "application_id": "2", "type": 2, "token": "t", "member": member, "data": {"name": "wire"}}
        assert Interaction.model_validate(given).asker_name == shown
