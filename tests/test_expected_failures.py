"""What Nota does not keep yet: a case for each edge, all expected to fail until the rule that it names holds.

Each case runs on real parts. What a case takes for granted is said by :func:`given`, whose failure is none that is expected; so a case
that begins to hold, and one that fails for another reason, fail the run. Whoever makes a rule hold takes its cases to the tests of
the part that holds it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from bot.db.backup import export, import_backup
from bot.db.store import Store
from bot.dossier.entries import Content, Key
from bot.dossier.models import FactId
from bot.dossier.yaml_writer import written
from bot.schedule import Subscription
from tests.clocks import MovedClock
from tests.delivery.scene import DeliveryScene
from tests.editor import Editor, bulletin, new_editor
from tests.newsroom.test_changes import (
    NEW_ONE,
    READER,
    WITHDRAWN,
    Office,
    approved,
    drafted,
    in_force,
    texts,
)
from tests.newsroom.test_changes import bulletin as texts_of

Rule = Literal["one truth for content"]


class NotSetUp(Exception):
    """What a case takes for granted does not hold."""


def given(holds: object, what: str) -> None:
    if not holds:
        raise NotSetUp(what)


@dataclass
class Scene:
    """What a case has."""

    store: Store
    clock: MovedClock
    folder: Path

    async def office(self) -> Office:
        """An office whose files are in force, and a subscriber."""
        office = Office(self.store, self.folder)
        await office.look()
        await self.store.readers.meet(READER, "private")
        await self.store.subscriptions.put(READER, Subscription())
        return office

    def write(self, name: str, content: object, folder: Path | None = None) -> None:
        file = (folder or self.folder) / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content if isinstance(content, str) else written(content), "utf-8")

    async def deliveries(self) -> DeliveryScene:
        """A newsroom whose first comparison is done, and a platform."""
        return DeliveryScene(self.store, self.clock, await new_editor(self.store))


Check = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True)
class Case:
    """What somebody does at an edge, and what must hold."""

    name: str
    edge: str
    does: str
    holds: str
    rule: Rule
    check: Check


async def restored(scene: Scene) -> None:
    office, chats = await scene.office(), DeliveryScene(scene.store, scene.clock, Editor(scene.store))
    await in_force(office, {NEW_ONE: texts_of(body=texts("It costs {fare}."))}, scene.clock)
    await chats.send_all()
    saved = [line async for line in export(scene.store.database)]
    [key] = [Key(f"bulletins/{name}") for name in office.live.complete.bulletins if "fares" in name]
    content = {**(office.live.contents[key] or {}), "withdrawn": WITHDRAWN}
    await approved(office, await drafted(office, {key: content}))
    await office.look()
    await chats.send_all()
    given("Wrong." in str(chats.platform.messages(READER)), "the message says that it is withdrawn")
    scene.clock.forward(days=1)
    await import_backup(scene.store.database, saved, replace=True)
    again = Office(scene.store, scene.folder, "again")
    await again.look()
    chats.platform.calls.clear()
    facts = (scene.folder / "facts.yaml").read_text("utf-8")
    scene.write("facts.yaml", facts.replace("4500", "4800"))
    await again.deploy()
    await chats.send_all()
    assert [how for how, address, _ in chats.platform.calls if address == READER] == []


async def renamed(scene: Scene, *moments: tuple[str, ...]) -> None:
    chats = await scene.deliveries()
    files = {"ferry": bulletin("ferry"), "ferries": bulletin("ferries", "Ferry")}
    await chats.subscribe(READER)
    await chats.publish(files["ferry"])
    given(len(chats.platform.messages(READER)) == 1, "it was sent")
    for moment in moments:
        scene.clock.forward(hours=1)
        await chats.publish(*(files[name] for name in moment))
    assert len(chats.platform.messages(READER)) == 1


def claim(day: str) -> dict[str, Any]:
    says = {"en": ["the ferry has sunk"], "id": ["feri itu tenggelam"]}
    return {"says": says, "verdict": "false", "because": texts("It sails."), "sources": ["harbour"], "date": day}


async def clash(scene: Scene, entry: tuple[str, Content], *file: tuple[str, object]) -> None:
    office = await scene.office()
    await in_force(office, {Key(entry[0]): entry[1]}, scene.clock)
    await in_force(office, {NEW_ONE: texts_of("Fares fall")}, scene.clock)
    before = dict(office.live.contents)
    [news] = [name for name in office.live.complete.bulletins if "fares" in name]
    given(before[Key(entry[0])] == entry[1], "the change is in force")
    for name, content in file:
        scene.write(name, content)
    facts = (scene.folder / "facts.yaml").read_text("utf-8")
    scene.write("facts.yaml", facts + "boats: {type: number, value: 2, sources: [harbour], checked: 2026-02-01}\n")
    await office.deploy()
    assert FactId("boats") in office.live.complete.facts, "what clashes with nothing is in force"
    assert news in office.live.complete.bulletins
    assert office.live.contents.get(Key(entry[0])) == entry[1], "what people approved stays in force"


async def clash_of_sentences(scene: Scene) -> None:
    await clash(scene, ("claims/sunk", claim("2026-11-23")), ("claims/of-a-colleague.yaml", claim("2026-11-22")))


async def clash_of_aliases(scene: Scene) -> None:
    topic: dict[str, Any] = {**loaded_entry(scene, "topics/fare"), "aliases": ["ticket", "tiket", "harga"]}
    other = {"title": texts("Prices"), "summary": texts("Prices"), "body": texts("See the fare."), "aliases": ["harga"]}
    await clash(scene, ("topics/fare", topic), ("topics/prices.yaml", other))


def loaded_entry(scene: Scene, key: str) -> dict[str, Any]:
    live = Office(scene.store, scene.folder).live
    return dict(live.contents[Key(key)] or {})


TRUTH: Rule = "one truth for content"

CASES = [
    Case("restore", "chat", "puts back a backup from before a withdrawal, then corrects a fact that the bulletin prints",
         "the edit of a message from before the backup waits for an owner", TRUTH, restored),
    Case("renamed file", "in one moment", "renames the file of a bulletin that was sent",
         "nobody gets it again", TRUTH, lambda scene: renamed(scene, ("ferries",))),
    Case("renamed file", "deleted first", "deletes the file, and puts it back an hour later under another name",
         "nobody gets it again", TRUTH, lambda scene: renamed(scene, (), ("ferries",))),
    Case("renamed file", "copied first", "copies the file, and deletes the former one an hour later",
         "nobody gets it again", TRUTH, lambda scene: renamed(scene, ("ferry", "ferries"), ("ferries",))),
    Case("clash", "sentence of a claim", "deploys a claim with the sentence of one that is in force by the desk",
         "what people approved stays in force, and the rest of the deploy is", TRUTH, clash_of_sentences),
    Case("clash", "alias of a topic", "deploys a topic with an alias that one has by the desk",
         "what people approved stays in force, and the rest of the deploy is", TRUTH, clash_of_aliases),
]  # fmt: skip


def _expected(case: Case) -> Any:
    reason = f"until {case.rule}: {case.holds}"
    mark = pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)
    return pytest.param(case, marks=mark, id=f"{case.name}, {case.edge}")


@pytest.mark.parametrize("case", [_expected(case) for case in CASES])
async def test_it_holds(
    case: Case,
    store: Store,
    clock: MovedClock,
    folder: Path,
) -> None:
    await case.check(Scene(store, clock, folder))
