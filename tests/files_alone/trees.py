"""Sequences of trees of content out of a seed, as an office of files alone has them."""

import copy
import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from bot.dossier.entries import entries_of, with_entries
from bot.dossier.loader import checked, load
from tests.files_alone.office import DOSSIERS, MONDAY_NOON, Step

Tree = dict[str, Any]
"""Key → content."""

HOUR = 3600.0
FORMER, RESTORED, RENAMED = 5, 7, 8
"""Rules of content by which files are not taken as 0.8.0 took them: former ones, those without a withdrawal, a bulletin with another name."""

STEPS, LATE = 10, 6
"""Files come back, and have other names, only from so many steps on: what follows is not compared where this release does otherwise."""


class Author:
    """Somebody who writes files of a dossier of the tests."""

    def __init__(self, dossier: str, seed: int) -> None:
        self.random = random.Random(f"{dossier} {seed}")
        self.now = MONDAY_NOON + 10.0
        self.base = load(DOSSIERS / dossier, self._day())
        assert self.base.dossier is not None
        self.languages = self.base.dossier.header.languages
        self.tree: Tree = dict(entries_of(self.base.documents))
        self.known, self.trees = dict(self.tree), [self.tree]
        self.number = 0
        self.own = list[str]()
        self.facts, self.topics, self.sources = (
            [key for key in self.tree if key.startswith(kind) and is_it(self.tree[key])]
            for kind, is_it in (("facts/", _is_plain), ("topics/", bool), ("sources/", bool))
        )

    def steps(self) -> list[Step]:
        return [self._step(is_late=number >= LATE) for number in range(STEPS)]

    def _step(self, *, is_late: bool) -> Step:
        after = self.random.choice([10.0, 10.0, 60.0, 700.0, HOUR, 8 * HOUR, 31 * HOUR])
        self.now += after
        former, done = self.tree, list[str]()
        while not (done and self._is_valid()):
            self.tree = copy.deepcopy(former)
            tried = [self._does(is_late=is_late) for _ in range(self.random.choice([1, 1, 1, 2, 3]))]
            done = [each for each in tried if each]
        by = self.random.choice(["same", "same", "same", "next", "killed", "beside"])
        step = {"does": done, "rule": self._rule(), "files": _difference(former, self.tree), "by": by, "after": after}
        self.now += 80.0
        self.known |= self.tree
        self.trees.append(self.tree)
        return step

    def _rule(self) -> int:
        """The rule of content (docs) by which this release may do otherwise than 0.8.0 with the tree; 0: none."""
        stories = [_story(each) for each in self.known.values()]
        if any(key not in self.known and _story(self.tree[key]) in stories for key in self.own if key in self.tree):
            return RENAMED
        if self.tree not in self.trees:
            return 0
        gone = {key for key in self.own if "withdrawn" in self.trees[-1].get(key, ())}
        return RESTORED if any("withdrawn" not in self.tree.get(key, ("withdrawn",)) for key in gone) else FORMER

    def _is_valid(self) -> bool:
        loading = checked(with_entries(self.base.documents, _difference(self.trees[0], self.tree)), self._day())
        return not any(each.blocks for each in loading.diagnostics)

    def _day(self) -> date:
        """A day that has begun in the zone of every office."""
        return datetime.fromtimestamp(self.now - 12 * HOUR + 1.0, UTC).date()

    def _does(self, *, is_late: bool) -> str:
        acts: list[Callable[[], str]] = [
            *[self._new] * 4, *[self._words] * 3, *[self._figure] * 2, self._withdraw, self._restore, self._lose, self._find,
            self._embargo, self._put_off, self._urgent, self._topic, self._about, self._source,
        ]  # fmt: skip
        acts += [self._rename, *[self._former] * 3] if is_late else []
        return self.random.choice(acts)()

    # ---- Acts: what was done, "" where there was nothing to do

    def _texts(self, words: str) -> dict[str, str]:
        return {language: f"{words} ({language})" for language in self.languages}

    def _new(self, **more: Any) -> str:
        self.number += 1
        key = f"bulletins/{self._day()}-b{self.number}"
        figure = f" {{{self.random.choice(self.facts)[6:]}}}" if self.facts and self.random.random() < 0.6 else ""
        content = {
            "date": str(self._day()),
            "title": self._texts(f"b{self.number}"),
            "body": self._texts(f"B{self.number} says{figure}"),
            "topics": self._some_topics(self.random.choice([0, 1, 1, 2])),
            "sources": [self.random.choice(self.sources).partition("/")[2]],
            **more,
        }
        self.tree[key] = {name: value for name, value in content.items() if value != []}
        self.own.append(key)
        return f"new {key}"

    def _some_topics(self, number: int) -> list[str]:
        return [key.partition("/")[2] for key in self.random.sample(self.topics, min(len(self.topics), number))]

    def _embargo(self) -> str:
        return self._new(not_before=self._moment())

    def _moment(self) -> str:
        moment = self.now + self.random.choice([-HOUR, HOUR / 2, HOUR, 30 * HOUR])
        return (datetime.fromtimestamp(moment, UTC)).isoformat(timespec="seconds")

    def _one(self, is_it: Callable[[Any], bool] = lambda content: True) -> str | None:
        found = [key for key in self.own if key in self.tree and is_it(self.tree[key])]
        return self.random.choice(found) if found else None

    def _changes(self, key: str | None, what: str, **more: Any) -> str:
        if key is None:
            return ""
        self.tree[key] = {name: value for name, value in {**self.tree[key], **more}.items() if value is not None}
        return f"{what} {key}"

    def _words(self) -> str:
        if (key := self._one(lambda content: "withdrawn" not in content)) is None:
            return ""
        self.number += 1
        name = self.random.choice(["title", "body", "body"])
        texts = dict(self.tree[key][name])
        for language in self.random.choice([self.languages, self.languages[:1], self.languages[-1:]]):
            texts[language] = f"{texts[language]} {self.number}"
        return self._changes(key, "words", **{name: texts})

    def _withdraw(self) -> str:
        said = {"date": str(self._day()), "because": self._texts("It was wrong")}
        return self._changes(self._one(lambda content: "withdrawn" not in content), "withdraw", withdrawn=said)

    def _restore(self) -> str:
        return self._changes(self._one(lambda content: "withdrawn" in content), "restore", withdrawn=None)

    def _lose(self) -> str:
        if (key := self._one()) is None:
            return ""
        del self.tree[key]
        return f"lose {key}"

    def _find(self) -> str:
        gone = [key for key in self.own if key not in self.tree and key in self.known]
        if not gone:
            return ""
        key = self.random.choice(gone)
        self.tree[key] = self.known[key]
        return f"find {key}"

    def _rename(self) -> str:
        if (key := self._one()) is None:
            return ""
        self.number += 1
        new = f"{key.rpartition('-b')[0]}-b{self.number}"
        self.own.append(new)
        self.tree[new] = self.tree[key]
        if self.random.random() < 0.6:
            del self.tree[key]
        return f"rename {key} {new}"

    def _put_off(self) -> str:
        moment = self.random.choice([None, self._moment()])
        return self._changes(self._one(lambda content: "withdrawn" not in content), "put off", not_before=moment)

    def _urgent(self) -> str:
        return self._new(urgent=True)

    def _about(self) -> str:
        return self._changes(self._one(), "about", topics=self._some_topics(1))

    def _figure(self) -> str:
        if not self.facts:
            return ""
        key = self.random.choice(self.facts)
        name = _VALUES[self.tree[key]["type"]]
        return self._changes(key, "figure", **{name: self.tree[key][name] + self.random.randint(1, 9)})

    def _topic(self) -> str:
        key = self.random.choice(self.topics)
        self.number += 1
        texts = {language: f"{text} {self.number}" for language, text in self.tree[key]["summary"].items()}
        return self._changes(key, "topic", summary=texts)

    def _source(self) -> str:
        key = self.random.choice(self.sources)
        self.number += 1
        return self._changes(key, "source", publisher=f"Office {self.number}")

    def _former(self) -> str:
        if len(self.trees) < 3:
            return ""
        self.tree = copy.deepcopy(self.random.choice(self.trees[1:-1]))
        return "former"


_VALUES = {"number": "value", "percent": "value", "money": "amount"}


def _is_plain(fact: Any) -> bool:
    """Whether its figure may be another one."""
    value = fact.get(_VALUES.get(fact["type"]))
    return isinstance(value, int) and not fact.keys() & {"derived", "forms", "says", "rivals"}


def _story(content: Any) -> tuple[Any, ...]:
    return tuple(content.get(name) for name in ("date", "title", "body"))


def _difference(before: Tree, after: Tree) -> Tree:
    return {key: after.get(key) for key in (*before, *after) if before.get(key) != after.get(key)}
