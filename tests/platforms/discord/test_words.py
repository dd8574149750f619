"""Questions in people's own words, over the real websocket: to the bot directly, and where they mention it.

The same where interactions come by the gateway and where they come by HTTP.
"""

from typing import Any

import pytest

from tests.platforms.discord.conftest import Talk
from tests.servers.discord_people import Shown
from tests.servers.discord_world import BOT, DM, FORUM, PUBLIC_THREAD
from tests.servers.discord_writers import MENTION, Writer, guild

pytestmark = pytest.mark.asyncio(loop_scope="module")

DURATION, HOW_LONG = "⏳ How long it lasts", "how long does it last?"


def directly(talk: Talk) -> Writer:
    """Somebody who writes to the bot alone."""
    return talk.writer(talk.discord.world.add(DM))


async def only_answers(writer: Writer, title: str = DURATION) -> Shown:
    """The next question, and that nothing but it was answered."""
    shown = await writer.ask(f"{MENTION} {HOW_LONG}")
    assert [message["embeds"][0]["title"] for message in writer.answers()] == [title]
    return shown


class TestDirectly:
    """A direct message is a private chat: everything in it is meant for the bot."""

    @pytest.mark.parametrize(
        "text", [HOW_LONG, "/duration", "duration", "DURATION", "</duration:5>", f"{MENTION} /duration"]
    )
    async def test_a_question_in_words_or_as_a_command(self, talk: Talk, text: str) -> None:
        """Answered below, not as a reply, since nobody else is there."""
        shown = await directly(talk).ask(text)
        assert shown.title == DURATION
        assert "message_reference" not in shown.message

    async def test_greetings_and_what_is_unknown(self, talk: Talk) -> None:
        """A short answer, and a way on."""
        writer = directly(talk)
        assert (await writer.ask("hello")).title.startswith("👋")
        assert (await writer.ask("what is the weather like")).components

    async def test_who_is_alone_with_the_bot_may_set_it_up(self, talk: Talk) -> None:
        """By typing, too."""
        writer = directly(talk)
        assert (await writer.ask("/subscribe")).title == "✅ Subscribed"
        assert (await writer.ask("/language ru")).title == "🌐 Язык"
        assert (await writer.ask("/duration")).title == "⏳ Сколько действует меморандум"

    async def test_what_holds_no_words(self, talk: Talk) -> None:
        """A picture, a sticker, an emoji of the server's: nothing is said to it."""
        writer = directly(talk)
        for text in ("", "   ", "<:wave:123>", "<a:wave:123>"):
            await writer.write(text)
        await only_answers(writer)

    async def test_answers_keep_the_order_of_the_questions(self, talk: Talk) -> None:
        """They are no replies, so that one could not tell."""
        writer = directly(talk)
        for text in ("/duration", "/programs", "/sources"):
            await writer.write(text)
        await writer.answered(3)
        titles = [message["embeds"][0]["title"] for message in writer.answers()]
        assert [title.split()[0] for title in titles] == ["⏳", "🧭", "📚"]


class TestInServers:
    """A channel, a thread, a forum's post: words are the bot's where they mention it."""

    @pytest.mark.parametrize("kind", [0, PUBLIC_THREAD])
    async def test_a_mention_is_answered_with_a_reply(self, talk: Talk, kind: int) -> None:
        """Nobody is pinged by it, and it stands where the question does."""
        writer = talk.writer(talk.discord.world.add(kind))
        shown = await writer.ask(f"{MENTION} {HOW_LONG}")
        (given,) = [each for each in talk.discord.of("POST", f"/channels/{writer.channel.id}/messages") if each]
        assert shown.title == DURATION
        assert given["message_reference"]["fail_if_not_exists"] is False
        assert given["allowed_mentions"] == {"parse": []}
        assert given["enforce_nonce"]

    async def test_a_post_in_a_forum(self, talk: Talk) -> None:
        """Is a thread."""
        forum = talk.discord.world.add(FORUM)
        writer = talk.writer(talk.discord.world.add(PUBLIC_THREAD, parent_id=forum.id))
        assert (await writer.ask(f"{HOW_LONG} {MENTION}")).title == DURATION

    async def test_a_reply_to_the_bot(self, talk: Talk) -> None:
        """It pings unless somebody switches that off; then Discord gives no content, and the bot is silent."""
        writer = talk.writer()
        shown = await writer.ask(f"{MENTION} {HOW_LONG}")
        await writer.write("and the programmes?", replies_to=shown.message, pings=False)
        assert (
            await writer.ask("what programmes are there?", replies_to=shown.message)
        ).title == "🧭 What the programmes are"
        assert len(writer.answers()) == 2

    async def test_the_role_that_discord_made_for_the_bot(self, talk: Talk) -> None:
        """Clients offer it beside the bot's own name; another role is not the bot."""
        await talk.discord.gateway.dispatch("GUILD_CREATE", guild())
        ours, writer = talk.discord.gateway.role_id, talk.writer()
        await writer.write(f"<@&5> {HOW_LONG}", mention_roles=["5"])
        shown = await writer.ask(f"<@&{ours}> {HOW_LONG}", mention_roles=[ours])
        assert shown.title == DURATION
        assert len(writer.answers()) == 1

    @pytest.mark.parametrize("text", [MENTION, f" {MENTION}  ", f"{MENTION} <:wave:123>", f"<@!{BOT['id']}>"])
    async def test_who_only_mentions_it(self, talk: Talk, text: str) -> None:
        """Is shown what can be asked."""
        assert (await talk.writer().ask(text, mentions=[BOT])).title == "🧰 How to use Nota"

    async def test_others_names_and_emoji_are_no_words(self, talk: Talk) -> None:
        """Nor are channels and times."""
        text = f"<@7> {MENTION} <:hm:1> how long <#5> does it <@&8> last <t:1700000000:R>"
        assert (await talk.writer().ask(text)).title == DURATION


class TestSilence:
    """What is not meant for the bot."""

    @pytest.mark.parametrize(
        "about",
        [
            {"author": {"id": "8", "username": "other", "bot": True}},
            {"author": BOT},
            {"author": {"id": "8", "username": "system", "system": True}},
            {"webhook_id": "9"},
            {"mention_everyone": True},
            {"type": 7},
            {"type": 21},
            {"mentions": []},
        ],
    )
    async def test_not_a_word(self, talk: Talk, about: dict[str, Any]) -> None:
        """From bots, webhooks, itself; to everyone; what tells of something; what mentions somebody else."""
        writer = talk.writer()
        await writer.write(f"{MENTION} what does it cost?", **about)
        await only_answers(writer)

    async def test_of_what_others_say_nothing_is_logged(self, talk: Talk, capfd: pytest.CaptureFixture[str]) -> None:
        """Nor is anything of what is said to the bot."""
        writer = talk.writer()
        await writer.write("the harbour at night")
        await writer.ask(f"{MENTION} the harbour at night")
        assert "harbour" not in "".join(capfd.readouterr())


class TestLanguage:
    """The question's own, else the chat's, else the server's, else the dossier's."""

    async def test_of_the_question(self, talk: Talk) -> None:
        """Whatever was chosen."""
        assert (await talk.writer().ask(f"{MENTION} сколько действует меморандум?")).title.endswith("меморандум")

    async def test_of_the_server_then_of_the_channel(self, talk: Talk) -> None:
        """A command has no language of its own."""
        writer = talk.writer()
        assert (await writer.ask(f"{MENTION} /duration")).title == DURATION
        await talk.discord.gateway.dispatch("GUILD_UPDATE", guild(preferred_locale="id"))
        assert (await writer.ask(f"{MENTION} /duration")).title == "⏳ Berapa lama berlakunya"
        await writer.person(permissions=1 << 5).use("language", language="ru")
        assert (await writer.ask(f"{MENTION} /duration")).title == "⏳ Сколько действует меморандум"
        await talk.discord.gateway.dispatch("GUILD_UPDATE", guild(preferred_locale="ja"))
        assert (await talk.writer().ask(f"{MENTION} /duration")).title == DURATION


class TestUnanswered:
    """Questions that found no answer."""

    async def test_are_counted(self, talk: Talk) -> None:
        """As everywhere."""
        noted: list[tuple[str, str]] = []
        talk.conversation.on_unanswered = lambda language, words: noted.append((language, words))
        await directly(talk).ask("what is the weather like in Jakarta")
        talk.conversation.on_unanswered = None
        assert [language for language, _ in noted] == ["en"]
