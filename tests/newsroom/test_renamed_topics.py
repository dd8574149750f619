"""A topic gets another id: whoever follows it follows it still, whatever two processes and a rollback do meanwhile."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.db.store import Store
from bot.dossier.entries import Field, Key, fields, value_digest
from bot.dossier.models import Language, TopicId
from bot.newsroom.desk import Edit
from bot.newsroom.ledger_diff import moves_known, topic_moves
from bot.newsroom.translation import outdated_fields
from bot.schedule import Subscription
from tests.clocks import MovedClock
from tests.databases import reading, writing
from tests.newsroom.office import ANNA, Office
from tests.newsroom.test_changes import READER, office

__all__ = ["office"]

FARE, PRICE, COST = TopicId("fare"), TopicId("price"), TopicId("cost")


def rename(folder: Path, name: str, to: str, was: str) -> None:
    """Files have a topic under another id. ``was``: its line; "": as before it was renamed."""
    file = folder / f"topics/{name}.yaml"
    lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("was:")]
    file.unlink()
    (folder / f"topics/{to}.yaml").write_text("\n".join([*lines, *([was] if was else []), ""]), "utf-8")


async def followed(store: Store) -> set[TopicId] | None:
    subscription = await store.subscriptions.get(READER)
    return set(subscription.topics) if subscription and subscription.topics is not None else None


async def topics_of(store: Store) -> dict[str, list[str]]:
    return {row.id: row.topics for row in await reading(store, store.bulletins.comparable)}


async def news(office: Office, number: int, topic: str) -> str:
    """A bulletin of the files, under this topic, comes at once; its name."""
    name = f"2026-11-23-news-{number}"
    texts = {"en": f"News {number}", "id": f"Kabar {number}"}
    content = {"date": "2026-11-23", "title": texts, "body": texts, "topics": [topic]}
    await office.write(f"bulletins/{name}", content)
    return name


async def reached(store: Store, name: str) -> int:
    progress = await reading(store, store.deliveries.progress, [name])
    return sum((progress[name].counts or {}).values()) if name in progress else 0  # type: ignore[index]


@pytest.mark.slow
async def test_followers_stay_through_two_renames_and_a_rollback(office: Office) -> None:
    store, folder = office.store, office.folder
    await store.subscriptions.put(READER, Subscription(frozenset({FARE})))
    first = await news(office, 1, "fare")
    assert await reached(store, first) == 1
    before = await office.ledger()

    rename(folder, "fare", "price", "was: [fare]")
    await office.deploy()
    assert (await followed(store), (await topics_of(store))[first]) == ({PRICE}, ["price"])
    assert await office.ledger() == before
    assert await reached(store, await news(office, 2, "price")) == 1
    assert await reached(store, await news(office, 3, "fare")) == 1  # a file may name the former id

    rename(folder, "price", "cost", "was: [price, fare]")
    await office.deploy()
    assert (await followed(store), (await topics_of(store))[first]) == ({COST}, ["cost"])

    rename(folder, "cost", "price", "was: [fare]")
    await office.deploy()
    assert await followed(store) == {PRICE}
    rename(folder, "price", "cost", "was: [price, fare]")
    await office.deploy()
    rename(folder, "cost", "fare", "")
    for number in (2,):
        (folder / f"bulletins/2026-11-23-news-{number}.yaml").unlink()
    await office.deploy()
    assert (await followed(store), (await topics_of(store))[first]) == ({FARE}, ["fare"])
    assert {(await office.ledger())[name] for name in before} == set(before.values())


@pytest.mark.slow
async def test_a_reader_whom_the_former_files_subscribe(office: Office) -> None:
    """A process that still has them goes on for a while: its reader gets the next bulletin, once, and follows the topic."""
    store = office.store
    rename(office.folder, "fare", "price", "was: [fare]")
    await office.deploy()
    await store.subscriptions.put(READER, Subscription(frozenset({FARE, PRICE})))
    assert await reached(store, await news(office, 1, "price")) == 1
    assert await followed(store) == {PRICE}


async def test_what_is_kept_of_a_subscription_that_ended(office: Office) -> None:
    store = office.store
    await store.subscriptions.put(READER, Subscription(frozenset({FARE})))
    await store.subscriptions.remove(READER)
    rename(office.folder, "fare", "price", "was: [fare]")
    await office.deploy()
    resumed = await store.subscriptions.resume(READER, Subscription())
    assert (resumed.is_earlier, resumed.subscription.topics) == (True, {PRICE})


@pytest.mark.parametrize("chosen", [None, frozenset({FARE})])
async def test_a_topic_that_is_called_like_a_setting(office: Office, chosen: frozenset[TopicId] | None) -> None:
    """Who did not follow it follows it neither afterwards, and who followed everything follows everything."""
    store = office.store
    await store.subscriptions.put(READER, Subscription(chosen))
    await store.subscriptions.remove(READER)
    await writing(store, store.subscriptions.rename_topics, {"pace": ["speed"], "topics": ["subjects"]})
    resumed = await store.subscriptions.resume(READER, Subscription())
    assert (resumed.is_earlier, resumed.subscription.topics) == (True, chosen)


async def test_what_is_to_be_translated_is_so_under_the_new_id(office: Office) -> None:
    """Of a text in force whose original was changed, and of one that was typed in the change."""
    fare, default = Key("topics/fare"), Language("en")
    before = office.live.contents[fare]
    change = await office.desk.create(ANNA, "", {fare: before})
    values = fields(before)

    async def types(key: Key, place: tuple[str, str], text: str) -> None:
        await office.desk.save(change.id, ANNA, [Edit(key, place, value_digest(values[place]), text)])
        values[place] = text

    await types(fare, ("title", "id"), "Harga")
    await types(fare, ("title", "en"), "The price")
    await types(fare, ("body", "en"), "A ticket has a price.")
    key = await office.desk.rename_topic(change.id, ANNA, fare, "Price")
    item = await office.item(change)
    assert outdated_fields(item.entries[key], "id", default) == [("title", "id"), ("body", "id")]


async def test_a_new_id_alone_leaves_no_translation_behind(office: Office) -> None:
    """A text that is changed after it does. The former id, taken again, changes nothing in that."""
    fare, default = Key("topics/fare"), Language("en")
    change = await office.desk.create(ANNA, "", {fare: office.live.contents[fare]})

    async def behind(key: Key) -> list[Field]:
        return outdated_fields((await office.item(change)).entries[key], "id", default)

    key = await office.desk.rename_topic(change.id, ANNA, fare, "Price")
    assert await behind(key) == []
    seen = fields(office.live.contents[fare])["body", "en"]
    await office.type(change, ANNA, seen, "A ticket has a price.", "body|en", key=key)
    assert await behind(key) == [("body", "id")]
    assert await office.desk.rename_topic(change.id, ANNA, key, "fare") == fare
    assert await behind(fare) == [("body", "id")]
    await office.desk.keep_translation(change.id, ANNA, fare, ("body", "id"))
    assert await behind(await office.desk.rename_topic(change.id, ANNA, fare, "Costs")) == []


@pytest.mark.slow
async def test_renamed_at_the_desk(office: Office, clock: MovedClock) -> None:
    """New entry and removal, one change: another process switches with it, and nobody gets or loses anything."""
    store = office.store
    other = Office(store, office.folder, clock, "two")
    await other.look()
    await store.subscriptions.put(READER, Subscription(frozenset({FARE})))
    first = await news(office, 1, "fare")
    await other.deploy()
    before = await office.ledger()
    change = await office.desk.create(ANNA, "", {})
    key = await office.desk.rename_topic(change.id, ANNA, Key("topics/fare"), "Price of a ticket")
    assert key == "topics/price_of_a_ticket"
    [change] = [each.change for each in await office.desk.items(ANNA)]
    change = await office.approved(change)
    await office.wait()
    await other.look()
    assert list(other.live.complete.topics) == ["price_of_a_ticket"]
    assert other.live.complete.topics[TopicId("price_of_a_ticket")].was == ["fare"]
    assert (await followed(store), await office.ledger()) == ({TopicId("price_of_a_ticket")}, before)
    assert await reached(store, first) == 1
    again = await office.desk.create(ANNA, "", {})
    assert await office.desk.rename_topic(again.id, ANNA, key, "Fares") == "topics/fares"
    contents = {each.key: each.content for each in (await office.desk.item(again.id, ANNA)).entries.values()}  # type: ignore[union-attr]
    assert contents[key] is None
    assert contents[Key("topics/fares")]["was"] == ["price_of_a_ticket", "fare"]  # type: ignore[index]
    assert await office.desk.rename_topic(again.id, ANNA, Key("topics/fares"), "Fare") == "topics/fare"  # its former id
    await office.approved(await office.change(again.id))
    await office.wait()
    [topic] = office.live.complete.topics.values()
    assert (topic.id, topic.was, await followed(store)) == ("fare", ["price_of_a_ticket"], {FARE})


@pytest.mark.slow
async def test_files_rename_otherwise_what_the_desk_has_renamed(office: Office) -> None:
    """The desk's id stays, whatever the deploy says; so do its followers. What the files say waits at the desk."""
    store, folder = office.store, office.folder
    await store.subscriptions.put(READER, Subscription(frozenset({FARE})))
    first = await news(office, 1, "fare")
    change = await office.desk.create(ANNA, "", {})
    await office.desk.rename_topic(change.id, ANNA, Key("topics/fare"), "Costs")
    [change] = [each.change for each in await office.desk.items(ANNA)]
    await office.approved(change)
    await office.wait()
    assert await followed(store) == {TopicId("costs")}

    for former, new, was in (("fare", "price", "was: [fare]"), ("price", "fare", ""), ("fare", "cost", "was: [fare]")):
        rename(folder, former, new, was)
        await office.deploy()
        assert list(office.live.complete.topics) == ["costs"]
        assert (await followed(store), (await topics_of(store))[first]) == ({TopicId("costs")}, ["costs"])


@dataclass
class Named:
    """One topic under the ids that it has one after another: ``states`` holds each with what ``was`` said then, "" where it was gone."""

    ids: tuple[str, ...]
    states: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def next(self, data: st.DataObject) -> tuple[str, tuple[str, ...]]:
        """Another id, of which ``was`` names at least one former one; an earlier state again, as after a rollback; or nothing."""
        used = [name for name in dict.fromkeys(name for name, _ in self.states) if name]
        step = data.draw(st.sampled_from(("rename", "rename", "roll back", "remove")))
        if not used:
            state: tuple[str, tuple[str, ...]] = (self.ids[0], ())
        elif step == "remove":
            state = ("", ())
        elif step == "roll back":
            state = data.draw(st.sampled_from(self.states))
        else:
            name = data.draw(st.sampled_from(self.ids))
            others = [each for each in used if each != name]
            was = data.draw(st.lists(st.sampled_from(others), unique=True, min_size=name not in used)) if others else []
            state = (name, tuple(was)) if others else self.states[-1]
        self.states.append(state)
        return state


@given(st.data())
def test_followers_go_wherever_any_chain_of_was_leads(data: st.DataObject) -> None:
    """Two topics, renamed, rolled back and removed in any order: whoever follows one follows it under its id of the moment, and no other."""
    topics, known = (Named(("a", "b", "c", "d")), Named(("p", "q", "r"))), dict[str, str]()
    followed = [{"a"}, {"p"}]
    for _ in range(data.draw(st.integers(1, 8))):
        now = [each.next(data) for each in topics]
        present = {TopicId(name) for name, _ in now if name}
        former = {TopicId(each): TopicId(name) for name, was in now for each in was}
        moves = topic_moves(known, present, former)
        assert not present & moves.keys()
        followed = [{new for each in own for new in moves.get(each, (each,))} for own in followed]
        known = moves_known(known, present, former, moves)
        assert topic_moves(known, present, former).items() >= moves.items()
        for (name, _), own in zip(now, followed, strict=True):
            assert not name or own == {name}


@pytest.mark.parametrize(
    ("known", "was", "moves"),
    [
        ({}, {"b": ["a"]}, {"a": ("b",)}),
        ({"a": "b"}, {"a": []}, {"b": ("a",)}),
        ({"a": "c", "b": "c"}, {"a": [], "b": []}, {"c": ("a", "b")}),
        ({"a": "c", "b": "c"}, {"b": ["a"]}, {"a": ("b",), "c": ("b",)}),
        ({"a": "b"}, {"a": ["b"]}, {"b": ("a",)}),
        ({"a": "b"}, {"a": [], "b": []}, {}),
        ({"a": "b"}, {"c": []}, {}),
    ],
)
def test_where_followers_go(
    known: dict[str, str], was: dict[str, list[str]], moves: dict[str, tuple[str, ...]]
) -> None:
    assert topic_moves(known, was.keys(), {each: name for name, former in was.items() for each in former}) == moves
