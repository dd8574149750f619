"""/privacy says what is stored about a chat and deletes it; a topic of that command goes first."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.conversation import Conversation
from bot.db.schema import metadata
from bot.db.store import Store
from bot.dossier.loader import load
from bot.dossier.markdown import Items, plain
from bot.dossier.models import Language
from bot.live_dossier import LiveDossier
from bot.reader import Address
from bot.replies.question import Command
from bot.replies.reply import Reply
from bot.schedule import Subscription
from tests.asking import asked
from tests.conftest import TODAY, Edit

ANN, GROUP = Address("telegram", "1"), Address("telegram", "-3")


def talk(folder: Path, store: Store) -> Conversation:
    dossier = load(folder, TODAY).dossier
    assert dossier is not None
    return Conversation(LiveDossier(dossier), store, lambda: TODAY)


async def ask(conversation: Conversation, argument: str = "", address: Address = ANN, *, admin: bool = True) -> Reply:
    kind = "private" if address == ANN else "group"
    question = Command("privacy", argument)
    reply = await conversation.reply(asked(question, address, kind, is_admin=admin))  # type: ignore[arg-type]
    assert reply is not None
    return reply


def lines(reply: Reply) -> list[str]:
    return [plain(item) for block in reply.blocks if isinstance(block, Items) for item in block.items]


async def stored(store: Store) -> dict[str, int]:
    """Table → rows, of those tables that hold something about chats."""
    tables = [table for table in metadata.sorted_tables if "reader_id" in table.c or table.name == "readers"]
    async with store.database.read() as connection:
        return {table.name: len((await connection.execute(select(table))).all()) for table in tables}


async def test_of_a_stranger_nothing_is_stored(folder: Path, store: Store) -> None:
    reply = await ask(talk(folder, store))
    assert lines(reply) == ["Nothing."]
    assert [button.label for button in reply.buttons] == ["❓ Help"]
    assert set((await stored(store)).values()) == {0}


async def test_it_counts_the_questions_of_this_chat_alone(folder: Path, store: Store) -> None:
    """Of all its topics, and nobody else's."""
    conversation = talk(folder, store)
    topics = [replace(GROUP, thread_id=thread) for thread in ("5", "6")]
    for address in (ANN, GROUP, *topics, Address("discord", GROUP.chat_id)):
        reader = await store.readers.meet(address, "group")
        await store.awaited.add(reader.id, "when does it sail", "en")
    assert any(
        line.startswith("Questions that wait for an answer: 3,")
        for line in lines(await ask(conversation, address=GROUP))
    )
    assert any(line.startswith("Questions that wait for an answer: 1,") for line in lines(await ask(conversation)))


async def test_it_names_all_and_deletes_all(folder: Path, store: Store) -> None:
    """Every table that holds something about a chat is empty afterwards."""
    conversation = talk(folder, store)
    reader = await store.readers.meet(ANN, "private")
    await store.readers.set_language(ANN, "id")
    await store.readers.set_language(ANN, "en")
    await store.subscriptions.put(ANN, Subscription(frozenset({"fare"})))  # type: ignore[arg-type]
    await store.awaited.add(reader.id, "may dogs travel", "en")
    await conversation.reports.send("it is Rp4,600", Language("en"), reader.id)
    reply = await ask(conversation)
    assert len(lines(reply)) == 4
    [button] = reply.buttons
    assert button.question == Command("privacy", "delete")
    confirm = await ask(conversation, "delete")
    assert [each.question for each in confirm.buttons] == [Command("privacy", "delete now"), Command("privacy")]
    assert (await stored(store))["readers"] == 1
    assert (await ask(conversation, "delete now")).title == "Deleted"
    assert set((await stored(store)).values()) == {0}
    assert store.readers.language(ANN) is None


@pytest.mark.parametrize("argument", ["delete", "delete now"])
async def test_in_a_group_only_admins_delete(folder: Path, store: Store, argument: str) -> None:
    await store.readers.meet(GROUP, "group")
    conversation = talk(folder, store)
    assert lines(await ask(conversation, address=GROUP, admin=False))
    assert (await ask(conversation, argument, GROUP, admin=False)).title == "For admins"
    assert (await stored(store))["readers"] == 1


@pytest.mark.parametrize("asked_in", [GROUP, Address("telegram", "-3", "7")])
async def test_a_forum_is_deleted_with_all_its_topics(folder: Path, store: Store, asked_in: Address) -> None:
    """Wherever in it that is asked: the reply speaks of the whole chat. Its neighbours stay."""
    conversation, topic, other = talk(folder, store), Address("telegram", "-3", "7"), Address("telegram", "-4")
    for address in (GROUP, topic, other):
        await store.readers.meet(address, "group")
    await store.readers.set_for_group(GROUP, {"audience": "private"})
    await store.subscriptions.put(topic, Subscription())
    assert len(lines(await ask(conversation, address=asked_in))) == 2
    await ask(conversation, "delete now", asked_in)
    assert await stored(store) == dict.fromkeys(await stored(store), 0) | {"readers": 1}
    assert store.readers.of_group(GROUP).audience is None
    assert lines(await ask(conversation, address=asked_in)) == ["Nothing."]


async def test_a_topic_of_that_command_goes_first(folder: Path, store: Store, edit: Edit) -> None:
    edit("topics/fare.yaml", 'emoji: "🎫"', 'command: privacy\nemoji: "🎫"')
    assert (await ask(talk(folder, store))).title == "The fare"
