"""A channel is set up from the private chat of whoever added the bot, and lost rights are told to whoever took them."""

from typing import Any

import pytest

from bot.platforms.telegram.render import about_channel, channel_in
from bot.reader import Address
from bot.replies.question import Command
from tests.platforms.telegram.conftest import IN_EACH_MODE, Talk
from tests.platforms.telegram.test_presses import pressed, tokens
from tests.platforms.telegram.updates import ADA, BUDI, CHANNEL, GROUP, chat, member, message, press, user
from tests.servers.telegram import Called
from tests.tables import cases


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

    @cases("language, words")
    async def test_the_panel_comes_in_private(self, talk: Talk, language: str, words: str) -> None:
        """
        en | I am in
        id | Saya sudah ada di
        ru | Я теперь в канале
        """
        panel = await added(talk, language)
        assert panel.given["chat_id"] == ADA
        assert words in panel.given["text"]

    async def test_one_press_subscribes_the_channel(self, talk: Talk) -> None:
        talk.api.state.members[CHANNEL, ADA] = "administrator"
        panel = await added(talk)
        _, edit = await pressed(talk, tokens(panel)[0], under(panel))
        assert edit.given["chat_id"] == ADA
        assert "Subscribed" in edit.given["text"]
        assert await talk.store.subscriptions.get(Address("telegram", str(CHANNEL))) is not None
        assert await talk.store.subscriptions.get(Address("telegram", str(ADA))) is None
        settings = next(each for each in tokens(edit) if each.endswith("c/settings/"))
        _, shown = await pressed(talk, settings, under(panel))
        assert shown.given["chat_id"] == ADA
        silent = next(each for each in tokens(shown) if each.endswith("c/settings/sound off"))
        await pressed(talk, silent, under(panel))
        stored = await talk.store.subscriptions.get(Address("telegram", str(CHANNEL)))
        assert stored is not None
        assert stored.silent

    async def test_who_is_no_admin_of_the_channel_changes_nothing(self, talk: Talk) -> None:
        """Also by a forged button, and after the rights were lost."""
        panel = await added(talk)
        [alert] = await talk.tell(press(tokens(panel)[0], under(panel), user(BUDI)))
        assert alert.given["text"].startswith("🔒")
        assert await talk.store.subscriptions.get(Address("telegram", str(CHANNEL))) is None

    @pytest.mark.parametrize("data", ["@/c/subscribe/", "@x/c/subscribe/", "@eb/", "@" + "f" * 16 + "/c/subscribe/"])
    async def test_a_forged_channel_does_no_harm(self, talk: Talk, data: str) -> None:
        panel = await added(talk)
        [alert] = await talk.tell(press(data, under(panel)))
        assert alert.given["show_alert"] is True

    def test_the_number_of_a_channel_is_kept(self) -> None:
        data = about_channel(CHANNEL)(Command("settings", "quiet 22 7"))["callback_data"]
        assert channel_in(data) == (CHANNEL, "c/settings/quiet 22 7")
        assert channel_in("c/settings/@1/x") == (None, "c/settings/@1/x")


SECOND = -1009876543211
"""Another channel of the same admin."""


async def two_panels(talk: Talk) -> tuple[Called, Called]:
    """Ada, who is an admin of two channels, and not subscribed herself, has their panels in her private chat."""
    panels = []
    for number, title in ((CHANNEL, "Harbour news"), (SECOND, "Tram news")):
        talk.api.state.members[number, ADA] = "administrator"
        update = changed(number, {"status": "left"}, {"status": "administrator", "can_post_messages": True})
        update["my_chat_member"]["chat"] = {"id": number, "type": "channel", "title": title}
        [panel] = await talk.tell(update)
        panels.append(panel)
    return panels[0], panels[1]


def key_with(call: Called, token: str) -> str:
    return next(each for each in tokens(call) if each.endswith(token))


class TestWhichChannel:
    """An admin of two channels can tell at each step which one a panel is about, and changes no other chat."""

    @pytest.mark.slow
    async def test_every_panel_names_its_channel(self, talk: Talk) -> None:
        for panel, title in zip(await two_panels(talk), ("Harbour news", "Tram news"), strict=True):
            _, shown = await pressed(talk, key_with(panel, "c/subscribe/"), under(panel), id=f"subscribe {title}")
            assert shown.given["text"].startswith(f"<b>📣 {title} › ✅ Subscribed")
            assert "to this channel at once" in shown.given["text"]
            for token in (
                "c/settings/",
                "c/settings/topics",
                "c/settings/",
                "c/language/",
                "c/settings/",
                "c/unsubscribe/",
            ):
                _, shown = await pressed(
                    talk, key_with(shown, token), under(panel), id=f"{title} {token} {len(talk.api.calls)}"
                )
                assert shown.given["text"].startswith(f"<b>📣 {title} › ")
                assert "this chat" not in shown.given["text"].lower()
                assert "come here" not in shown.given["text"]
                assert all(each.startswith("@") for each in tokens(shown))

    @IN_EACH_MODE
    async def test_a_city_is_the_channels(self, talk: Talk) -> None:
        """The reply to its panel, twice: to one that found nothing, and to one that found zones."""
        first, second = await two_panels(talk)
        for panel in (first, second):
            await pressed(talk, key_with(panel, "c/subscribe/"), under(panel), id=f"s {panel.result['message_id']}")
        _, zones = await pressed(talk, f"@{-CHANNEL:x}/c/settings/zone", under(first))
        assert "/settings zone" not in zones.given["text"]
        shown = talk.api.state.messages[ADA, first.result["message_id"]]
        [nothing] = await talk.tell(message("Xyzzyville", reply_to_message=shown))
        assert "No time zone is called" in nothing.given["text"]
        [found] = await talk.tell(message("Indiana", reply_to_message=nothing.result | {"chat": chat(ADA)}))
        assert found.given["text"].startswith("<b>📣 Harbour news › 🕰 Time zone")
        await pressed(talk, key_with(found, "c/settings/zone America/Indiana/Knox"), under(found))
        chosen = await talk.store.subscriptions.get(Address("telegram", str(CHANNEL)))
        assert chosen is not None
        assert chosen.timing.zone == "America/Indiana/Knox"
        [set_] = await talk.tell(message("Tokyo", reply_to_message=nothing.result | {"chat": chat(ADA)}))
        assert set_.given["text"].startswith("<b>📣 Harbour news › ⚙️ Settings")
        stored = [await talk.store.subscriptions.get(Address("telegram", str(each))) for each in (CHANNEL, SECOND, ADA)]
        assert [each.timing.zone if each else None for each in stored] == ["Asia/Tokyo", "UTC", None]

    async def test_a_command_below_its_panel_is_about_it(self, talk: Talk) -> None:
        first, _ = await two_panels(talk)
        shown = talk.api.state.messages[ADA, first.result["message_id"]]
        [why] = await talk.tell(message("/why", reply_to_message=shown))
        assert why.given["text"].startswith("<b>📣 Harbour news › 🔎")
        [answer] = await talk.tell(message("/duration", reply_to_message=shown))
        assert "How long it lasts" in answer.given["text"]

    @pytest.mark.slow
    async def test_a_notice_does_not_take_its_place(self, talk: Talk) -> None:
        panel, _ = await two_panels(talk)
        for number in range(30):
            await talk.give(press(key_with(panel, "c/language/"), under(panel), id=f"flood {number}"))
        await talk.api.until("answerCallbackQuery", 30)
        assert any("One moment" in str(each.get("text")) for each in talk.api.of("answerCallbackQuery"))
        assert not any("One moment" in each["text"] for each in talk.api.of("editMessageText"))


def shared(number: int, who: int = ADA, title: str = "Tram news") -> dict[str, Any]:
    """Somebody chose one of their channels with the button in place of the keyboard (#chatshared)."""
    update = message("", who, user(who), chat_shared={"request_id": 1, "chat_id": number, "title": title})
    del update["message"]["text"]
    return update


class TestWayBack:
    """The settings of a private chat lead to those of its owner's channels, also when the first panel is long gone."""

    @IN_EACH_MODE
    @pytest.mark.parametrize("is_subscribed", [False, True])
    async def test_through_the_settings(self, talk: Talk, is_subscribed: bool) -> None:
        await two_panels(talk)
        if is_subscribed:
            await talk.tell(message("/subscribe"))
        [settings] = await talk.tell(message("/settings"))
        _, asked = await pressed(talk, key_with(settings, "c/settings/channels"), settings.result | {"chat": chat(ADA)})
        [[button]] = asked.given["reply_markup"]["keyboard"]
        assert button["request_chat"]["chat_is_channel"] is True
        [panel] = await talk.tell(shared(SECOND))
        assert panel.given["chat_id"] == ADA
        assert panel.given["text"].startswith("<b>📣 Tram news › ⚙️ Settings")
        _, edit = await pressed(talk, key_with(panel, "c/subscribe/"), under(panel))
        assert "Subscribed" in edit.given["text"]
        assert await talk.store.subscriptions.get(Address("telegram", str(SECOND))) is not None
        assert await talk.store.subscriptions.get(Address("telegram", str(CHANNEL))) is None

    async def test_typed(self, talk: Talk) -> None:
        [asked] = await talk.tell(message("/settings channels"))
        assert "keyboard" in asked.given["reply_markup"]

    async def test_not_to_somebody_elses(self, talk: Talk) -> None:
        """Nor where the bot is not."""
        await two_panels(talk)
        for number in (CHANNEL, -1009999999999):
            [refusal] = await talk.tell(shared(number, BUDI))
            assert "Only an admin of the channel" in refusal.given["text"]

    async def test_in_a_group_there_is_none(self, talk: Talk) -> None:
        talk.api.state.members[GROUP, ADA] = "administrator"
        [settings] = await talk.tell(message("/settings@NotaTestBot", GROUP))
        assert not any(each.endswith("channels") for each in tokens(settings))


class TestLostRights:
    """Told once, to who can mend it."""

    @cases("language, words")
    async def test_a_group_silences_the_bot(self, talk: Talk, language: str, words: str) -> None:
        """
        en | send messages
        id | mengirim pesan
        ru | отправлять сообщения
        """
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
