"""Each type of fact, through all that readers and editors do with a fact: a type that is missing somewhere fails here."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from bot.claims.check import Checker
from bot.db.changes import ChangedEntry
from bot.dossier.entries import Content, Key
from bot.dossier.entry_fields import shown_of
from bot.dossier.loader import load
from bot.dossier.models import Dossier, FactEntry, FactId, Language, TopicId
from bot.dossier.schema import FACT_TYPES, KINDS
from bot.dossier.yaml_writer import written
from bot.languages import SPOKEN
from bot.newsroom.labels import Titles, kind_of, with_facts
from bot.platforms.plain_text import render
from bot.platforms.web.desk.form import FormRules, edits_in, entry_forms, is_typed
from bot.platforms.web.desk.insert import insertable
from bot.platforms.web.desk.titles import NEW_KINDS
from bot.platforms.web.page_context import PageContext
from bot.platforms.web.tables import FACT_COLUMNS, fact_rows
from bot.replies.answer import answer
from bot.replies.formatting import fact_text
from bot.replies.i18n import phrases_in
from bot.replies.question import AboutTopic
from tests.conftest import TODAY

EN, ID = Language("en"), Language("id")

ROOT = Path(__file__).parents[1]

EXAMPLES: dict[str, tuple[dict[str, Any], str, str]] = {
    "money": ({"amount": 73000, "currency": "IDR"}, "Rp73,000", "Rp73.000"),
    "percent": ({"value": 62.5}, "62.5%", "62,5%"),
    "number": ({"value": 1437, "unit": {"en": "berth|berths", "id": "tambatan"}}, "1,437 berths", "1.437 tambatan"),
    "date": ({"value": "2026-03-09"}, "9 March 2026", "9 Maret 2026"),
    "duration": ({"years": 7}, "7 years", "7 tahun"),
    "place": ({"value": {"en": "Batam", "id": "Batam"}}, "Batam", "Batam"),
    "name": ({"value": {"en": "Merak Line", "id": "Lin Merak"}}, "Merak Line", "Lin Merak"),
    "text": ({"value": {"en": "twice a day", "id": "dua kali sehari"}}, "twice a day", "dua kali sehari"),
}
"""Type → its own keys, and what it prints."""

GIVES_VERDICTS = [name for name, model in FACT_TYPES.items() if "says" not in model.not_offered]


def content_of(kind: str) -> dict[str, Any]:
    own, _, _ = EXAMPLES[kind]
    says = {"says": {"en": ["the harbour has {}"], "id": ["pelabuhan punya {}"]}} if kind in GIVES_VERDICTS else {}
    of = {"en": "what the harbour has", "id": "yang dipunyai pelabuhan"}
    return {"type": kind, **own, "of": of, **says, "sources": ["harbour"], "checked": "2026-02-01"}


def dossier_with(folder: Path, kind: str) -> Dossier:
    facts, topic = folder / "facts.yaml", folder / "topics" / "harbour.yaml"
    facts.write_text(facts.read_text("utf-8") + written({"thing": content_of(kind)}), "utf-8")
    texts = {"title": {"en": "Harbour", "id": "Pelabuhan"}, "summary": {"en": "What it has", "id": "Yang dipunyainya"}}
    body = {"en": "The harbour has {thing}.[@harbour]", "id": "Pelabuhan punya {thing}.[@harbour]"}
    topic.write_text(written({**texts, "body": body}), "utf-8")
    loading = load(folder, TODAY)
    assert loading.dossier is not None, loading.diagnostics
    assert [str(each) for each in loading.diagnostics if each.path == "facts.yaml"] == []
    return loading.dossier


def test_each_type_has_an_example() -> None:
    assert EXAMPLES.keys() == FACT_TYPES.keys()


@pytest.mark.parametrize("kind", FACT_TYPES)
class TestType:
    """What readers, programs and editors get of a fact of the type."""

    @pytest.mark.parametrize("language", [EN, ID])
    def test_a_reply_prints_it(self, folder: Path, kind: str, language: Language) -> None:
        dossier = dossier_with(folder, kind)
        reply = answer(dossier, AboutTopic(TopicId("harbour")), language, TODAY)
        assert EXAMPLES[kind][1 + (language == ID)] in render(reply).replace("\u00a0", " ")

    def test_each_of_its_forms_prints_something(self, folder: Path, kind: str) -> None:
        fact = dossier_with(folder, kind).facts[FactId("thing")]
        assert all(fact_text(fact, language, form) for language in (EN, ID) for form in ("", *fact.printed_forms))

    def test_a_table_has_its_value(self, folder: Path, kind: str) -> None:
        """A type without a value of its own is its text."""
        context = PageContext(dossier_with(folder, kind), EN, TODAY, "https://nota.example")
        [row] = fact_rows(context, [FactId("thing")])
        assert tuple(row) == FACT_COLUMNS
        assert row["type"] == kind
        assert row["text"].replace("\u00a0", " ") == EXAMPLES[kind][1]
        number = next((each for each in EXAMPLES[kind][0].values() if isinstance(each, (int, float))), None)
        assert number is None or str(number) in str(row["value"])

    def test_its_numbers_are_those_that_it_prints(self, folder: Path, kind: str) -> None:
        """A value that is typed elsewhere is recognised by them."""
        fact = dossier_with(folder, kind).facts[FactId("thing")]
        digits = EXAMPLES[kind][1].replace(",", "")
        assert [number for number in fact.numbers if f"{number:g}" not in digits] == []
        assert {float(each) for each in re.findall(r"\d+(?:\.\d+)?", digits)} == set(fact.numbers)

    def test_its_typed_value_is_told(self, folder: Path, kind: str) -> None:
        """Where a text has the value and not the fact, a correction would miss it."""
        dossier = dossier_with(folder, kind)
        topic = folder / "topics" / "harbour.yaml"
        topic.write_text(topic.read_text("utf-8").replace("has {thing}", f"has {EXAMPLES[kind][1]}"), "utf-8")
        told = [each.values["fact"] for each in load(folder, TODAY).diagnostics if each.code == "typed"]
        assert ("{thing}" in told) is bool(dossier.facts[FactId("thing")].numbers)

    def test_its_form_has_its_own_keys_and_saves_them_as_they_are(self, kind: str) -> None:
        key, content = Key("facts/thing"), content_of(kind)
        rules = FormRules((EN, ID))
        [form] = entry_forms({key: ChangedEntry(key, content, content, {})}, rules, EN)
        own = {name for name in FACT_TYPES[kind].model_fields if name not in FactEntry.model_fields}
        offered = {each.field[0] for each in form.fields.values()}
        assert {name.rstrip("_") for name in own} - offered <= {"type", "forms"}
        assert {name for name in content if name != "type"} <= offered
        fields = form.fields.values()
        sent = {f"seen|{each.name}": [each.seen] for each in fields} | {each.name: each.sent for each in fields}
        assert not [each for each in edits_in(sent, {key: content}, rules) if is_typed(each)]

    def test_editors_add_one_and_insert_it(self, folder: Path, kind: str) -> None:
        dossier = dossier_with(folder, kind)
        assert f"facts.{kind}" in NEW_KINDS
        contents: dict[Key, Content] = {Key("facts/new"): content_of(kind)}
        titles = Titles(with_facts(dossier, contents), EN, contents)
        [found] = insertable(titles, titles)
        assert (found["text"], found["detail"].replace("\u00a0", " ")) == ("{new}", EXAMPLES[kind][1])

    @pytest.mark.parametrize("language", [each for each in SPOKEN if each != "en"])
    def test_the_desk_names_it_in_every_language(self, kind: str, language: str) -> None:
        say = phrases_in(language).say
        called = kind_of(Key("facts/x"), {"type": kind}, say)
        assert called == f"{say(KINDS['facts'].one)}: {say(FACT_TYPES[kind].called)}"
        assert FACT_TYPES[kind].called not in called

    def test_the_desk_names_each_of_its_keys(self, kind: str) -> None:
        model = FACT_TYPES[kind]
        assert [name for name, info in model.model_fields.items() if not shown_of(model, info.alias or name)] == []

    def test_the_guide_of_editors_has_it(self, kind: str) -> None:
        guide = (ROOT / "docs" / "editors-files.md").read_text("utf-8")
        rows = [row for row in guide.partition("| type | key | prints")[2].splitlines() if row.startswith("| `")]
        assert any(f"`{kind}`" in row.split("|")[1] for row in rows)


class TestRecipe:
    """CONTRIBUTING.md says where a type is said."""

    def test_names_every_module_that_tells_types_apart(self) -> None:
        """In a ``match``: a type that is missing there would be passed over, or mypy asks for it."""
        types = {model.__name__ for model in FACT_TYPES.values()}
        modules = {
            file.relative_to(ROOT).as_posix()
            for file in (ROOT / "bot").rglob("*.py")
            for node in ast.walk(ast.parse(file.read_text("utf-8")))
            if isinstance(node, ast.MatchClass) and isinstance(node.cls, ast.Name) and node.cls.id in types
        }
        assert len(modules) > 3
        assert [module for module in sorted(modules) if f"`{module}`" not in self.recipe()] == []

    def test_names_files_that_exist(self) -> None:
        named = re.findall(r"`?((?:bot|docs|tests)/[\w*/.-]+)", self.recipe())
        assert len(named) > 9
        assert [name for name in named if not any(ROOT.glob(name))] == []

    def test_runs_this_file(self) -> None:
        assert f"pytest {Path(__file__).relative_to(ROOT)}" in self.recipe()

    @staticmethod
    def recipe() -> str:
        return (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## A fact type\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("kind", GIVES_VERDICTS)
def test_a_claim_with_its_value_agrees(folder: Path, kind: str) -> None:
    """Its declared sentence, with the value as Nota prints it."""
    dossier = dossier_with(folder, kind)
    judgement = Checker(dossier).check(f"The harbour has {EXAMPLES[kind][1]}", EN)
    assert judgement.verdict == "agrees"
