"""Random sequences of changes, deploys, rollbacks and exports: what is in force is what files made by the export say.

Everything but the database takes part: entries, the loader, the desk's check, the export, the replies.
"""

import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.cli.content import _exported, _write
from bot.dossier.entries import (
    Content,
    Edition,
    Field,
    Key,
    alterations,
    content_of,
    decided,
    entries_of,
    fields,
    place_of,
)
from bot.dossier.entry_files import with_contents
from bot.dossier.loader import Loading, contents_of, load, load_contents
from bot.dossier.models import Dossier
from bot.newsroom.change_content import problems
from bot.newsroom.deploy import Deploy
from bot.platforms.plain_text import render
from bot.replies.answer import answer
from bot.replies.question import AboutBulletin, AboutTopic, Command
from tests.conftest import TINY, TODAY

SEQUENCES, STEPS, PARTS = 300, 7, 6


def replies(dossier: Dossier) -> dict[tuple[str, str], str]:
    """What each question is answered with, in each language, and what is withdrawn."""
    questions = {
        **{f"topic {name}": AboutTopic(name) for name in dossier.topics},
        **{f"bulletin {name}": AboutBulletin(name) for name in dossier.bulletins},
        **{f"/{name}": Command(name) for name in ("start", "help", "news", "sources")},
    }
    found = {
        (name, language): render(answer(dossier, question, language, TODAY))
        for name, question in questions.items()
        for language in dossier.languages
    }
    return found | {(name, "withdrawn"): repr(bulletin.withdrawn) for name, bulletin in dossier.withdrawn.items()}


class Desk:
    """The changes in force of a dossier in a folder, whose former trees may come back."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder, self.chance, self.edition = folder, chance, Edition()
        self.trees: list[dict[str, str]] = []
        self.word, self.differs = 0, 0
        self.imports()

    def texts(self) -> dict[str, str]:
        return {
            file.relative_to(self.folder).as_posix(): file.read_text("utf-8") for file in self.folder.rglob("*.yaml")
        }

    @property
    def files(self) -> Loading:
        found = load(self.folder, TODAY)
        assert found.dossier is not None, found.diagnostics
        return found

    @property
    def whole(self) -> Loading:
        return load_contents(self.edition.contents, TODAY)

    def new_words(self) -> str:
        self.word += 1
        return f"Words {self.word}"

    def edited(self, content: Content | None) -> Content | None:
        """The entry with another value in one or two of its fields, without one, or without any."""
        if content is None or self.chance.random() < 0.08:
            return None
        values: dict[Field, Any] = fields(content)
        for _ in range(self.chance.randint(1, 2)):
            place = self.chance.choice(sorted(values, key=str))
            if place[-1] in ("en", "id") and isinstance(values[place], str):
                values[place] = self.new_words()
            elif place in (("amount",), ("order",)):
                values[place] = self.chance.randint(1, 9) * 100
            elif place == ("sources",):
                values[place] = ["harbour"]
            elif self.chance.random() < 0.3 and len(values) > 1:
                del values[place]
        return content_of(values) or None

    def new_entry(self) -> tuple[Key, Content]:
        def texts() -> dict[str, str]:
            return {"en": self.new_words(), "id": self.new_words()}

        self.word += 1
        if self.chance.random() < 0.5:
            bulletin = {"date": "2026-02-01", "title": texts(), "body": texts(), "sources": ["harbour"]}
            return Key(f"bulletins/2026-02-01-new-{self.word}"), bulletin
        asks = {"en": [f"when {self.word}"], "id": [f"kapan {self.word}"]}
        topic = {"emoji": "🕐", "title": texts(), "summary": texts(), "body": texts(), "asks": asks}
        return Key(f"topics/hours-{self.word}"), topic

    def changes(self, contents: dict[Key, Content]) -> tuple[Key, Content | None]:
        if self.chance.random() < 0.25:
            return self.new_entry()
        key = self.chance.choice(sorted(contents))
        bulletin = key.startswith("bulletins/") and "withdrawn" not in contents[key]
        if bulletin and self.chance.random() < 0.3:
            mark: Any = {"date": TODAY.isoformat(), "because": {"en": self.new_words(), "id": self.new_words()}}
            return key, {**contents[key], "withdrawn": mark}
        return key, self.edited(contents[key])

    def against(self, contents: dict[Key, Content]) -> tuple[Key, Content | None]:
        """An entry of the files with other words in a field that a change has changed, so that both have."""
        met = [
            (key, place)
            for key, entry in self.edition.entries.items()
            for place, (_, own) in alterations(entry.file, entry.in_force).items()
            if key in contents and isinstance(own, str) and place[-1] in ("en", "id")
        ]
        if not met:
            return self.changes(contents)
        key, place = self.chance.choice(met)
        return key, content_of({**fields(contents[key]), place: self.new_words()})

    def change(self) -> None:
        """An editor's change comes into force, if the desk would let it pass."""
        whole = self.whole
        key, content = self.changes(entries_of(whole.documents))
        found, _ = problems(whole, {key: content}, TODAY)
        if any(each.blocks for each in found):
            return
        self.edition = replace(self.edition, entries=decided(self.edition.entries, {key: content}, 1.0))

    def deploy(self) -> None:
        """Files with another entry, or a former tree, if they are valid."""
        before = self.texts()
        if self.chance.random() < 0.3:
            self.write(self.chance.choice(self.trees))
        else:
            contents = entries_of(self.files.documents)
            key, content = self.against(contents) if self.chance.random() < 0.5 else self.changes(contents)
            path, _ = place_of(key)
            edited = with_contents(path, before.get(path, ""), {key: content})
            _write(self.folder, {path: edited.text})
        if load(self.folder, TODAY).dossier is None:
            self.write(before)
        self.imports()

    def write(self, texts: dict[str, str]) -> None:
        _write(self.folder, {path: texts.get(path) for path in self.texts().keys() | texts.keys()})

    def imports(self) -> None:
        """As the newsroom does after each deploy."""
        texts = self.texts()
        tree = "former" if texts in self.trees else "new"
        plan = Deploy(self.edition.entries, contents_of(self.files), tree, (), TODAY, 1.0).plan()
        self.edition = replace(self.edition, entries=plan.entries)
        self.differs += bool(plan.draft)
        self.trees.append(texts)

    def export(self) -> None:
        """The files get what is in force: nothing that readers see changes by that, whatever is left out."""
        before = self.whole
        assert before.dossier is not None
        is_of_files = contents_of(self.files) == self.edition.files
        found = _exported(self.folder, self.files, self.edition)
        _write(self.folder, found.texts)
        assert not [each for each in self.files.diagnostics if each.blocks]
        assert not _exported(self.folder, self.files, self.edition).texts, "a second export changes no byte"
        after, files = self.whole.dossier, self.files.dossier
        assert after is not None
        assert files is not None
        assert replies(after) == replies(before.dossier)
        if is_of_files and not found.left_out:  # a folder with a former value keeps it: no decision is missing there
            assert replies(files) == replies(before.dossier)
        self.imports()
        assert replies(self.whole.dossier) == replies(after)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_in_force_is_what_the_exported_files_say(part: int, tmp_path: Path) -> None:
    done = {"change": 0, "deploy": 0, "export": 0}
    differs = 0
    for number in range(part, SEQUENCES, PARTS):
        folder = tmp_path / str(number)
        shutil.copytree(TINY, folder)
        desk = Desk(folder, random.Random(number))
        try:
            for _ in range(STEPS):
                step = desk.chance.choices(["change", "deploy", "export"], [5, 3, 2])[0]
                getattr(desk, step)()
                done[step] += 1
            desk.export()
            differs += desk.differs
        except AssertionError as error:
            error.add_note(f"in sequence {number}")
            raise
        shutil.rmtree(folder)
    assert min(*done.values(), differs) > 5, (done, differs)
