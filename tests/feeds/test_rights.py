"""Who decides on news: the people whom EDITORS names and the admins of the editors' chat, checked at each press, there and nowhere else."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.db.feeds import Candidate, CandidateId
from bot.dossier.models import Dossier
from bot.feeds.review import Review, ReviewCommands
from bot.newsroom.editors_chat import EditorsChat
from bot.reader import Address
from tests.conftest import TINY, loaded, not_none
from tests.desk_scene import desk_on
from tests.feeds.test_review import OTHER, STORY
from tests.platforms.discord.conftest import QUICK_MODE_FIRST
from tests.platforms.discord.conftest import Talk as Discord
from tests.platforms.discord.conftest import talking as on_discord
from tests.platforms.telegram.conftest import Talk as Telegram
from tests.platforms.telegram.conftest import talking as on_telegram
from tests.platforms.telegram.updates import (
    ADA,
    ANONYMOUS_ADMIN,
    BUDI,
    CHANNEL,
    GROUP,
    chat,
    message,
    post,
    press,
    topic,
    user,
)
from tests.servers.discord_people import MANAGER, MEMBER, Person, Shown
from tests.servers.discord_world import DM

WRITER, CHANNEL_MANAGER, ADMINISTRATOR = MEMBER | 1 << 11, 1 << 4, 1 << 3
FORUM = 7
PRESSES = ("take 1", "reject 1", "later 1", "topics 1", "show 1", "")
ONLY_EDITORS = "Only the editors and the admins of this chat decide on news."


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return loaded(TINY)


async def seat(talk: Telegram | Discord, editors: Address, *people: str) -> None:
    """The editors' chat, with two stories that wait."""
    conversation = talk.conversation
    chat = EditorsChat(conversation.store, editors, deciding=frozenset(people))
    desk = desk_on(conversation.store, conversation.live, chat)
    review = Review(conversation.store, conversation.live, chat, desk, lambda: None)
    conversation.staff = replace(conversation.staff, review=ReviewCommands(review))
    conversation.membership.editors_chat = chat
    async with conversation.store.database.write() as connection:
        now = await conversation.store.database.moment(connection)
        fresh = [replace(each, published=now - 60) for each in (STORY, OTHER)]
        await review.add(connection, fresh, now=now)


async def candidate(talk: Telegram | Discord, number: int = 1) -> Candidate:
    return not_none(await talk.conversation.store.candidates.get(CandidateId(number)))


@dataclass
class OnTelegram:
    """The editors' group on Telegram."""

    talk: Telegram
    place: int = GROUP

    async def presses(
        self, what: str, who: int, *, where: int | None = None, thread: int | None = None, calls: int = 1
    ) -> str:
        """What the first of the calls tells somebody who presses a button there; "" for nothing."""
        under = {"message_id": 9, "date": 1, "chat": chat(where or self.place)} | (topic(thread) if thread else {})
        answers = await self.talk.tell(press(f"c/wire/{what}", under, user(who)), expect=calls)
        return str(answers[0].given.get("text", ""))


@pytest.fixture
async def telegram(dossier: Dossier) -> AsyncIterator[OnTelegram]:
    """Ada runs the group; Budi is a member."""
    async with on_telegram("polling", dossier) as talk:
        talk.api.state.members[GROUP, ADA] = "creator"
        yield OnTelegram(talk)


class TestOnTelegram:
    """By getChatAdministrators, at the press."""

    @pytest.mark.parametrize("status", ["creator", "administrator"])
    async def test_admins(self, telegram: OnTelegram, status: str) -> None:
        """By name."""
        await seat(telegram.talk, Address("telegram", str(GROUP)))
        telegram.talk.api.state.members[GROUP, BUDI] = status
        assert "Taken by" in await telegram.presses("take 1", BUDI)
        assert (await candidate(telegram.talk)).decided_by == f"<b>Ada & Co (id {BUDI})"

    @pytest.mark.parametrize("status", ["member", "restricted", "left", "kicked"])
    async def test_never_a_mere_member(self, telegram: OnTelegram, status: str) -> None:
        """Nor does the message in the editors' chat change for them."""
        await seat(telegram.talk, Address("telegram", str(GROUP)))
        telegram.talk.api.state.members[GROUP, BUDI] = status
        for what in PRESSES:
            assert ONLY_EDITORS in await telegram.presses(what, BUDI), what
        assert (await candidate(telegram.talk)).decided_by is None

    async def test_a_member_who_presses_approve_is_told_so_alone(self, telegram: OnTelegram) -> None:
        """By an alert, not by a message for all. In another chat the command stays unknown."""
        await seat(telegram.talk, Address("telegram", str(GROUP)))
        telegram.talk.api.state.members[GROUP, BUDI] = "member"
        under = {"message_id": 9, "date": 1, "chat": chat(GROUP)}
        [call] = await telegram.talk.tell(press("c/desk/approve 1 1 5f0a91bc", under, user(BUDI)))
        assert call.method == "answerCallbackQuery"
        assert ONLY_EDITORS in call.given["text"]
        [call] = await telegram.talk.tell(message("/desk approve 1 1 5f0a91bc", BUDI, user(BUDI)))
        assert "I don’t know the command “desk”" in call.given["text"]

    async def test_a_right_that_was_taken_away_counts_no_more(self, telegram: OnTelegram) -> None:
        """It is asked for at each press."""
        await seat(telegram.talk, Address("telegram", str(GROUP)))
        assert "Taken by" in await telegram.presses("take 1", ADA)
        telegram.talk.api.state.members[GROUP, ADA] = "member"
        assert ONLY_EDITORS in await telegram.presses("take 2", ADA)
        assert (await candidate(telegram.talk, 2)).state == "waiting"

    async def test_people_whom_the_settings_name(self, telegram: OnTelegram) -> None:
        """Whatever they are in the chat."""
        await seat(telegram.talk, Address("telegram", str(GROUP)), f"telegram:{BUDI}", f"discord:{ADA}")
        assert "Rejected by" in await telegram.presses("reject 1", BUDI)
        telegram.talk.api.state.members[GROUP, ADA] = "member"
        assert ONLY_EDITORS in await telegram.presses("reject 2", ADA), "that id is another platform's"

    async def test_anonymous_admins_are_recorded_as_such(self, telegram: OnTelegram) -> None:
        """Who speaks in the chat's own name is one; who speaks in another chat's is nobody here."""
        await seat(telegram.talk, Address("telegram", str(GROUP)))
        command = "/wire@NotaTestBot reject 1"
        [call] = await telegram.talk.tell(message(command, GROUP, ANONYMOUS_ADMIN, sender_chat=chat(CHANNEL)))
        assert ONLY_EDITORS in call.given["text"]
        [call] = await telegram.talk.tell(message(command, GROUP, ANONYMOUS_ADMIN, sender_chat=chat(GROUP)))
        assert "Rejected by an administrator" in call.given["text"]
        assert (await candidate(telegram.talk)).decided_by == "an administrator"
        [call] = await telegram.talk.tell(
            message(command, GROUP, ANONYMOUS_ADMIN | {"language_code": "id"}, sender_chat=chat(GROUP))
        )
        assert "Ditolak oleh seorang admin" in call.given["text"]

    async def test_a_press_does_not_name_an_anonymous_admin(self, telegram: OnTelegram) -> None:
        """A press names the account even of those whom the chat does not."""
        await seat(telegram.talk, Address("telegram", str(GROUP)), f"telegram:{BUDI}")
        telegram.talk.api.state.anonymous |= {(GROUP, ADA), (GROUP, BUDI)}
        telegram.talk.api.state.members[GROUP, BUDI] = "administrator"
        for number, who in ((1, ADA), (2, BUDI)):
            assert "Taken by an administrator" in await telegram.presses(f"take {number}", who)
            assert (await candidate(telegram.talk, number)).decided_by == "an administrator"

    async def test_where_members_are_hidden(self, telegram: OnTelegram) -> None:
        """The list of admins is not."""
        await seat(telegram.talk, Address("telegram", str(GROUP)))
        telegram.talk.api.state.hiding.add(GROUP)
        assert ONLY_EDITORS in await telegram.presses("take 1", BUDI)
        assert "Taken by" in await telegram.presses("take 1", ADA)

    async def test_where_telegram_does_not_tell_nothing_is_decided(self, telegram: OnTelegram) -> None:
        """Rather than something by whoever it was."""
        await seat(telegram.talk, Address("telegram", str(GROUP)))
        telegram.talk.api.fault("getChatAdministrators", 403, "Forbidden: bot was kicked")
        assert ONLY_EDITORS in await telegram.presses("take 1", ADA)
        assert (await candidate(telegram.talk)).state == "waiting"

    async def test_a_topic_where_the_setting_names_one(self, telegram: OnTelegram) -> None:
        """In any other, and in the chat itself, even an admin is not at the desk."""
        await seat(telegram.talk, Address("telegram", str(GROUP), str(FORUM)))
        for thread in (None, 1, 8):
            assert await telegram.presses("take 1", ADA, thread=thread) == ""
        assert (await candidate(telegram.talk)).state == "waiting"
        assert "Taken by" in await telegram.presses("take 1", ADA, thread=FORUM)

    async def test_the_chat_where_it_names_none(self, telegram: OnTelegram) -> None:
        """Its topics are part of it."""
        await seat(telegram.talk, Address("telegram", str(GROUP)))
        assert "Taken by" in await telegram.presses("take 1", ADA, thread=8)

    async def test_a_group_that_became_a_supergroup(self, telegram: OnTelegram) -> None:
        """It goes on being the editors' under its new id; the operator is told which."""
        new = -1009999999999
        await seat(telegram.talk, Address("telegram", str(GROUP), str(FORUM)))
        telegram.talk.api.state.members[new, ADA] = "creator"
        with capture_logs() as log:
            assert await telegram.talk.ignores(message("", GROUP, migrate_to_chat_id=new))
        [line] = [entry for entry in log if "EDITORS_CHAT" in entry["event"]]
        assert (line["log_level"], line["chat"]) == ("warning", f"telegram:{new}/{FORUM}")
        assert await telegram.presses("take 1", ADA, thread=FORUM) == ""
        assert "Taken by" in await telegram.presses("take 1", ADA, where=new, thread=FORUM)

    async def test_a_private_chat_is_its_owners(self, telegram: OnTelegram) -> None:
        """And nobody else's."""
        await seat(telegram.talk, Address("telegram", str(ADA)))
        assert await telegram.presses("take 1", BUDI, where=BUDI, calls=3) == ""  # below it: an unknown command
        assert (await candidate(telegram.talk)).state == "waiting"
        assert "Taken by" in await telegram.presses("take 1", ADA, where=ADA)

    async def test_in_a_channel_its_admins(self, telegram: OnTelegram) -> None:
        """Readers press there too."""
        await seat(telegram.talk, Address("telegram", str(CHANNEL)))
        telegram.talk.api.state.members[CHANNEL, BUDI] = "administrator"
        assert ONLY_EDITORS in await telegram.presses("take 1", ADA, where=CHANNEL)
        assert "Taken by" in await telegram.presses("take 1", BUDI, where=CHANNEL)
        [call] = await telegram.talk.tell(post("/wire reject 2"))
        assert "Rejected by an administrator" in call.given["text"]

    @pytest.mark.parametrize("text", ["/wire", "/wire@NotaTestBot", "/wire take 1", "/wire@NotaTestBot take 1"])
    async def test_elsewhere_nothing_is_answered(self, telegram: OnTelegram, text: str) -> None:
        """Not even that there is such a command; not to an editor either. In private it is unknown like any other."""
        await seat(telegram.talk, Address("telegram", str(GROUP)), f"telegram:{ADA}", f"telegram:{BUDI}")
        for update in (message(text, -1005), post(text)):
            assert await telegram.talk.ignores(update)
        [call] = await telegram.talk.tell(message(text, BUDI, user(BUDI)))
        assert "I don’t know the command “wire”" in call.given["text"]
        assert (await candidate(telegram.talk)).state == "waiting"

    async def test_without_a_desk_it_is_unknown(self, telegram: OnTelegram) -> None:
        """No EDITORS_CHAT."""
        [call] = await telegram.talk.tell(message("/wire", ADA))
        assert "I don’t know the command “wire”" in call.given["text"]


class TestForwarded:
    """A forwarded message is text, whatever it says: who forwards it did not mean to give a command."""

    @pytest.mark.parametrize("origin", ["user", "hidden_user", "chat", "channel"])
    async def test_of_the_desk(self, telegram: OnTelegram, origin: str) -> None:
        """Nothing is decided by it."""
        await seat(telegram.talk, Address("telegram", str(GROUP)))
        forwarded = {"forward_origin": {"type": origin, "date": 1}}
        assert await telegram.talk.ignores(message("/wire take 1", GROUP, **forwarded))
        await telegram.talk.tell(message("@NotaTestBot /wire take 1", GROUP, **forwarded))
        assert (await candidate(telegram.talk)).state == "waiting"

    async def test_of_a_chat(self, telegram: OnTelegram) -> None:
        """Nothing is set by it, in private or in a group."""
        forwarded = {"forward_origin": {"type": "user", "date": 1, "sender_user": user(BUDI)}}
        store = telegram.talk.conversation.store
        await telegram.talk.tell(message("/subscribe", ADA, **forwarded))
        await telegram.talk.tell(message("/subscribe@NotaTestBot", GROUP, **forwarded))
        await telegram.talk.tell(message("/language ru", ADA, **forwarded))
        assert await store.subscriptions.get(Address("telegram", str(ADA))) is None
        assert await store.subscriptions.get(Address("telegram", str(GROUP))) is None
        assert store.readers.language(Address("telegram", str(ADA))) is None

    async def test_words_are_still_a_question(self, telegram: OnTelegram) -> None:
        """As when somebody asks what a message that they got is about."""
        forwarded = {"forward_origin": {"type": "user", "date": 1}}
        [call] = await telegram.talk.tell(message("what does a ticket cost?", ADA, **forwarded))
        assert "4,500" in call.given["text"]

    async def test_on_discord(self, dossier: Dossier) -> None:
        """There what is forwarded is no content of the message's own (resources/message#message-snapshot-object)."""
        async with on_discord("gateway", dossier) as talk:
            writer = talk.writer(talk.discord.world.add(DM))
            snapshot = {"message": {"content": "/subscribe", "type": 0, "embeds": []}}
            reference = {"type": 1, "message_id": "1", "channel_id": "2"}
            await writer.ask("", message_reference=reference, message_snapshots=[snapshot])  # whether that is so
            assert await talk.conversation.store.subscriptions.get(Address("discord", str(writer.channel.id))) is None


@dataclass
class OnDiscord:
    """The editors' channel on Discord."""

    talk: Discord
    channel: Any

    def somebody(self, permissions: int, **about: Any) -> Person:
        return self.talk.somebody(self.channel, permissions=permissions, **about)

    def under(self) -> Shown:
        """A message of the desk."""
        return Shown(self.talk.discord.world.put(self.channel.id, {"embeds": [{"title": "story"}]}), is_private=False)

    async def presses(self, what: str, who: Person) -> Shown:
        return await who.press(self.under(), f"c/wire/{what}")


@pytest.fixture(params=QUICK_MODE_FIRST)
async def discord(dossier: Dossier, request: pytest.FixtureRequest) -> AsyncIterator[OnDiscord]:
    async with on_discord(request.param, dossier) as talk:
        yield OnDiscord(talk, talk.discord.world.add())


class TestOnDiscord:
    """By the permissions that come with the press."""

    @pytest.mark.parametrize("permissions", [MANAGER, CHANNEL_MANAGER, ADMINISTRATOR])
    async def test_who_manages_the_server_or_its_channels(self, discord: OnDiscord, permissions: int) -> None:
        """Either is enough."""
        await seat(discord.talk, Address("discord", str(discord.channel.id)))
        said = await discord.presses("take 1", discord.somebody(permissions))
        assert "Taken by @reader" in said.title.replace("\\", "")

    async def test_never_who_may_only_write_there(self, discord: OnDiscord) -> None:
        """As today's members of the channel could."""
        await seat(discord.talk, Address("discord", str(discord.channel.id)))
        for what in PRESSES:
            refused = await discord.presses(what, discord.somebody(WRITER))
            assert (refused.is_private, ONLY_EDITORS in refused.text) == (True, True), what
        assert (await candidate(discord.talk)).decided_by is None

    async def test_people_whom_the_settings_name(self, discord: OnDiscord) -> None:
        """Whatever they may in the server."""
        anna = discord.somebody(WRITER)
        await seat(discord.talk, Address("discord", str(discord.channel.id)), f"discord:{anna.id}")
        assert "Rejected by" in (await discord.presses("reject 1", anna)).title

    async def test_direct_messages_are_their_owners(self, discord: OnDiscord) -> None:
        """With us alone."""
        discord.channel = discord.talk.discord.world.add(DM)
        await seat(discord.talk, Address("discord", str(discord.channel.id)))
        assert "Taken by" in (await discord.presses("take 1", discord.somebody(0))).title

    async def test_elsewhere_the_command_is_not_known(self, discord: OnDiscord) -> None:
        """A client may hold it for a while; typed, nothing is answered."""
        await seat(discord.talk, Address("discord", str(discord.channel.id + 1)))
        used = await discord.somebody(MANAGER).use("wire")
        assert used.is_private
        assert "editors" not in used.text
        writer = discord.talk.writer()
        await writer.write("<@1100000000000000001> /wire")
        await writer.ask("<@1100000000000000001> /help")
        assert len(writer.answers()) == 1
