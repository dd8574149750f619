"""Review: a candidate comes to the editors' chat with buttons, and the first decision counts."""

import asyncio
from dataclasses import replace

import pytest

from bot.db.delivery_reports import DeliveryLog, delivery_history
from bot.db.feeds import CandidateId, Story
from bot.db.schema import bulletins
from bot.delivery.outcomes import ThreadGone
from bot.dossier.models import BulletinId, FeedId, Language, TopicId
from bot.feeds.review import EXPIRE_SECONDS, ReviewCommands
from bot.live_dossier import LiveDossier
from bot.newsroom.change_rules import Rules
from bot.newsroom.editors import DeskCommand
from bot.platforms.plain_text import render
from bot.reader import Address
from bot.replies.question import Command, from_token, token
from bot.replies.reply import Reply
from bot.subscriptions.privacy import privacy_reply
from tests.clocks import MONDAY_NOON, until
from tests.conftest import not_none
from tests.databases import writing
from tests.editor import of_another
from tests.feeds.conftest import ON_EVERY_DATABASE
from tests.feeds.review_scene import EDITORS, READER, ReviewScene, commands_in, person
from tests.tables import cases

STORY = Story(
    FeedId("harbour"),
    "Harbour Office",
    Language("en"),
    (TopicId("fare"),),
    "Ferry <b>sails</b> & sings",
    "A line about it.",
    "https://harbour.example/1",
    "harbour.example/1?",
    "ferry sails sings",
    ("ferry",),
    MONDAY_NOON - 3600,
)
OTHER = replace(STORY, title="Second ferry", link="https://harbour.example/2", page="2", headline="second ferry")
THIRD = replace(STORY, title="Third ferry", link="https://harbour.example/3", page="3", headline="third ferry")
FOURTH = replace(STORY, title="Fourth ferry", link="https://harbour.example/4", page="4", headline="fourth ferry")
ONLY_THERE = "News from feeds is decided on in the editors’ chat."
IN_REVIEW = "🛰 Ferry <b>sails</b> & sings"
AS_NEWS = "📰 Ferry <b>sails</b> & sings"


def pressed(reply: Reply, label: str) -> str:
    """What the button asks; it goes through a token, as over any platform."""
    question = next(button.question for button in reply.buttons if label in button.label)
    assert isinstance(question, Command)
    assert len(token(question).encode()) <= 63
    return question.argument


async def recorded(reviewing: ReviewScene, name: str) -> None:
    """Waits until the ledger has the message, which stands in the chat a moment before."""
    for _ in range(3000):
        rows = await reviewing.store.deliveries.delivered_to(BulletinId(name), "")
        if [row.state for row in rows] == ["delivered"]:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(name)


class TestTheChat:
    """Whatever happens to it, stories come there and to nobody else."""

    async def test_its_admins_delete_what_is_stored_about_it(self, reviewing: ReviewScene) -> None:
        """It was the latest reader; the next one, a stranger, is not taken for it."""
        await reviewing.put(STORY)
        await reviewing.stands(EDITORS, IN_REVIEW)
        await privacy_reply(reviewing.store, EDITORS, "delete now", Language("en"))
        stranger = Address("telegram", "4711")
        await reviewing.store.readers.meet(stranger, "private")
        await reviewing.put(OTHER)
        await reviewing.stands(EDITORS, IN_REVIEW, "🛰 Second ferry")
        assert reviewing.platform.messages(stranger) == []

    @pytest.mark.slow
    async def test_a_story_after_a_quiet_month_is_a_new_message(self, reviewing: ReviewScene) -> None:
        """The number of an expired story, which is deleted before its message, is not used again."""
        await reviewing.put(STORY)
        await reviewing.stands(EDITORS, IN_REVIEW)
        reviewing.clock.forward(EXPIRE_SECONDS + 10)
        await reviewing.review.expire_and_return()
        reviewing.clock.forward(30 * 86400 - EXPIRE_SECONDS)
        await reviewing.review.expire_and_return()
        await reviewing.store.delete_old(bulletins)
        await reviewing.put(OTHER)
        await reviewing.stands(EDITORS, IN_REVIEW, "🛰 Second ferry")

    @pytest.mark.slow
    @ON_EVERY_DATABASE
    async def test_its_topic_is_closed_or_deleted(self, reviewing: ReviewScene) -> None:
        """Requests come to the group, and count there, in a process that knows only the setting too; until the topic is open again."""
        topic, other = replace(EDITORS, thread_id="7"), replace(EDITORS, thread_id="8")
        reviewing.review.chat.setting = topic
        elsewhere = commands_in(reviewing.store, reviewing.live, topic)

        async def press(argument: str, where: Address) -> str:
            return render(await elsewhere.respond(argument, where, Language("en"), person("Anna")))

        await reviewing.put(STORY)
        await reviewing.stands(topic, IN_REVIEW)
        assert ONLY_THERE in await press("take 1", EDITORS)
        reviewing.platform.order(topic, ThreadGone("message thread not found"), ThreadGone("message thread not found"))
        await reviewing.put(OTHER)
        (reply,) = await reviewing.stands(EDITORS, "🛰 Second ferry")
        assert "The topic in which bulletins came is gone" not in render(reply)
        await reviewing.put(THIRD)
        await reviewing.stands(EDITORS, "🛰 Second ferry", "🛰 Third ferry")
        assert ONLY_THERE in await press("take 2", other)
        assert ONLY_THERE in await press("take 2", replace(EDITORS, chat_id="-200"))
        assert "Taken by Anna" in await press("take 2", EDITORS)
        await reviewing.put(FOURTH)
        await reviewing.stands(topic, IN_REVIEW, "🗞 Second ferry", "🛰 Fourth ferry")
        await recorded(reviewing, "review-4-1")
        assert ONLY_THERE in await press("take 4", EDITORS)
        assert "Taken by Anna" in await press("take 4", topic)


class TestAnotherDossier:
    """A process has the files of another dossier than the database's."""

    async def test_takes_nothing(self, reviewing: ReviewScene) -> None:
        """Neither then, nor when the right files are back."""
        right = reviewing.live.complete
        await reviewing.put(STORY, OTHER)
        review = replace(reviewing.review, live=LiveDossier(of_another(right)))
        elsewhere = replace(reviewing, review=review, commands=ReviewCommands(review))
        assert "belongs to another dossier" in render(await elsewhere.press("take 2"))
        await reviewing.comes_into_force()
        await reviewing.press("reject 2")
        await reviewing.says(EDITORS, "Rejected")
        assert reviewing.platform.messages(READER) == []


class TestArriving:
    """A story comes to the editors' chat once, and to nobody else."""

    async def test_says_all_that_is_needed(self, reviewing: ReviewScene) -> None:
        """Headline, line, language, what matched, topics, until when; the page and its publisher."""
        await reviewing.put(STORY)
        (reply,) = await reviewing.stands(EDITORS, IN_REVIEW)
        said = render(reply)
        for words in ("A line about it.", "Language: English", "Matched: ferry", "Topics: The fare"):
            assert words in said
        assert "Waiting for a decision until 25 Nov 2026, 12:00 (UTC)" in said
        assert (reply.sources[0].publisher, reply.sources[0].url) == ("Harbour Office", STORY.link)
        assert [button.label for button in reply.buttons] == [
            "✅ Make a change",
            "🗑 Reject",
            "🏷 Topics",
            "⏰ Later",
            "📋 Everything that is waiting",
        ]
        assert reviewing.platform.messages(READER) == []

    @pytest.mark.slow
    async def test_too_many_at_once(self, reviewing: ReviewScene) -> None:
        """Twenty come to the chat, all of them wait in the list."""
        await reviewing.put(*(replace(STORY, title=f"Story {number:02}") for number in range(25)))
        await reviewing.stands(EDITORS, *(f"🛰 Story {number:02}" for number in range(20)))
        assert "25 stories wait" in (await reviewing.press("")).title


@ON_EVERY_DATABASE
class TestDeciding:
    """The first press wins, and says who and when."""

    @pytest.mark.slow
    async def test_take(self, reviewing: ReviewScene) -> None:
        """A change of it is in force a minute later: readers of its language get it, and the source with it."""
        await reviewing.put(STORY)
        (reply,) = await reviewing.stands(EDITORS, IN_REVIEW)
        answer = await reviewing.press(pressed(reply, "Make a change"), "Anna <script>")
        assert answer.title == "✅ Taken by Anna <script>, 23 Nov 2026, 12:00 (UTC)"
        assert answer.private
        await until(lambda: "Taken by Anna <script>" in render(reviewing.platform.messages(EDITORS)[0]))
        assert reviewing.platform.messages(EDITORS)[0].buttons == ()
        await reviewing.comes_into_force()
        (news,) = await reviewing.stands(READER, AS_NEWS)
        assert "A line about it." in render(news)
        assert news.sources[0].url == STORY.link
        (source,) = [each for each in reviewing.live.dossier.sources.values() if each.url == STORY.link]
        assert source.publisher == "Harbour Office"

    @pytest.mark.slow
    async def test_where_two_decide(self, reviewing: ReviewScene) -> None:
        """Whoever took it asks; another editor's tap approves, and not their own."""
        desk = replace(reviewing.review.desk, rules=Rules(needs_two=True))
        scene = replace(reviewing, review=replace(reviewing.review, desk=desk))
        scene.commands = ReviewCommands(scene.review)
        await scene.put(STORY)
        await scene.press("take 1")
        message = await scene.says(EDITORS, "Waits for approval")
        approve = pressed(message, "Approve")
        deciding = DeskCommand(desk.editors_chat, scene.store.sign_ins, desk, "")
        assert "Another editor must approve" in render(await deciding.decide(approve, person("Anna")))
        await scene.comes_into_force()
        assert scene.platform.messages(READER) == []
        await deciding.decide(approve, person("Budi"))
        await scene.comes_into_force()
        await scene.stands(READER, AS_NEWS)

    async def test_second_press(self, reviewing: ReviewScene) -> None:
        """Is told whose the first was."""
        await reviewing.put(STORY)
        await reviewing.press("take 1", "Anna")
        answer = await reviewing.press("reject 1", "Budi")
        assert answer.title.startswith("✅ Taken by Anna")
        assert "Somebody was faster" in render(answer)

    async def test_a_press_below_former_words(self, reviewing: ReviewScene) -> None:
        """The message could not be edited: the press shows the present words, and decides nothing."""
        await reviewing.put(STORY)
        (old,) = await reviewing.stands(EDITORS, IN_REVIEW)
        await writing(reviewing.store, reviewing.store.candidates.decide, CandidateId(1), {"title": "Ferry sinks"})
        answer = await reviewing.press(pressed(old, "Make"))
        assert "Ferry sinks" in render(answer)
        assert not_none(await reviewing.store.candidates.get(CandidateId(1))).state == "waiting"
        assert "Taken by Anna" in render(await reviewing.press(pressed(answer, "Make")))

    async def test_presses_at_once(self, reviewing: ReviewScene) -> None:
        """One of ten counts, and readers get it once or not at all."""
        await reviewing.put(STORY)
        words = ["take 1", "reject 1"] * 5
        answers = await asyncio.gather(*(reviewing.press(word, f"E{n}") for n, word in enumerate(words)))
        assert len({answer.title for answer in answers}) == 1
        assert sum("Somebody was faster" not in render(answer) for answer in answers) == 1

    async def test_reject(self, reviewing: ReviewScene) -> None:
        """Nobody gets it."""
        await reviewing.put(STORY)
        await reviewing.stands(EDITORS, IN_REVIEW)
        await reviewing.press("reject 1")
        reply = await reviewing.says(EDITORS, "Rejected by Anna")
        assert reply.buttons == ()
        assert reviewing.platform.messages(READER) == []

    async def test_topics_choose_the_audience(self, reviewing: ReviewScene) -> None:
        """They can be turned before it is published."""
        await reviewing.put(STORY)
        panel = await reviewing.press("topics 1")
        (fare,) = [button for button in panel.buttons if button.choice]
        assert fare.chosen
        after = await reviewing.press(pressed(panel, "The fare"))
        assert not any(button.chosen for button in after.buttons)
        await reviewing.says(EDITORS, "Topics: none: it goes to all subscribers")
        again = await reviewing.press(pressed(panel, "The fare"))
        assert not any(button.chosen for button in again.buttons), "the same press brought twice wants the same"
        assert not_none(await reviewing.store.candidates.get(CandidateId(1))).story.topics == ()

    async def test_two_topics_at_once(self, reviewing: ReviewScene) -> None:
        """Neither press loses the other's, while both wait for a third one."""
        await reviewing.put(STORY)
        store, names = reviewing.store, [TopicId(name) for name in ("hours", "timetable")]
        async with store.database.write() as connection:
            await store.bulletins.lock_newsroom(connection)
            pressed = [asyncio.create_task(reviewing.review.set_topic(CandidateId(1), name, on=True)) for name in names]
            for _ in range(20):
                await asyncio.sleep(0)
        await asyncio.gather(*pressed)
        assert {*names} <= {*not_none(await store.candidates.get(CandidateId(1))).story.topics}

    async def test_topic_of_an_older_edition(self, reviewing: ReviewScene) -> None:
        """The button changes nothing, and shows what is."""
        await reviewing.put(STORY)
        panel = await reviewing.press("topic 1 0 00000000 off")
        assert any(button.chosen for button in panel.buttons)


class TestLedger:
    """What is written for editors is no news for readers."""

    @pytest.mark.slow
    async def test_why_does_not_name_it(self, reviewing: ReviewScene) -> None:
        """Nor does the list of bulletins."""
        await reviewing.put(STORY, OTHER)
        await reviewing.press("take 1")
        await reviewing.comes_into_force()
        await reviewing.stands(READER, AS_NEWS)
        found = await delivery_history(reviewing.store.database, READER)
        assert [fate.bulletin for fate in found][:1] == ["2026-11-23-ferry-b-sails-b-sings"]
        assert not any("review" in fate.bulletin for fate in found)
        names = [row.id for row in await DeliveryLog(reviewing.store.database).bulletins()]
        assert [name for name in names if "ferry" in name] == ["2026-11-23-ferry-b-sails-b-sings"]


@pytest.mark.slow
class TestTime:
    """Later, and too late."""

    async def test_later(self, reviewing: ReviewScene) -> None:
        """It comes again after four hours as a message of its own; the first one loses its buttons."""
        await reviewing.put(STORY)
        await reviewing.stands(EDITORS, IN_REVIEW)
        answer = await reviewing.press("later 1")
        assert answer.title == "⏰ Put off by Anna, comes again 23 Nov 2026, 16:00 (UTC)"
        reviewing.clock.forward(hours=4)
        await reviewing.review.expire_and_return()
        _, second = await reviewing.stands(EDITORS, IN_REVIEW, IN_REVIEW)
        await until(lambda: reviewing.platform.messages(EDITORS)[0].buttons == ())
        assert "Waiting for a decision until 25 Nov 2026, 16:00 (UTC)" in render(second)
        await reviewing.press("reject 1")
        assert "Rejected by Anna" in render(await reviewing.says(EDITORS, "Rejected by Anna"))

    async def test_undecided(self, reviewing: ReviewScene) -> None:
        """Expires after 48 hours, and cannot be published any more."""
        await reviewing.put(STORY)
        await reviewing.stands(EDITORS, IN_REVIEW)
        reviewing.clock.forward(hours=47.9)
        await reviewing.review.expire_and_return()
        reviewing.clock.forward(hours=0.2)
        await reviewing.review.expire_and_return()
        reply = await reviewing.says(EDITORS, "Nobody decided in time")
        assert reply.buttons == ()
        assert (await reviewing.press("take 1")).title.startswith("⌛️ Nobody decided in time")
        assert reviewing.platform.messages(READER) == []


class TestRights:
    """Who may decide."""

    async def test_who_is_no_editor(self, reviewing: ReviewScene) -> None:
        """Decides nothing, sees nothing."""
        await reviewing.put(STORY)
        answer = await reviewing.commands.respond("take 1", EDITORS, Language("en"), None)
        assert "Only the editors and the admins of this chat" in render(answer)
        assert not_none(await reviewing.store.candidates.get(CandidateId(1))).state == "waiting"


class TestAsking:
    """/wire shows what waits, to editors."""

    async def test_list(self, reviewing: ReviewScene) -> None:
        """The newest first, each a button that shows it."""
        assert "Nothing is waiting" in render(await reviewing.press(""))
        await reviewing.put(STORY, OTHER)
        reply = await reviewing.press("")
        assert [button.label for button in reply.buttons] == [
            "Harbour Office: Second ferry",
            "Harbour Office: Ferry <b>sails</b> & sings",
        ]
        assert (await reviewing.press(pressed(reply, "Second"))).title == "Second ferry"

    async def test_pages(self, reviewing: ReviewScene) -> None:
        """Eight at a time."""
        await reviewing.put(*(replace(STORY, title=f"Story {number:02}") for number in range(10)))
        reply = await reviewing.press("")
        assert len(reply.buttons) == 9
        assert len((await reviewing.press(pressed(reply, "More"))).buttons) == 2

    @pytest.mark.parametrize("where", [READER, Address("telegram", "-101"), Address("discord", "-100")])
    async def test_elsewhere(self, reviewing: ReviewScene, where: Address) -> None:
        """Nobody else decides, whatever they send."""
        await reviewing.put(STORY)
        for argument in ("", "take 1", "show 1"):
            assert "in the editors’ chat" in render(await reviewing.press(argument, where=where))
        assert not_none(await reviewing.store.candidates.get(CandidateId(1))).state == "waiting"

    @cases("argument")
    async def test_nonsense(self, reviewing: ReviewScene, argument: str) -> None:
        """Answered, without a word being taken for one.

        take
        take x
        take 99
        take 9999999999999999999
        take ١
        publish 1
        withdraw 1
        topic 1 99 x
        show -1
        page 0
        page x
        nonsense
        """
        await reviewing.put(STORY)
        assert isinstance(await reviewing.press(argument), Reply)
        assert not_none(await reviewing.store.candidates.get(CandidateId(1))).state == "waiting"


async def test_buttons_come_back_from_their_tokens(reviewing: ReviewScene) -> None:
    """Over any platform."""
    await reviewing.put(STORY)
    (reply,) = await reviewing.stands(EDITORS, IN_REVIEW)
    for button in reply.buttons:
        assert button.question is not None
        assert from_token(token(button.question), reviewing.live.dossier) == button.question
