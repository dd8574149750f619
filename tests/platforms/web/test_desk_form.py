"""The forms of all kinds of entries say what the files say."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.db.changes import ChangedEntry
from bot.db.delivery_reports import Progress
from bot.dossier.entries import Content, Key, entries_of, fields, place_of, without_empties
from bot.dossier.entry_fields import Control, forms_in, uses
from bot.dossier.entry_files import with_contents
from bot.dossier.loader import _read_files
from bot.dossier.models import BulletinId, Fact, Header, Language
from bot.dossier.schema import KINDS
from bot.dossier.yaml_reader import Value, parse
from bot.newsroom.labels import label
from bot.platforms.web.desk.change import MOST_PROGRESS, shown_progress
from bot.platforms.web.desk.form import EntryForm, FormRules, edits_in, entry_forms, is_typed, with_edits
from tests.conftest import CONTENT, TINY, not_none

_FACT: TypeAdapter[Fact] = TypeAdapter(Fact)

OF_FILES = {"id", "languages", "default_language", "type", "date", "not_before"}
"""What no form has: ``date`` of bulletins alone."""


@cache
def entries(folder: Path) -> Mapping[Key, Content]:
    return entries_of(_read_files(folder)[0])


@cache
def rules(folder: Path) -> FormRules:
    languages = tuple(map(Language, entries(folder)[Key("header")]["languages"]))  # type: ignore[arg-type]
    return FormRules(languages, forms_in(entries(folder).items()))


def form_of(key: Key, content: Content, of: FormRules) -> EntryForm:
    [form] = entry_forms({key: ChangedEntry(key, content, content, {})}, of, of.languages[0])
    return form


def sent(form: EntryForm) -> dict[str, list[str]]:
    """What a browser sends of a form that nobody typed into."""
    fields = form.fields.values()
    return {f"seen|{each.name}": [each.seen] for each in fields} | {
        each.name: each.sent for each in fields if each.sent
    }


def model(key: Key, content: Content) -> Any:
    """What readers get of it."""
    kind = key.partition("/")[0]
    if kind == "facts":
        return _FACT.validate_python(content)
    if kind == "header":
        return Header.model_validate({**content, "id": "x", "languages": ["en"], "default_language": "en"})
    return KINDS[kind].model.model_validate({**content, "date": "2026-01-31"} if kind == "bulletins" else content)


@pytest.mark.parametrize("folder", [CONTENT, TINY], ids=["shipped", "tiny"])
class TestEveryEntry:
    """Of the shipped dossier and of the tiny one."""

    def test_an_untouched_form_changes_nothing(self, folder: Path) -> None:
        """It has every field of its entry, and none of what files alone hold."""
        for key, content in entries(folder).items():
            form = form_of(key, content, rules(folder))
            edits = edits_in(sent(form), {key: content}, rules(folder))
            assert len(edits) == len(form.fields)
            assert not [each for each in edits if is_typed(each)], key
            assert not form.fixed, key
            has = {place[0] for place in fields(content)} - {each.split(".")[0] for each in form.fields}
            assert has <= OF_FILES, key
            assert "date" not in has or key.startswith("bulletins/")

    @pytest.mark.slow
    def test_typed_again_it_is_the_same(self, folder: Path) -> None:
        """Each field of each entry, typed into the form of a new one."""
        for key, content in entries(folder).items():
            new: dict[str, Value] = {"type": content["type"]} if key.startswith("facts/") else {}
            form = sent(form_of(key, content, rules(folder)))
            typed = {name: values if not name.startswith("seen|") else [""] for name, values in form.items()}
            edits = edits_in(typed, {key: new}, rules(folder))
            assert model(key, not_none(with_edits({key: new}, edits)[key])) == model(key, content), key

    def test_every_field_has_a_name(self, folder: Path) -> None:
        """In words, not as in the files."""
        for key, content in entries(folder).items():
            for field in form_of(key, content, rules(folder)).fields.values():
                assert not label(key, field.field, lambda words: words, {}).startswith(field.field[0]), field.name


def typed_into(control: Control) -> st.SearchStrategy[list[str]]:
    """What somebody may type or choose."""
    words = st.text(st.sampled_from("aб 1:#'\"{}[]-|>\n\u00a0é,"), max_size=12)
    match control.kind:
        case "picks":
            names = st.lists(st.sampled_from(["one", "two", "three"]), unique=True)
            return st.one_of(names, st.just(["~"])) if control.none else names
        case "flag":
            return st.sampled_from([[], ["1"]])
        case "number":
            return st.sampled_from(["", "0", "7", "4.50", "95.000", "1e3", "5,5", "soon"]).map(lambda each: [each])
        case "day":
            return st.sampled_from(["", "2026-01-31", "soon"]).map(lambda each: [each])
        case "choice":
            return st.sampled_from(["", *control.choices]).map(lambda each: [each])
        case _:
            return words.map(lambda each: [each])


EVERY_KIND = [
    Key("header"),
    *{each["type"]: key for key, each in entries(CONTENT).items() if key.startswith("facts/")}.values(),
    *(
        next(key for key in entries(CONTENT) if key.startswith(f"{name}/"))
        for name in KINDS
        if name not in ("facts", "header")
    ),
]


@pytest.mark.slow
@given(st.data())
@settings(max_examples=150, deadline=None)
def test_what_is_typed_is_what_the_file_says(data: st.DataObject) -> None:
    """Of each kind of entry: form, entry, YAML and reader give the same; and a form of that changes nothing again."""
    key = data.draw(st.sampled_from(EVERY_KIND))
    content, of = entries(CONTENT)[key], rules(CONTENT)
    form = form_of(key, content, of)
    typed = sent(form)
    for field in data.draw(st.lists(st.sampled_from(list(form.fields.values())), max_size=4)):
        typed[field.name] = data.draw(typed_into(field.control))
    saved = not_none(with_edits({key: content}, edits_in(typed, {key: content}, of))[key])
    assert without_empties(saved) == saved
    path, _ = place_of(key)
    before = (CONTENT / path).read_text("utf-8")
    read = entries_of({path: parse(not_none(with_contents(path, before, {key: saved}).text).encode())})[key]
    assert read == saved
    again = edits_in(sent(form_of(key, read, of)), {key: read}, of)
    assert not [each for each in again if is_typed(each)]


class TestUses:
    """What refers to what, from the models."""

    def test_of_each_way(self) -> None:
        contents: dict[Key, Content | None] = {
            Key("header"): {"summary": {"en": "Until {end}."}},
            Key("sources/a"): {"publisher": "A"},
            Key("facts/start"): {"type": "date", "value": "2026-01-01", "sources": ["a"], "topic": "term"},
            Key("facts/end"): {"type": "date", "from": "start", "plus": "length", "rivals": ["start"]},
            Key("facts/length"): {"type": "duration", "years": 1, "note": {"en": "So they say.[@a]"}},
            Key("topics/term"): {"body": {"en": "{start.words} {it} [@a; @b]"}, "notes": ["end"], "figures": []},
            Key("programs/x"): {
                "related": ["term"],
                "known": {"driver": "length", "budget": None},
                "progress": {"from": "start", "to": "end"},
            },
            Key("claims/c"): {"says": {"en": ["{it} lasts {}"]}, "because": {"en": "{length}"}, "topic": "program:x"},
            Key("questions/x"): {"asks": {"en": ["why"]}},
            Key("bulletins/2026-01-01-b"): {"topics": ["program:x"], "short": {"en": "{end}"}},
            Key("topics/gone"): None,
        }
        found = {key: {(use.key, ".".join(use.field)) for use in each} for key, each in uses(contents, {}).items()}
        assert found == {
            "sources/a": {("facts/start", "sources"), ("facts/length", "note.en"), ("topics/term", "body.en")},
            "facts/start": {
                ("facts/end", "from"),
                ("facts/end", "rivals"),
                ("topics/term", "body.en"),
                ("programs/x", "progress.from"),
            },
            "facts/end": {
                ("header", "summary.en"),
                ("topics/term", "notes"),
                ("programs/x", "progress.to"),
                ("bulletins/2026-01-01-b", "short.en"),
            },
            "facts/length": {
                ("facts/end", "plus"),
                ("programs/x", "known.driver"),
                ("claims/c", "because.en"),
            },
            "topics/term": {("facts/start", "topic"), ("programs/x", "related")},
            "programs/x": {("claims/c", "topic"), ("questions/x", ""), ("bulletins/2026-01-01-b", "topics")},
        }

    def test_of_the_shipped_dossier(self) -> None:
        """It has no source that nothing uses, as ``check`` would warn."""
        found = uses(entries(CONTENT), {})
        assert {key for key in entries(CONTENT) if key.startswith("sources/")} <= set(found)


def test_the_progress_of_many_bulletins_is_one_sum() -> None:
    one = Progress(True, {"delivered": 2, "failed": 1}, [("blocked", 1)])
    few = {BulletinId(f"b{number}"): one for number in range(MOST_PROGRESS)}
    assert shown_progress(few) == few
    many = few | {BulletinId("late"): Progress(False, {"due": 3})}
    assert list(shown_progress(many).values()) == [
        Progress(False, {"delivered": 10, "failed": 5, "due": 3}, [("blocked", 5)])
    ]
