"""A channel is set up from the private chat of whoever added the bot, and lost rights are told to whoever took them."""

from typing import Any

import pytest

from bot.platforms.telegram.render import about_channel, channel_in
from bot.reader import Address
from bot.replies.question import Command
from tests.platforms.telegram.conftest import Talk
from tests.platforms.telegram.test_presses import pressed, tokens
from tests.platforms.telegram.updates import ADA, BUDI, CHANNEL, GROUP, chat, member, press, user
from tests.servers.telegram import Called

TITLE = chat(CHANNEL)["title"]


def changed(where: int, old: dict[str, Any], new: dict[str, Any], language: str = "en") -> dict[str, Any]:
    """Ada changes what the bot may do."""
    update = member(new.pop("status"), where, **new)
    content = update["my_chat_member"]
    me = {"user": content["new_chat_member"]["user"]}
    return {"my_chat_member": content | {"from": user(ADA, language), "old_chat_member": me | old}}


async def added(talk: Talk, language: str = "en") -> Called:
    [panel] = await talk.tell(
        changed(CHANNEL, {"status": "left"}, {"status": "administrator", "can_post_messages": True}, language)
    )
    return panel


def under(panel: Called) -> dict[str, Any]:
    return panel.result | {"chat": chat(ADA)}


class TestSettingUp:
    """Its readers never see a panel."""

    @pytest.mark.parametrize(
        ("language", "words"), [("en", "I am in"), ("id", "Saya sudah ada di"), ("ru", "Я теперь в канале")]
    )
    async def test_the_panel_comes_in_private(self, talk: Talk, language: str, words: str) -> None:
        panel = await added(talk, language)
        assert panel.given["chat_id"] == ADA
        assert words in panel.given["text"]

    async def test_one_press_subscribes_the_channel(self, talk: Talk) -> None:
        talk.api.state.members[CHANNEL, ADA] = "administrator"
        panel = await added(talk)
        _, edit = await pressed(talk, tokens(panel)[0], under(panel))
        assert edit.given["chat_id"] == ADA
        assert "Subscribed" in edit.given["text"]
        assert await talk.store.subscriptions.get(Address("telegram", CHANNEL)) is not None
        assert await talk.store.subscriptions.get(Address("telegram", ADA)) is None
        settings = next(each for each in tokens(edit) if each.endswith("c/settings/"))
        _, shown = await pressed(talk, settings, under(panel))
        assert shown.given["chat_id"] == ADA
        silent = next(each for each in tokens(shown) if each.endswith("c/settings/sound"))
        await pressed(talk, silent, under(panel))
        stored = await talk.store.subscriptions.get(Address("telegram", CHANNEL))
        assert stored is not None
        assert stored.silent

    async def test_who_is_no_admin_of_the_channel_changes_nothing(self, talk: Talk) -> None:
        """Also by a forged button, and after the rights were lost."""
        panel = await added(talk)
        [alert] = await talk.tell(press(tokens(panel)[0], under(panel), user(BUDI)))
        assert alert.given["text"].startswith("🔒")
        assert await talk.store.subscriptions.get(Address("telegram", CHANNEL)) is None

    @pytest.mark.parametrize("data", ["@/c/subscribe/", "@x/c/subscribe/", "@eb/", "@" + "f" * 16 + "/c/subscribe/"])
    async def test_a_forged_channel_does_no_harm(self, talk: Talk, data: str) -> None:
        panel = await added(talk)
        [alert] = await talk.tell(press(data, under(panel)))
        assert alert.given["show_alert"] is True

    def test_the_number_of_a_channel_is_kept(self) -> None:
        data = about_channel(CHANNEL)(Command("settings", "quiet 22 7"))["callback_data"]
        assert channel_in(data) == (CHANNEL, "c/settings/quiet 22 7")
        assert channel_in("c/settings/@1/x") == (None, "c/settings/@1/x")


class TestLostRights:
    """Told once, to who can mend it."""

    @pytest.mark.parametrize(
        ("language", "words"), [("en", "send messages"), ("id", "mengirim pesan"), ("ru", "отправлять сообщения")]
    )
    async def test_a_group_silences_the_bot(self, talk: Talk, language: str, words: str) -> None:
        await talk.tell(member("member"))
        silenced = {"status": "restricted", "is_member": True, "can_send_messages": False}
        [told] = await talk.tell(changed(GROUP, {"status": "member"}, silenced, language))
        assert told.given["chat_id"] == ADA
        assert words in told.given["text"]

    async def test_what_was_missing_before_is_not_told_again(self, talk: Talk) -> None:
        await talk.tell(member("member"))
        before = {"status": "restricted", "is_member": True, "can_send_messages": False}
        assert await talk.ignores(changed(GROUP, before, dict(before)))

    async def test_a_channel_takes_the_right_to_post(self, talk: Talk) -> None:
        await added(talk)
        without = {"status": "administrator", "can_post_messages": False}
        [told] = await talk.tell(changed(CHANNEL, {"status": "administrator", "can_post_messages": True}, without))
        assert told.given["chat_id"] == ADA
        assert "post messages" in told.given["text"]
