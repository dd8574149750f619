"""Everything that a dossier's files say, entry by entry: the dossier of it is that of the files, and it loads whatever became of it."""

import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.content_check import _lists, _questions
from bot.dossier.entries import HEADER, LOGO, Content, Key, with_entries
from bot.dossier.loader import Loading, checked, contents_of, load, load_contents
from bot.dossier.models import Dossier
from bot.dossier.yaml_writer import written
from bot.replies.answer import answer
from tests.conftest import CONTENT, HERE, TINY, not_none
from tests.dossier.test_logo import CIRCLE

DOSSIERS = [CONTENT, HERE.parent / "examples" / "high-seas", *sorted((HERE / "dossiers").iterdir())]

FERRY = Key("bulletins/2026-11-20-ferry")
NOTICE = Key("sources/notice")
SOURCE: Content = {"publisher": "Harbour Office", "url": "https://harbour.example/notice", "published": "2026-11-20"}


def bulletin(**also: Any) -> dict[str, Any]:
    texts = {"en": "Ferry fares fall [@notice]", "id": "Tarif feri turun [@notice]"}
    return {"date": "2026-11-20", "title": {"en": "Ferry", "id": "Feri"}, "body": texts, "sources": ["notice"], **also}


def topic(**also: Any) -> dict[str, Any]:
    texts = {name: {"en": "Boats sail.", "id": "Kapal berlayar."} for name in ("title", "summary", "body")}
    return {"emoji": "⛵", **texts, "asks": {"en": ["Do boats sail?"]}, **also}


LATER = date(2027, 1, 1)
"""After every day that a dossier of the tests names."""

_ORDERED = ("sources", "facts", "topics", "bulletins", "withdrawn", "claims", "feeds", "questions")


def in_table(contents: Mapping[Key, Content]) -> dict[Key, Content]:
    """The contents as they come back from a table of JSON, in the order of their positions."""
    rows = [(number, key, json.dumps(each, allow_nan=False)) for number, (key, each) in enumerate(contents.items())]
    return {Key(key): json.loads(text.encode("utf-8")) for _, key, text in sorted(rows)}


def assert_same(dossier: Dossier | None, other: Dossier | None) -> None:
    """With everything in the same order."""
    assert dossier is not None
    assert dossier == other
    for name in _ORDERED:
        assert list(getattr(dossier, name)) == list(getattr(other, name)), name


def assert_shown(loading: Loading) -> None:
    """Nothing of it blocks, and there is an answer to everything that it has."""
    dossier = not_none(loading.dossier)
    assert not any(each.blocks for each in loading.diagnostics)
    language = dossier.header.default_language
    for _, question in (*_questions(dossier), *_lists(dossier)):
        answer(dossier, question, language, LATER)
    for claim in dossier.claims.values():
        assert claim.because


class TestOfADossier:
    @pytest.mark.parametrize("folder", DOSSIERS, ids=lambda folder: folder.name)
    def test_it_is_the_same(self, folder: Path) -> None:
        files = load(folder, LATER)
        loading = load_contents(in_table(contents_of(files)), LATER)
        assert_same(loading.dossier, files.dossier)
        assert contents_of(loading) == contents_of(files)

    def test_feeds_are_among_it(self) -> None:
        contents = contents_of(load(CONTENT, LATER))
        assert sum(key.startswith("feeds/") for key in contents) == len(load(CONTENT, LATER).dossier.feeds) > 10  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        ("logo", "shown"),
        [
            (CIRCLE, True),
            (CIRCLE.replace(b"/></svg>", b"><script/></circle></svg>"), True),
            (b"<html/>", False),
            (CIRCLE.replace(b"</svg>", b"<text>%s</text></svg>" % (b"&#39;" * 9000)), True),
            (CIRCLE.replace(b"</svg>", b"<text>%s</text></svg>" % (b">" * 40_000)), False),
        ],
        ids=["drawing", "with what is left out", "none", "shorter as it is served", "longer as it is served"],
    )
    def test_the_logo(self, tmp_path: Path, logo: bytes, shown: bool) -> None:
        folder = Path(shutil.copytree(TINY, tmp_path / "content"))
        (folder / "logo.svg").write_bytes(logo)
        with (folder / "dossier.yaml").open("a", encoding="utf-8") as file:
            file.write("logo: logo.svg\n")
        files = load(folder, LATER)
        assert (LOGO in contents_of(files)) == shown == bool(files.dossier and files.dossier.logo)
        assert_same(load_contents(in_table(contents_of(files)), LATER).dossier, files.dossier)

    def test_a_withdrawn_bulletin_lacks_a_language(self, tmp_path: Path) -> None:
        """As after one was added: of it readers get the title and the reason alone."""
        folder = Path(shutil.copytree(TINY, tmp_path / "content"))
        (folder / "bulletins" / "2026-01-06-pier.yaml").write_text(
            "date: 2026-01-06\ntitle: {en: Pier, id: Dermaga}\nbody: {en: It opens.}\n"
            "withdrawn: {date: 2026-01-07, because: {en: It does not.}}\n"
        )
        files = load(folder, LATER)
        assert_same(load_contents(in_table(contents_of(files)), LATER).dossier, files.dossier)

    def test_what_is_empty_says_nothing(self, tmp_path: Path) -> None:
        """Contents are in their normal form, without what is empty and without space around a text."""
        folder = Path(shutil.copytree(TINY, tmp_path / "content"))
        file = folder / "bulletins" / "2026-01-05-first-crossing.yaml"
        file.write_text(
            file.read_text("utf-8") + "corrections: {}\nshort: {en: ' Crossing ', id: \"Perdana\\n\"}\n", "utf-8"
        )
        files = load(folder, LATER)
        assert_same(load_contents(in_table(contents_of(files)), LATER).dossier, files.dossier)


@cache
def _contents_of(folder: Path) -> Mapping[Key, Content]:
    return contents_of(load(folder, LATER))


@st.composite
def edited(draw: st.DrawFn, folders: Sequence[Path]) -> dict[Key, Content]:
    """The contents of one of these dossiers with entries removed, added, changed and in another order."""
    contents = dict(_contents_of(draw(st.sampled_from(folders))))
    header = contents.pop(HEADER)
    some = st.lists(st.sampled_from(list(contents)), max_size=4, unique=True)
    for key in draw(some):
        del contents[key]
    for key in draw(some):
        if key in contents:
            contents[Key(f"{key}-again")] = contents[key]
    for key in draw(some):
        if names := list(contents.get(key, ())):
            contents[key] = {name: each for name, each in contents[key].items() if name != draw(st.sampled_from(names))}
    order = list(contents)
    if draw(st.booleans()):
        draw(st.randoms()).shuffle(order)
    return {HEADER: header, **{key: contents[key] for key in order}}


def assert_it_loads(contents: Mapping[Key, Content]) -> None:
    """As the files do, where they do."""
    files = checked(with_entries({}, contents), LATER)
    loading = load_contents(in_table(contents), LATER)
    if files.dossier is not None:
        assert_same(loading.dossier, files.dossier)
        assert in_table(contents_of(files)) == contents
    assert_shown(loading)


class TestOfAnEditedDossier:
    """What files could not say either is left out, and nothing that is shown names it."""

    @given(edited([TINY]))
    def test_a_small_one(self, contents: dict[Key, Content]) -> None:
        assert_it_loads(contents)

    @pytest.mark.slow
    @given(edited(DOSSIERS[1:]))
    def test_every_one(self, contents: dict[Key, Content]) -> None:
        assert_it_loads(contents)


@pytest.fixture
def contents() -> dict[Key, Content]:
    return {**contents_of(load(TINY, LATER))}


class TestOfAnotherRelease:
    """What was in force stays so, whatever this release thinks of it."""

    @pytest.mark.parametrize(
        "content",
        [
            topic(command="fare"),
            topic(title={"en": "Boats sail at 5 %", "fr": "Les bateaux"}),
            topic(body={"en": "# A heading", "id": "# Judul"}),
        ],
        ids=["a command that another has", "languages", "style"],
    )
    def test_what_it_forbids_is_a_warning(self, contents: dict[Key, Content], content: Content) -> None:
        contents[Key("topics/sailing")] = content
        loading = load_contents(contents, LATER)
        assert loading.dossier is not None
        assert "sailing" in loading.dossier.topics
        assert any(each.is_warning and "sailing" in each.path for each in loading.diagnostics)
        assert not any(each.blocks for each in loading.diagnostics)

    def test_without_any_source(self) -> None:
        """So many name one that it is said once, and as a warning, too."""
        every = _contents_of(CONTENT)
        loading = load_contents({key: each for key, each in every.items() if not key.startswith("sources/")}, LATER)
        assert [each.severity for each in loading.diagnostics if each.path == "sources.yaml"] == ["warning"]
        assert not any(each.blocks for each in loading.diagnostics)

    def test_a_key_that_it_does_not_know(self, contents: dict[Key, Content]) -> None:
        first = Key("bulletins/2026-01-05-first-crossing")
        contents[first] = {**contents[first], "new_in_a_later_release": {"a": 1}}
        loading = load_contents(contents, LATER)
        assert_shown(loading)
        assert_same(loading.dossier, load(TINY, LATER).dossier)

    def test_an_entry_that_it_cannot_read(self, contents: dict[Key, Content]) -> None:
        """It is left out with the texts that print it. The rest stands, and a link to nothing is none."""
        contents[Key("facts/depth")] = {"type": "fathoms", "value": 3, "sources": ["harbour"]}
        text = {"en": "It is {depth} deep.", "id": "Kedalamannya {depth}."}
        contents[Key("topics/depth")] = {**topic(), "body": text}
        contents[Key("topics/sailing")] = {**topic(), "related": ["depth", "fare"]}
        contents[HEADER] = {**contents[HEADER], "figures": ["depth"], "subject": ["depth"]}
        loading = load_contents(contents, LATER)
        assert_shown(loading)
        assert loading.dossier is not None
        assert set(loading.dossier.topics) == {"sailing", *load(TINY, LATER).dossier.topics}  # type: ignore[union-attr]
        assert any("depth" in str(each.place) and each.is_warning for each in loading.diagnostics)

    def test_a_kind_that_it_does_not_know(self, contents: dict[Key, Content]) -> None:
        contents[Key("maps/harbour")] = {"title": "Harbour"}
        assert_same(load_contents(contents, LATER).dossier, load(TINY, LATER).dossier)

    def test_without_a_header_there_is_none(self, contents: dict[Key, Content]) -> None:
        del contents[HEADER]
        loading = load_contents(contents, LATER)
        assert loading.dossier is None
        assert any(each.blocks for each in loading.diagnostics)

    def test_a_clock_that_was_set_back(self, contents: dict[Key, Content]) -> None:
        loading = load_contents(contents, LATER.replace(year=2020))
        assert_shown(loading)
        assert_same(loading.dossier, load(TINY, LATER).dossier)


class TestOfTheDesk:
    """A bulletin and its source that no file has."""

    def test_it_is_in_the_dossier_as_if_files_said_it(self, tmp_path: Path, contents: dict[Key, Content]) -> None:
        folder = Path(shutil.copytree(TINY, tmp_path / "content"))
        (folder / f"{FERRY}.yaml").write_text(written(bulletin()), "utf-8")
        with (folder / "sources.yaml").open("a", encoding="utf-8") as file:
            file.write(written({"notice": SOURCE}))
        by_files, by_desk = load(folder, LATER), load_contents({**contents, FERRY: bulletin(), NOTICE: SOURCE}, LATER)
        assert by_desk.dossier == by_files.dossier
        assert by_desk.dossier is not None
        assert by_files.dossier is not None
        assert by_desk.dossier.version == by_files.dossier.version

    def test_a_language_that_was_added_since(self, contents: dict[Key, Content]) -> None:
        only_english = bulletin(title={"en": "Ferry"}, body={"en": "Fares fall [@notice]"})
        loading = load_contents({**contents, FERRY: only_english, NOTICE: SOURCE}, LATER)
        assert loading.dossier is not None
        ferry = loading.dossier.bulletins["2026-11-20-ferry"]  # type: ignore[index]
        assert ferry.title == {"en": "Ferry", "id": "Ferry"}
        assert [str(each) for each in loading.diagnostics if each.path == f"{FERRY}.yaml"] == [
            f"{FERRY}.yaml:1: warning: body has no 'id', expected a text: until then its readers get another language's",
            f"{FERRY}.yaml:1: warning: title has no 'id', expected a text: until then its readers get another language's",
        ]

    def test_a_topic_that_is_gone(self, contents: dict[Key, Content]) -> None:
        loading = load_contents({**contents, FERRY: bulletin(topics=["fare", "gone"]), NOTICE: SOURCE}, LATER)
        assert loading.dossier is not None
        assert loading.dossier.bulletins["2026-11-20-ferry"].topics == ["fare"]  # type: ignore[index]

    def test_a_withdrawn_one_lacks_a_language(self, contents: dict[Key, Content]) -> None:
        mark = {"date": "2026-11-21", "because": {"en": "Wrong."}}
        loading = load_contents({**contents, FERRY: bulletin(withdrawn=mark), NOTICE: SOURCE}, LATER)
        assert loading.dossier is not None
        assert "2026-11-20-ferry" in loading.dossier.withdrawn
        assert_shown(loading)
