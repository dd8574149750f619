"""A command of the bot itself is one row of a table: menus, help, reserved words, rights and dispatch follow."""

import ast
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from telegram import BotCommandScopeDefault

from bot.commands import COMMANDS, OWN, STATUS, WHY, OwnCommand
from bot.conversation import HANDLERS, Conversation
from bot.db.store import Store
from bot.dossier.models import Dossier, Language, TopicId
from bot.dossier.validators import validate
from bot.languages import SPOKEN
from bot.live_dossier import LiveDossier
from bot.platforms.discord.commands import commands as discord_commands
from bot.platforms.discord.commands import staff_commands
from bot.platforms.plain_text import render
from bot.platforms.telegram.commands import commands as telegram_commands
from bot.reader import ChatKind
from bot.replies.answer import answer
from bot.replies.listings import is_known, name_in, own_command, own_names
from bot.replies.question import Command
from bot.replies.reply import Reply
from tests.asking import asked
from tests.conftest import TINY, TODAY, loaded, not_none
from tests.tables import cases

BOT = Path(__file__).parents[1] / "bot"


@cache
def words_in_the_code() -> list[tuple[Path, int, frozenset[object], frozenset[object]]]:
    """File, line, the texts that stand together in one collection there, and the names of commands that are imported or told apart."""
    found = []
    for file in BOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            members = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
            listed = frozenset(each.value for each in members if isinstance(each, ast.Constant))
            if listed or _told_apart(node):
                found.append((file, getattr(node, "lineno", 0), listed, frozenset(_told_apart(node))))
    return found


EVERY = pytest.mark.parametrize("own", COMMANDS, ids=[each.name for each in COMMANDS])
LISTED = [each for each in COMMANDS if each.is_listed and each.is_for_readers]


def with_topic(word: str) -> Dossier:
    """The dossier, whose topic about fares has that command."""
    dossier = loaded(TINY)
    topic = dossier.topics[TopicId("fare")].model_copy(update={"command": word})
    return replace(dossier, topics={**dossier.topics, topic.id: topic})


class TestMenus:
    """Whoever may give a command finds it in the menu, and nobody else does."""

    @EVERY
    @pytest.mark.parametrize("managing", [False, True])
    def test_telegram(self, own: OwnCommand, managing: bool) -> None:
        names = {
            each.command
            for each in telegram_commands(loaded(TINY), Language("en"), BotCommandScopeDefault(), managing=managing)
        }
        may = own.who == "everyone" or (own.who == "admin" and managing)
        assert (own.name in names) is (own.is_listed and may)

    @EVERY
    def test_telegram_staff(self, own: OwnCommand) -> None:
        staff = [each.name for each in COMMANDS if not each.is_for_readers]
        menu = telegram_commands(loaded(TINY), Language("en"), BotCommandScopeDefault(), managing=True, staff=staff)
        shown = {each.command: each.description for each in menu}
        assert shown.get(own.name) == (own.summary if own.is_listed else None)

    @EVERY
    def test_discord(self, own: OwnCommand) -> None:
        """Discord also has /program where there are programmes, since it alone offers them while one types."""
        dossier = loaded(TINY)
        everybody = {each["name"]: each for each in discord_commands(dossier)}
        staff = {each["name"] for each in staff_commands(dossier, for_everybody=True, has_owners=True)}
        if own.is_listed:
            assert (own.name in everybody, own.name in staff) == (own.is_for_readers, not own.is_for_readers)
        if own.name in everybody and own.about != "dossier":
            assert (everybody[own.name]["default_member_permissions"] is not None) is (own.who == "admin")

    @pytest.mark.parametrize("own", LISTED, ids=[each.name for each in LISTED])
    def test_help(self, own: OwnCommand) -> None:
        assert f"/{own.name} · {own.summary}" in render(answer(loaded(TINY), "/help", "en", TODAY))


class TestNames:
    """A topic takes no reserved name; where a name is not reserved, the topic that has it goes first."""

    @EVERY
    def test_reserved(self, own: OwnCommand) -> None:
        found = [each for each in validate(with_topic(own.name), TODAY) if "taken by the bot itself" in str(each)]
        assert bool(found) is own.is_reserved

    @pytest.mark.parametrize("own", [each for each in COMMANDS if not each.is_reserved], ids=lambda own: own.name)
    async def test_a_topic_goes_first(self, own: OwnCommand, store: Store) -> None:
        reply = await Talk(with_topic(own.name), store).ask(own)
        assert reply.topic == "fare"

    @EVERY
    def test_in_a_group_without_our_name(self, own: OwnCommand) -> None:
        assert is_known(loaded(TINY), own.name) is not own.needs_our_name


class Talk:
    """Somebody who is nobody in particular asks in a chat."""

    def __init__(self, dossier: Dossier, store: Store) -> None:
        self.conversation = Conversation(LiveDossier(dossier), store, lambda: TODAY)

    async def ask(self, own: OwnCommand, argument: str = "", *, may: bool = True, kind: ChatKind = "private") -> Reply:
        message = asked(Command(own.name, argument), kind=kind, is_admin=may, is_interaction=kind != "private")
        return not_none(await self.conversation.reply(message))


class TestDispatch:
    """Each is answered by what the table names, if the asker may give it."""

    def test_each_has_a_function(self) -> None:
        """None stands for the dossier, which answers everywhere."""
        assert {name: handler is None for name, handler in HANDLERS.items()} == {
            own.name: own.about == "dossier" for own in COMMANDS
        }

    @EVERY
    async def test_everybody_and_admins(self, own: OwnCommand, store: Store) -> None:
        """A command of editors and owners is one that nobody knows."""
        reply = await Talk(loaded(TINY), store).ask(own)
        is_unknown = "I don’t know the command" in reply.title
        assert is_unknown is not own.is_for_readers

    @EVERY
    async def test_no_admin(self, own: OwnCommand, store: Store) -> None:
        for argument, who in (("", own.who), ("en", own.changes or own.who)):
            reply = await Talk(loaded(TINY), store).ask(own, argument, may=False, kind="group")
            assert (reply.title == "For admins") is (who == "admin"), (argument, reply.title)


LANGUAGES = SPOKEN
FOR_READERS = [each for each in COMMANDS if each.is_for_readers]


class TestVocabulary:
    """A command has one name in each language, which Discord registers and every surface reads."""

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_no_two_commands_share_one(self, language: str) -> None:
        names = [name_in(language, each) for each in FOR_READERS]
        assert len(set(names)) == len(names)
        assert all(own_names()[name] is own for name, own in zip(names, FOR_READERS, strict=True))

    @pytest.mark.parametrize("language", LANGUAGES)
    async def test_each_is_understood_as_typed(self, language: str, store: Store) -> None:
        """In a chat it does what the English one does; outside of chats, too."""
        dossier, talk = loaded(TINY), Talk(loaded(TINY), store)
        for own in FOR_READERS:
            name = name_in(language, own)
            assert answer(dossier, f"/{name}", "en", TODAY) == answer(dossier, f"/{own.name}", "en", TODAY)
            reply = not_none(await talk.conversation.reply(asked(Command(name), is_interaction=True)))
            assert reply.emoji == (await talk.ask(own)).emoji

    @pytest.mark.parametrize("word", ["berhenti", "отписаться", "ajustes"])
    def test_a_topic_of_that_name_comes_first(self, word: str) -> None:
        """Dossiers are older than these names."""
        dossier = with_topic(word)
        assert own_command(dossier, word) is None
        assert answer(dossier, f"/{word}", "en", TODAY).topic == "fare"

    @cases("typed, name")
    async def test_a_slip_offers_it_and_does_nothing(self, typed: str, name: str, store: Store) -> None:
        """In any language and script.

        unsubscibe | unsubscribe
        setings | settings
        subscrbe | subscribe
        berlangganan | subscribe
        pengaturn | settings
        отписатся | unsubscribe
        настройка | settings
        ajuste | settings
        privasy | privacy
        """
        talk = Talk(loaded(TINY), store)
        await talk.ask(OWN["subscribe"])
        message = asked(Command(typed, "off"), is_interaction=True)
        reply = not_none(await talk.conversation.reply(message))
        assert Command(name) in [button.question for button in reply.buttons]
        assert await store.subscriptions.get(message.chat.address) is not None

    @pytest.mark.parametrize("typed", ["stop", "стоп", "stop sending this"])
    async def test_a_wish_behind_a_slash_is_the_wish(self, typed: str, store: Store) -> None:
        """It gets the button that the word alone gets."""
        name, _, argument = typed.partition(" ")
        reply = not_none(await Talk(loaded(TINY), store).conversation.reply(asked(Command(name, argument))))
        assert [button.question for button in reply.buttons] == [Command("unsubscribe")]


def test_nobody_else_lists_commands() -> None:
    """Three or more names in one collection are a second table."""
    names = {each.name for each in COMMANDS} - {"language"}
    for file, line, listed, _ in words_in_the_code():
        assert file == BOT / "commands.py" or len(listed & names) < 3, (
            f"{file.relative_to(BOT)}:{line}: {listed & names}"
        )


class TestGuides:
    """Readers find each command, by its English name or that of their language."""

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_of_readers(self, language: str) -> None:
        guide = BOT.parent / "docs" / f"readers{'' if language == 'en' else f'.{language}'}.md"
        words = set(re.findall(r"/(\w+)", guide.read_text("utf-8")))
        assert [own.name for own in LISTED if words.isdisjoint({own.name, name_in(language, own)})] == []

    def test_of_platforms(self) -> None:
        words = set(re.findall(r"/(\w+)", (BOT.parent / "docs" / "platforms.md").read_text("utf-8")))
        assert [own.name for own in LISTED if own.name not in words] == []


class TestRecipe:
    """CONTRIBUTING.md lists the places of a command."""

    RECIPE = (BOT.parent / "CONTRIBUTING.md").read_text("utf-8").partition("## A command\n")[2].partition("\n## ")[0]

    @pytest.mark.parametrize("name", [WHY, STATUS])
    def test_names_every_module_that_tells_commands_apart(self, name: str) -> None:
        """One about a chat and one of owners: imported from :mod:`bot.commands`, compared with as a word, or a case."""
        telling = {
            f"bot/{file.relative_to(BOT).as_posix()}"
            for file, _, _, told_apart in words_in_the_code()
            if file.stem != name and name in told_apart  # but the module of its subject
        }
        assert len(telling) > 1
        assert [file for file in sorted(telling) if f"`{file}`" not in self.RECIPE] == []

    def test_names_files_that_exist(self) -> None:
        named = re.findall(r"(?:bot|docs|tests)/[\w*/.]+\w", self.RECIPE)
        assert len(named) > 12
        assert [name for name in named if not any(BOT.parent.glob(name))] == []
        assert f"pytest {Path(__file__).relative_to(BOT.parent)}" in self.RECIPE


def _told_apart(node: ast.AST) -> set[object]:
    """Names of commands that the node imports or tells apart."""
    match node:
        case ast.ImportFrom(module="bot.commands"):
            return {alias.name.lower() for alias in node.names}
        case ast.MatchValue(value=ast.Constant(value)):
            return {value}
        case ast.Compare(comparators=[ast.Tuple(elts) | ast.Set(elts)]):
            return {element.value for element in elts if isinstance(element, ast.Constant)}
        case ast.Compare(comparators=[ast.Constant(value)]):
            return {value}
    return set()
