"""A group's limit counts what everybody there sees, and never silences its admins. Over real HTTP."""

from dataclasses import dataclass

import pytest
from sqlalchemy import select

from bot.db.schema import done_once
from bot.platforms.telegram.answer_visibility import DONE, GROUP_BURST, SEEN
from bot.reader import Address
from bot.user_rate_limit import UserRateLimiter
from tests.platforms.telegram.conftest import IN_EACH_MODE, Talk
from tests.platforms.telegram.test_answer_visibility import choose, receiver
from tests.platforms.telegram.test_presses import sent
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, VERA, inline_query, message, press, user
from tests.servers.telegram import Called

BUSY = "That is a lot for one group"
OTHER_GROUP = -1001234567000


@dataclass
class Crowd:
    """Different people in a group, each of whom asks once."""

    talk: Talk
    people: int = 5000

    async def ask(self, where: int = GROUP, expect: int = 1, language: str = "en", **more: object) -> list[Called]:
        self.people += 1
        update = message("/duration@NotaTestBot", where, user(self.people, language), message_id=self.people, **more)
        return await self.talk.tell(update, expect)

    async def is_silent(self, where: int = GROUP) -> bool:
        """Whether the next one who asks gets no message, but a reaction that says that the question was seen."""
        self.people += 1
        start = len(self.talk.api.answers)
        await self.talk.give(message("/duration@NotaTestBot", where, user(self.people), message_id=self.people))
        await self.talk.tell(message("/about", self.people, user(self.people)))
        [seen, _] = self.talk.api.answers[start:]
        assert seen.given["message_id"] == self.people
        return seen.method == "setMessageReaction" and "👀" in str(seen.given["reaction"])

    async def fill(self, where: int = GROUP) -> None:
        """As many answers as the group may see at once, and the notice."""
        for _ in range(GROUP_BURST):
            [answer] = await self.ask(where)
            assert BUSY not in answer.given["text"]
        [notice] = await self.ask(where)
        assert BUSY in notice.given["text"]


class TestEverybody:
    """Answers that everybody sees leave room for bulletins: at most 14 in any minute."""

    @IN_EACH_MODE
    async def test_one_notice_then_silence_and_not_in_another_group(self, talk: Talk) -> None:
        crowd = Crowd(talk)
        await crowd.fill()
        assert await crowd.is_silent()
        await crowd.fill(OTHER_GROUP)

    async def test_the_notice_says_which_limit_and_where_nobody_waits(self, talk: Talk) -> None:
        """Whoever gets it has asked one question."""
        crowd = Crowd(talk)
        for _ in range(GROUP_BURST):
            await crowd.ask()
        [notice] = await crowd.ask()
        assert BUSY in notice.given["text"]
        assert "a lot of questions at once" not in notice.given["text"]
        [[way]] = notice.given["reply_markup"]["inline_keyboard"]
        assert way == {"text": "💬 Open the private chat", "url": "https://t.me/NotaTestBot?start=welcome"}

    @pytest.mark.parametrize("text", ["/unsubscribe", "/settings", "/why", "/language ru", "/privacy"])
    async def test_an_admin_is_always_answered(self, talk: Talk, text: str) -> None:
        """Two admins, one after the other; what a member may not do counts as any question does."""
        crowd = Crowd(talk)
        for admin in (ADA, BUDI):
            talk.api.state.members[GROUP, admin] = "administrator"
        await talk.tell(message("/subscribe@NotaTestBot", GROUP))
        for _ in range(GROUP_BURST):
            await crowd.ask()
        name, _, argument = text.partition(" ")
        for admin in (ADA, BUDI):
            [call] = await talk.tell(message(f"{name}@NotaTestBot {argument}".strip(), GROUP, user(admin)))
            assert BUSY not in call.given["text"]
        start = len(talk.api.answers)
        await talk.give(message("/settings@NotaTestBot", GROUP, user(77)))
        await talk.tell(message("/about", 77, user(77)))
        assert sorted(each.method for each in talk.api.answers[start:]) == ["sendMessage", "setMessageReaction"]

    async def test_one_person_beyond_the_own_limit_sees_that_it_was_read(self, talk: Talk) -> None:
        """One notice, and then a reaction; in private, too. An editors' command in another group stays unanswered."""
        for where, name in ((GROUP, "/duration@NotaTestBot"), (BUDI, "/duration")):
            talk.conversation.user_limiter = UserRateLimiter(lambda: 0.0, 1, 0.1)
            said = [(await talk.tell(message(name, where, user(BUDI))))[0] for _ in range(4)]
            assert [call.method for call in said] == [*["sendMessage"] * 2, *["setMessageReaction"] * 2]
            assert "a lot of questions at once" in said[1].given["text"]
            assert said[2].given["reaction"][0]["emoji"] == SEEN
        assert await talk.ignores(message("/wire@NotaTestBot", GROUP, user(VERA)))

    async def test_a_new_message_below_a_bulletin_counts(self, talk: Talk) -> None:
        """The notice is an alert, which nobody else sees."""
        under = await sent(talk, "/news@NotaTestBot", GROUP)
        crowd = Crowd(talk)
        for _ in range(GROUP_BURST - 1):
            await crowd.ask()
        [alert] = await talk.tell(press("+t/news:2", under, user(BUDI)))
        assert BUSY in alert.given["text"]

    async def test_an_unasked_line_that_is_not_posted_is_none_of_the_hour(self, talk: Talk) -> None:
        await talk.store.readers.set_for_group(Address("telegram", str(GROUP)), {"checks_forwards": True})
        await Crowd(talk).fill()
        start = len(talk.api.answers)
        await talk.give(message("the memorandum lasts ten years", GROUP, user(VERA)))
        await talk.tell(message("/about", VERA, user(VERA)))
        assert len(talk.api.answers) == start + 1
        counted = select(done_once.c.name).where(done_once.c.name.like("alarm:%"))
        assert await talk.store.database.rows(counted) == []


class TestUnseen:
    """What the group does not see does not count."""

    @IN_EACH_MODE
    async def test_private_answers_reach_everybody_who_asks(self, talk: Talk) -> None:
        await choose(talk, "private")
        crowd = Crowd(talk)
        for _ in range(2 * GROUP_BURST):
            answer, reaction = await crowd.ask(expect=2)
            assert answer.given["chat_id"] == crowd.people
            assert reaction.given["reaction"][0]["emoji"] == DONE

    async def test_ephemeral_answers_reach_everybody_who_asks(self, talk: Talk) -> None:
        await choose(talk, "asker")
        crowd = Crowd(talk)
        for _ in range(2 * GROUP_BURST):
            [answer] = await crowd.ask()
            assert receiver(answer) == crowd.people

    async def test_what_is_refused_in_private_counts_in_the_group(self, talk: Talk) -> None:
        """Strangers, whom we may not write to, are answered in the group: as many as anywhere."""
        await choose(talk, "private")
        crowd = Crowd(talk)
        talk.api.state.strangers |= set(range(5000, 5100))
        public = [(await crowd.ask(expect=2))[1] for _ in range(GROUP_BURST)]  # the panel was the first message
        assert [BUSY in call.given["text"] for call in public] == [False] * (GROUP_BURST - 1) + [True]
        assert all(call.given["chat_id"] == GROUP for call in public)
        [refused] = await crowd.ask()
        assert refused.given["chat_id"] == crowd.people

    async def test_where_ephemeral_answers_are_refused_the_next_ones_count(self, talk: Talk) -> None:
        await choose(talk, "asker", bot_is_admin=False)
        crowd = Crowd(talk)
        await crowd.ask(expect=2)
        texts = [(await crowd.ask())[0].given["text"] for _ in range(GROUP_BURST - 1)]
        assert sum(BUSY in text for text in texts) == 1


class TestInline:
    """Each letter that is typed behind the bot's name is a query."""

    async def test_typing_leaves_the_private_chat_alone(self, talk: Talk) -> None:
        """Of two people: neither who typed nor somebody else is told of many questions."""
        text = "price of data in Russia, per GB"
        for number in range(len(text)):
            query = inline_query(text[: number + 1])
            query["inline_query"]["id"] = f"inline-{number}"
            await talk.give(query)
        await talk.api.until("answerInlineQuery", len(text))
        for who in (ADA, BUDI):
            [answer] = await talk.tell(message(text, who, user(who)))
            assert "One moment" not in answer.given["text"]
