"""What the entries of a change said in its versions, before it, and in other changes."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.db.changes import Change, ChangedEntry, ChangeId
from bot.db.store import Store
from bot.dossier.entries import Content, Key
from bot.newsroom.change_content import NEW, uncorrected, without_date
from bot.schedule import local_time


@dataclass(frozen=True, slots=True)
class Former:
    """What an entry said once.

    Attributes:
        which: "after" the change came into force, "before" it did, or a version of it, for example "version 3".
        moment: since when.
        version: its number; 0: it is of no version.
    """

    key: Key
    change: Change
    content: Content | None
    which: str
    moment: float
    version: int = 0

    @property
    def can_come_back(self) -> bool:
        """A bulletin is withdrawn, not removed."""
        return self.content is not None or not self.key.startswith("bulletins/")


async def former_contents(store: Store, key: Key, of: ChangeId) -> list[Former]:
    """What an entry said in each version that somebody asked for or that was in force, the latest first, and before all.

    ``of``: a change that has the entry, or had it: it was taken out.
    """
    found, bases = list[Former](), list[tuple[Change, Content | None]]()
    async with store.database.read() as connection:
        changes = [] if key.startswith(NEW) else list(await store.changes.of_entry(connection, key))
        own = await store.changes.read(connection, of)
        if own is not None and own.id not in {change.id for change in changes}:
            changes.append(own)
        for change in changes:
            entry = (await store.changes.entries(connection, change.id)).get(key)
            known = list[Content | None]()
            if change.state == "in_force" and entry is not None:
                bases.append((change, entry.base))
                # what was approved had no day of a correction
                corrected = local_time(change.due or 0.0, "UTC").date()
                known += [entry.content, entry.content and uncorrected(entry.base, entry.content, corrected)]
                found.append(Former(key, change, entry.content, "after", change.changed, change.version))
            for row in await store.changes.versions(connection, change.id):
                if key in row.contents and row.contents[key] not in known:
                    known.append(row.contents[key])
                    which = f"version {row.version}"
                    found.append(Former(key, change, row.contents[key], which, row.kept, row.version))
    found.sort(key=lambda each: each.moment, reverse=True)
    first, base = min(bases, key=lambda each: each[0].edition or 0, default=(None, None))
    if first is not None and base is not None:
        found.append(Former(key, first, base, "before", first.created))
    return found


async def history(store: Store, change: Change, entries: Mapping[Key, ChangedEntry]) -> dict[Key, list[Former]]:
    """What the entries of a change said, and those that were taken out of it. A new bulletin has another key once it is approved."""
    async with store.database.read() as connection:
        versions = await store.changes.versions(connection, change.id)
    texts = [without_date(each.content or {}) for each in entries.values()]
    former = [(Key(key), content or {}) for row in versions for key, content in row.contents.items()]
    gone = (key for key, content in former if key not in entries and without_date(content) not in texts)
    taken_out = dict.fromkeys(gone)
    found = {key: await former_contents(store, key, change.id) for key in (*entries, *taken_out)}
    return {key: former for key, former in found.items() if former}


def with_embargo_of(present: Content | None, content: Content | None) -> Content | None:
    """A former content with the embargo that the entry in force has, which is its file's matter."""
    if present is None or content is None:
        return content
    words = {name: value for name, value in content.items() if name != "not_before"}
    return words | {name: value for name, value in present.items() if name == "not_before"}
