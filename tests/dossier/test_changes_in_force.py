"""Files with what changes have put in force, loaded as one dossier."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.dossier.entries import Content, Key, Stored, changed
from bot.dossier.loader import Loading, load
from bot.dossier.yaml_writer import written
from tests.conftest import TINY, TODAY

FERRY = Key("bulletins/2026-11-20-ferry")
NOTICE = Key("sources/notice")
SOURCE: Content = {"publisher": "Harbour Office", "url": "https://harbour.example/notice", "published": "2026-11-20"}


def bulletin(**also: Any) -> dict[str, Any]:
    texts = {"en": "Ferry fares fall [@notice]", "id": "Tarif feri turun [@notice]"}
    return {"date": "2026-11-20", "title": {"en": "Ferry", "id": "Feri"}, "body": texts, "sources": ["notice"], **also}


def claim(says: str, date: str = "2026-01-31") -> dict[str, Any]:
    because = {"en": "It is so.[@harbour]", "id": "Memang begitu.[@harbour]"}
    return {"says": {"en": [says]}, "verdict": "true", "because": because, "sources": ["harbour"], "date": date}


def topic(**also: Any) -> dict[str, Any]:
    texts = {name: {"en": "Boats sail.", "id": "Kapal berlayar."} for name in ("title", "summary", "body")}
    return {"emoji": "⛵", **texts, "asks": {"en": ["Do boats sail?"]}, **also}


def day(value: str) -> dict[str, Any]:
    return {"type": "date", "value": value, "sources": ["harbour"]}


FACTS: dict[str, dict[str, Any]] = {
    "a": day("2025-01-01"),
    "b": day("2025-06-01"),
    "long": {"type": "duration", "years": 5, "sources": ["harbour"]},
}
LOOP = {"type": "date", "from": "c", "plus": "long"}
LONG = {"type": "duration", "years": 9000}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "content"))


def desk(content: Content | None = None, source: Content | None = SOURCE) -> list[Stored]:
    """A bulletin and its source, both made at the desk."""
    return [changed(None, FERRY, None, content or bulletin()), changed(None, NOTICE, None, source)]


def standings(loading: Loading) -> dict[str, str]:
    return {key: each.standing for key, each in loading.changed.items()}


def test_without_changes_nothing_is_different(folder: Path) -> None:
    dossier = load(folder, TODAY).dossier
    assert dossier is not None
    assert dossier == load(folder, TODAY, []).dossier
    assert dossier.tree == dossier.version


class TestOfTheDesk:
    def test_it_is_in_the_dossier_as_if_files_said_it(self, folder: Path) -> None:
        by_changes = load(folder, TODAY, desk())
        (folder / f"{FERRY}.yaml").write_text(written(bulletin()), "utf-8")
        with (folder / "sources.yaml").open("a", encoding="utf-8") as file:
            file.write(written({"notice": SOURCE}))
        by_files = load(folder, TODAY)
        assert by_changes.dossier is not None
        assert by_changes.dossier == by_files.dossier
        assert by_changes.dossier.version == by_files.dossier.version
        assert by_changes.dossier.tree != by_files.dossier.tree
        assert by_changes.diagnostics == by_files.diagnostics

    def test_files_that_say_the_same_settle_it(self, folder: Path) -> None:
        (folder / f"{FERRY}.yaml").write_text(written(bulletin()), "utf-8")
        (folder / "sources.yaml").write_text(
            (folder / "sources.yaml").read_text("utf-8") + written({"notice": SOURCE}), "utf-8"
        )
        assert standings(load(folder, TODAY, desk())) == {FERRY: "same", NOTICE: "same"}

    def test_a_mistake_in_the_files_changes_nothing_and_sets_nothing_aside(self, folder: Path) -> None:
        (folder / "facts.yaml").write_text("price: {type: money}\n", "utf-8")
        loading = load(folder, TODAY, desk())
        assert loading.dossier is None
        assert loading.changed == {}

    def test_a_language_that_was_added_since(self, folder: Path) -> None:
        only_english = bulletin(title={"en": "Ferry"}, body={"en": "Fares fall [@notice]"})
        loading = load(folder, TODAY, desk(only_english))
        assert loading.dossier is not None
        ferry = loading.dossier.bulletins["2026-11-20-ferry"]  # type: ignore[index]
        assert ferry.title == {"en": "Ferry", "id": "Ferry"}
        assert [str(each) for each in loading.diagnostics if each.path == f"{FERRY}.yaml"] == [
            f"{FERRY}.yaml:1: warning: body has no 'id', expected a text: until then its readers get another language's",
            f"{FERRY}.yaml:1: warning: title has no 'id', expected a text: until then its readers get another language's",
        ]

    def test_a_topic_that_is_gone(self, folder: Path) -> None:
        loading = load(folder, TODAY, desk(bulletin(topics=["nowhere"])))
        assert loading.dossier is not None
        assert loading.dossier.bulletins["2026-11-20-ferry"].topics == []  # type: ignore[index]

    def test_the_clock_sets_nothing_aside(self, folder: Path) -> None:
        loading = load(folder, date(2026, 11, 19), desk())
        assert standings(loading)[FERRY] == "applies"
        assert loading.dossier is not None
        assert "2026-11-20-ferry" in loading.dossier.bulletins
        assert any("is in the future" in str(each) and each.is_warning for each in loading.diagnostics)


class TestDeploys:
    """What a deploy does to an entry that a change has in force."""

    def test_a_source_that_is_gone_sets_its_bulletin_aside_and_nothing_else(self, folder: Path) -> None:
        loading = load(folder, TODAY, [*desk(source=None), changed(None, Key("sources/other"), None, SOURCE)])
        assert standings(loading) == {FERRY: "set aside", NOTICE: "same", "sources/other": "applies"}
        assert loading.dossier is not None
        assert "2026-11-20-ferry" not in loading.dossier.bulletins

    def test_a_change_that_removes_what_files_refer_to_now_is_set_aside(self, folder: Path) -> None:
        (folder / f"{FERRY}.yaml").write_text(written(bulletin()), "utf-8")
        (folder / "sources.yaml").write_text(
            (folder / "sources.yaml").read_text("utf-8") + written({"notice": SOURCE}), "utf-8"
        )
        loading = load(folder, TODAY, [changed(None, NOTICE, SOURCE, None)])
        assert standings(loading) == {NOTICE: "set aside"}
        assert loading.dossier is not None
        assert "notice" in loading.dossier.sources

    @pytest.mark.parametrize(
        ("path", "content", "key", "own"),
        [
            ("claims/a.yaml", claim("X is so"), "claims/b", claim("x  is so", date="2026-11-20")),
            ("claims/b.yaml", claim("X is so", date="2026-11-20"), "claims/a", claim("x  is so")),
            ("topics/boat.yaml", topic(aliases=["price"]), "topics/plane", topic(aliases=["price"])),
            ("topics/plane.yaml", topic(aliases=["price"]), "topics/boat", topic(aliases=["price"])),
            ("topics/boat.yaml", topic(), "topics/plane", topic(aliases=["Boat"])),
            ("topics/boat.yaml", topic(progress={"from": "a", "to": "b"}), "facts/b", day("2024-01-01")),
            ("topics/boat.yaml", topic(progress={"from": "a", "to": "b"}), "facts/a", day("2026-01-01")),
            ("facts.yaml", {"c": {"type": "date", "from": "b", "plus": "long"}}, "facts/b", LOOP),
            ("facts.yaml", {"c": {"type": "date", "from": "b", "plus": "long"}}, "facts/long", LONG),
        ],
    )
    def test_of_two_that_do_not_go_together_the_changed_one_is_set_aside_and_nothing_else(
        self, folder: Path, path: str, content: Content, key: str, own: Content
    ) -> None:
        """Whichever of the two the diagnostic is about, and however many changes were made since."""
        of_facts = content if path == "facts.yaml" else {}
        with (folder / "facts.yaml").open("a", encoding="utf-8") as file:
            file.write(written({**FACTS, **of_facts}))
        if not of_facts:
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(written(content), "utf-8")
        former = {f"facts/{name}": fact for name, fact in FACTS.items()}.get(key)
        other = changed(None, Key("sources/other"), None, SOURCE)
        loading = load(folder, TODAY, [other, changed(None, Key(key), former, own), *desk()])
        assert loading.dossier is not None
        assert standings(loading) == {key: "set aside", FERRY: "applies", NOTICE: "applies", "sources/other": "applies"}

    def test_of_two_files_of_questions(self, folder: Path) -> None:
        for name in ("programs", "questions"):
            (folder / name).mkdir()
        (folder / "programs" / "talent.yaml").write_text(written(topic()), "utf-8")
        (folder / "questions" / "talent.yaml").write_text(written({"asks": {"en": ["Who learns?"]}}), "utf-8")
        key = Key("questions/program-talent")
        own = changed(None, key, None, {"asks": {"en": ["Who teaches?"]}})
        loading = load(folder, TODAY, [own, *desk()])
        assert standings(loading) == {key: "set aside", FERRY: "applies", NOTICE: "applies"}

    def test_where_no_changed_entry_is_named_the_deploy_is_refused_whole(self, folder: Path) -> None:
        """As one with broken files: nothing is set aside on a guess."""
        late = {"type": "date", "from": "b", "plus": "long"}
        with (folder / "facts.yaml").open("a", encoding="utf-8") as file:
            file.write(written(FACTS | {"long": {"type": "duration", "years": 2000}, "c": late}))
        loading = load(folder, TODAY, [changed(None, Key("facts/b"), FACTS["b"], day("9000-01-01")), *desk()])
        assert loading.dossier is None
        assert [each.message for each in loading.diagnostics if each.blocks] == ["a day after the year 9999"]
        assert set(standings(loading).values()) == {"applies"}

    def test_a_withdrawal_is_never_set_aside(self, folder: Path) -> None:
        mark = {"date": "2026-11-21", "because": {"en": "Wrong."}}
        gone = bulletin(withdrawn=mark, body={"en": "{nowhere} [@nobody]"}, topics=["nowhere"])
        loading = load(folder, TODAY, [changed(None, FERRY, None, gone)])
        assert loading.dossier is not None
        withdrawn = loading.dossier.withdrawn["2026-11-20-ferry"].withdrawn  # type: ignore[index]
        assert withdrawn is not None
        assert withdrawn.because == {"en": "Wrong."}
