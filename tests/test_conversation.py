"""What the conversation promises on every platform: limits, apologies, names, and what it tells of unanswered questions."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from time import perf_counter

import pytest
from structlog.testing import capture_logs

from bot.conversation import LONGEST_REST_SECONDS, Conversation, log_incident
from bot.db.engine import DatabaseUnavailable
from bot.db.store import Store, open_store
from bot.dossier.loader import Loading, load
from bot.dossier.models import Claim, Dossier, Language, TopicId
from bot.live_dossier import LiveDossier
from bot.matching.tokenizer import wording
from bot.message import Message, Rights
from bot.platforms.base import MAX_NAME, display_name
from bot.platforms.discord.types import Interaction
from bot.platforms.telegram.types import TelegramMessage, origin_of_message
from bot.reader import Address
from bot.replies.language_panel import language_label, language_name
from bot.replies.notices import apology, rate_limit_notice
from bot.replies.question import HELP, AboutTopic, CheckText, Command, FreeText, Question
from bot.replies.reply import Reply
from bot.user_rate_limit import BURST, UserRateLimiter
from tests.asking import ADA, asked
from tests.clocks import MovedClock
from tests.conftest import TINY, TODAY, loaded, not_none, shipped
from tests.databases import sqlite_url
from tests.platforms.telegram.updates import chat
from tests.tables import table

EN = Language("en")
GROUP = Address("telegram", "-5")


async def broken() -> Rights:
    raise KeyError("x")


async def database_is_away() -> Rights:
    raise DatabaseUnavailable("database is locked")


def ask(question: Question, **changes: object) -> Message:
    """Ada's message in her private chat with the bot."""
    return asked(question, **{"account": "telegram:5", **changes})  # type: ignore[arg-type]


@dataclass
class Scene:
    """A conversation about the tiny dossier, its clock, and what it tells of unanswered questions."""

    conversation: Conversation
    clock: MovedClock
    unanswered: list[tuple[str, str]]

    async def ask(self, question: Question, **changes: object) -> Reply | None:
        """Ada asks in her private chat with the bot."""
        language = self.conversation.language(ADA, "en")
        return await self.conversation.reply(ask(question, **{"language": language, **changes}))

    async def fare(self, **changes: object) -> str | None:
        """The title of the reply to /fare."""
        reply = await self.ask(Command("fare"), **changes)
        return reply.title if reply else None


@pytest.fixture
def scene(store: Store) -> Scene:
    dossier = not_none(load(TINY, TODAY).dossier)
    clock = MovedClock()
    unanswered: list[tuple[str, str]] = []
    conversation = Conversation(
        LiveDossier(dossier),
        store,
        lambda: TODAY,
        on_unanswered=lambda language, words, asker: unanswered.append((language, words)),
        user_limiter=UserRateLimiter(clock),
    )
    return Scene(conversation, clock, unanswered)


TOO_FAST = rate_limit_notice(EN).title
APOLOGY = apology(EN, "").title


class TestUnaskedLine:
    """The guard of a group asks the database for its limit. What has changed when that has answered decides."""

    @staticmethod
    def dossier(*verdicts: bool) -> Dossier:
        """With an editor's verdict on a rumour, or without one."""
        review = {"id": "sank", "says": {"en": ["the ferry sank"]}, "because": {"en": "Looked at.", "id": "Dilihat."}}
        claims = [Claim.model_validate({**review, "verdict": each, "date": "2026-01-01"}) for each in verdicts]
        return replace(loaded(TINY), claims={claim.id: claim for claim in claims}, version=f"{verdicts}")

    async def line(self, *, is_on: bool = True, content: Dossier | None = None) -> Reply | None:
        """What is said of "the ferry sank". ``is_on``, ``content``: what holds by the time that the database, which lets one write, answers."""
        live = LiveDossier(self.dossier(False))
        claim = asked(CheckText("the ferry sank"), GROUP, "group", account="telegram:5")
        async with open_store(sqlite_url()) as store:
            guard = Conversation(live, store, lambda: TODAY)
            await store.readers.set_for_group(GROUP, {"checks_forwards": True})
            async with store.database.write():
                switching = asyncio.create_task(store.readers.set_for_group(GROUP, {"checks_forwards": is_on}))
                await live.build_index()
                speaking = asyncio.create_task(guard.correction(claim))
                for _ in range(50):  # until both wait for the database, one behind the other
                    await asyncio.sleep(0)
                assert not switching.done()
                assert not speaking.done()
                if content is not None:
                    live.update(Loading(content, ()))
            await switching
            return await speaking

    async def test_all_is_as_it_was(self) -> None:
        assert not_none(await self.line()).verdict == "contradicts"

    async def test_an_admin_has_switched_it_off(self) -> None:
        assert await self.line(is_on=False) is None

    @pytest.mark.parametrize("verdicts", [(True,), ()], ids=["it is true now", "nothing decides any more"])
    async def test_an_editor_has_changed_what_decides(self, verdicts: tuple[bool, ...]) -> None:
        assert await self.line(content=self.dossier(*verdicts)) is None


class TestManyAtOnce:
    """Questions of the page and of assistants, however many come at once, leave the loop to others between two of them."""

    async def ask(self, scene: Scene, times: int) -> float:
        """Asks so many at once; returns the seconds until all are answered."""
        began = perf_counter()
        asked = (scene.conversation.public_reply("what is the fare", EN) for _ in range(times))
        assert len({reply.title for reply in await asyncio.gather(*asked)}) == 1
        return perf_counter() - began

    async def test_others_go_on(self, scene: Scene) -> None:
        """Who keeps the loop busy has nearly all of it."""

        def compute() -> None:
            until = perf_counter() + 0.02
            while perf_counter() < until:
                pass

        async def work() -> None:
            while True:
                compute()
                await asyncio.sleep(0)

        await self.ask(scene, 1)  # builds the index, in a thread
        working = asyncio.create_task(work())
        assert await self.ask(scene, 3) >= 2 * LONGEST_REST_SECONDS
        working.cancel()

    async def test_nobody_waits_for_nobody(self, scene: Scene) -> None:
        """Of three times once: on a machine that is busy with other programs, the loop is woken late."""
        for _ in range(3):
            if await self.ask(scene, 20) < 10 * LONGEST_REST_SECONDS:
                return
        pytest.fail("each waited as if others had work")


class TestLimits:
    """Who asks too much is told once, and then gets nothing until the limit allows it again."""

    async def test_one_notice(self, scene: Scene) -> None:
        titles = [await scene.fare() for _ in range(BURST + 3)]
        assert titles[BURST:] == [TOO_FAST, None, None]
        assert set(titles[:BURST]).isdisjoint({TOO_FAST, None})
        scene.clock.forward(1)
        assert await scene.fare() == titles[0]

    async def test_each_person_has_a_limit(self, scene: Scene) -> None:
        for _ in range(BURST + 1):
            await scene.fare()
        assert await scene.fare(account="discord:5") not in (TOO_FAST, None)
        assert await scene.fare(account=None) not in (TOO_FAST, None)

    async def test_what_must_be_answered_is(self, scene: Scene) -> None:
        """An interaction that gets no reply shows an error."""
        titles = [await scene.fare(is_interaction=True) for _ in range(BURST + 3)]
        assert titles[BURST:] == [TOO_FAST] * 3

    async def test_a_reply_of_the_platforms_counts(self, scene: Scene) -> None:
        instead = Reply(None, EN, "Press the button")
        message = ask(Command("settings"), address=Address("discord", "5"), kind="group", account="discord:5")
        replies = [await scene.conversation.reply(message, instead) for _ in range(BURST + 1)]
        assert [each.title for each in replies if each] == ["Press the button"] * BURST + [TOO_FAST]

    async def test_many_questions_never_silence_what_is_set(self, scene: Scene) -> None:
        """What changes or shows the chat's settings has a limit of its own."""
        for _ in range(BURST + 3):
            await scene.fare()
        assert not_none(await scene.ask(Command("unsubscribe"))).title == "Not subscribed"


class TestErrors:
    """An error becomes an apology whose code is in the log; nobody waits for an answer in vain."""

    @pytest.mark.parametrize(("rights", "level"), [(broken, "a question was not answered"), (database_is_away, "away")])
    async def test_an_apology(self, scene: Scene, rights: Callable[[], Awaitable[Rights]], level: str) -> None:
        with capture_logs() as logs:
            reply = not_none(await scene.ask(Command("subscribe"), rights=rights, cause="telegram:1"))
        assert (reply.title, reply.private) == (APOLOGY, True)
        (entry,) = logs
        assert entry["event"].startswith("a question was not answered")
        assert entry["incident"] in str(reply.blocks)
        assert entry["cause"] == "telegram:1"

    @pytest.mark.parametrize(
        ("error", "reason"),
        [(DatabaseUnavailable("database is locked"), "database is locked"), (TimeoutError(), "TimeoutError")],
    )
    def test_a_database_that_is_away_takes_one_line(self, error: Exception, reason: str) -> None:
        with capture_logs() as logs:
            incident = log_incident("a question was not answered", error, message=5)
        event = "a question was not answered: the database does not answer"
        assert logs == [{"event": event, "why": reason, "incident": incident, "message": 5, "log_level": "error"}]

    @pytest.mark.parametrize("error", [KeyError("x"), FileNotFoundError(2, "no such file")])
    def test_any_other_error_has_its_traceback(self, error: Exception) -> None:
        with capture_logs() as logs:
            incident = log_incident("a question was not answered", error)
        assert (logs[0]["exc_info"], logs[0]["incident"]) == (error, incident)


class TestKeptReplies:
    """Replies are kept for whoever asks the same; a change shows at once."""

    async def test_another_dossier(self, scene: Scene) -> None:
        await scene.fare()
        live = scene.conversation.live
        live.update(Loading(replace(live.complete, topics={}, version="next"), ()))
        assert "“fare”" in (await scene.fare() or "")

    async def test_another_day(self, store: Store) -> None:
        conversation = Conversation(LiveDossier(shipped()), store, lambda: TODAY)
        message = ask(Command("duration"))
        assert "1,299 days" in str(await conversation.reply(message))
        conversation.today = lambda: TODAY.replace(day=29)
        assert "1,298 days" in str(await conversation.reply(message))

    async def test_another_language(self, scene: Scene) -> None:
        await scene.fare()
        await scene.ask(Command("language", "id"))
        assert not_none(await scene.ask(Command("fare"))).language == "id"

    async def test_long_arguments_are_not_kept(self, scene: Scene) -> None:
        await scene.ask(Command("fare", "x" * 4000))
        assert all(len(str(question)) < 200 for question, *_ in scene.conversation._replies._values)

    def kept(self, scene: Scene, question: Question, language: str = "en", account: str = "telegram:5") -> Reply | None:
        return scene.conversation.kept_reply("telegram", account, question, Language(language))

    @pytest.mark.parametrize("question", [Command("fare"), AboutTopic(TopicId("fare")), AboutTopic(HELP)])
    async def test_what_was_said_before_is_said_to_anybody(self, scene: Scene, question: Question) -> None:
        assert self.kept(scene, question) is None
        reply = await scene.ask(question)
        assert self.kept(scene, question) is reply
        assert self.kept(scene, question, account="discord:6") is reply
        assert self.kept(scene, question, language="id") is None
        scene.conversation.today = lambda: TODAY.replace(day=29)
        assert self.kept(scene, question) is None

    @pytest.mark.parametrize(
        "question",
        [
            Command("settings"),
            Command("language"),
            Command("wire"),  # unknown to all but editors
            Command("subscrib"),  # gets a button in place of help
            Command("check", "the fare is 3"),
            FreeText("what is the fare"),
            FreeText("\u200b"),
        ],
    )
    async def test_nothing_of_a_chat_or_an_asker_is_kept(self, scene: Scene, question: Question) -> None:
        """Neither settings nor rights, offers or ratings; also where the page was asked the same."""
        await scene.conversation.public_reply(f"/{question.name}" if isinstance(question, Command) else "what?", EN)
        await scene.ask(question)
        assert self.kept(scene, question) is None

    async def test_a_kept_reply_counts_for_the_limit(self, scene: Scene) -> None:
        await scene.fare()
        kept = [self.kept(scene, Command("fare")) for _ in range(BURST)]
        assert [reply is None for reply in kept] == [False] * (BURST - 1) + [True]
        assert await scene.fare() == TOO_FAST


class TestRepeats:
    """A change is made once, however often its update comes, and the reply shows the result."""

    async def test_a_choice_that_this_process_does_not_know_of(self, scene: Scene, store: Store) -> None:
        """As after a call that was given up between its commit and the reading back."""
        choice = {"cause": "telegram:1"}
        await scene.ask(Command("language", "id"), **choice)
        store.readers._chats.clear()
        assert not_none(await scene.ask(Command("language", "id"), **choice)).language == "id"


class TestEditorsCommands:
    """In another group nothing is answered to them, unless the platform would show an error."""

    async def test_elsewhere(self, scene: Scene) -> None:
        in_group = ask(Command("wire"), address=GROUP, kind="group")
        assert await scene.conversation.reply(in_group) is None
        assert not_none(await scene.conversation.reply(replace(in_group, is_interaction=True))).private

    async def test_in_private_it_is_unknown(self, scene: Scene) -> None:
        assert "“wire”" in not_none(await scene.ask(Command("wire"))).title


class TestUnanswered:
    """Editors learn the words of unanswered questions, never who asked."""

    async def test_a_question_outside_the_dossier(self, scene: Scene) -> None:
        await scene.ask(FreeText("Will it RAIN tomorrow?"))
        await scene.ask(Command("ask", "who won the football match"))
        assert scene.unanswered == [("en", "will it rain tomorrow"), ("en", "who won the football match")]

    @pytest.mark.parametrize("unseen", ["\u202e\u200f", "\u200b \u2066\u2069"])
    async def test_what_nobody_sees_is_no_question(self, scene: Scene, unseen: str) -> None:
        """Nor the words of a claim, nor those behind a command."""
        for question in (FreeText(unseen), CheckText(unseen), Command("ask", unseen), Command("check", unseen)):
            assert "You asked" not in str(not_none(await scene.ask(question)).blocks)
        assert scene.unanswered == []

    async def test_an_answered_one(self, scene: Scene) -> None:
        for question in (FreeText("how much is a ticket"), Command("fare"), Command("nonsense"), FreeText("thanks!")):
            await scene.ask(question)
        assert scene.unanswered == []

    async def test_names_links_and_numbers_are_left_out(self, scene: Scene) -> None:
        text = "@budi call +62 812-3456-7890 or budi@mail.example https://x.example/budi about pizza"
        await scene.ask(FreeText(text))
        assert scene.unanswered == [("en", "call or about pizza")]

    @table("text, kept")
    def test_what_an_editor_can_declare_is_kept(self, text: str, kept: str) -> None:
        """Figures, amounts and words stay whole: "86 4 percent" says something else.

        That is Moscow’s own number: 86.4 percent! | that is moscow's own number 86.4 percent
        Beasiswa 4.000 kursi, 2026/27 -- benar? | beasiswa 4.000 kursi 2026/27 benar
        A ticket costs $4.50 (or 5 €), hasn't it? | a ticket costs $4.50 or 5 € hasn't it
        «Цена» - 5 руб… | цена 5 руб
        $ … -- | ""
        """
        assert wording(text) == kept


class TestNames:
    """A person's name may be anybody's; the account behind it is theirs alone."""

    def test_a_long_name_is_cut(self) -> None:
        assert display_name("A" * 200, "@anna") == f"{'A' * (MAX_NAME - 1)}… (@anna)"

    @table("name, account, shown")
    def test_the_account_stands_last(self, name: str, account: str, shown: str) -> None:
        """
        Anna Petrova | @anna | Anna Petrova (@anna)
        Anna (@chief) | @eve | Anna (@chief) (@eve)
        anna | @anna | @anna
        "  " | @anna | @anna
        Anna | id 7 | Anna (id 7)
        The editors | "" | The editors
        "" | "" | ""
        """
        assert display_name(name, account) == shown

    @pytest.mark.parametrize(("account", "shown"), [({"username": "ada"}, "Ada L (@ada)"), ({}, "Ada L (id 5)")])
    def test_telegram(self, account: dict[str, str], shown: str) -> None:
        sender = {"id": 5, "first_name": "Ada", "last_name": "L", **account}
        message = TelegramMessage.model_validate({"message_id": 1, "date": 0, "chat": chat(-5), "from": sender})
        assert origin_of_message(message).user_name == shown

    @table("nick, global_name, shown")
    def test_discord(self, nick: str | None, global_name: str | None, shown: str) -> None:
        """
        Boss | Ada | Boss (@ada)
        null | Ada | Ada (@ada)
        null | null | @ada
        ada | null | @ada
        """
        user = {"id": "5", "username": "ada", "global_name": global_name}
        member = {"user": user, "nick": nick, "permissions": "0"}
        given = {"id": "1", "application_id": "2", "type": 2, "token": "t", "member": member, "data": {"name": "wire"}}
        assert Interaction.model_validate(given).asker_name == shown


class TestLanguageNames:
    """A language is called as its speakers call it, in a dossier of whatever languages."""

    @table("language, name")
    def test_name(self, language: str, name: str) -> None:
        """
        en | English
        id | Bahasa Indonesia
        ru | Русский
        fr | Français
        zz | zz
        "" | ""
        """
        assert language_name(language) == name

    def test_a_button_has_the_flag_if_there_is_one(self) -> None:
        assert language_label("ru") == "🇷🇺 Русский"
        assert language_label("fr") == "Français"
