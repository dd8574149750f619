"""What ``nota check`` warns of although everything is valid: one fault in a copy of the tiny dossier, one warning."""

from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from bot.dossier.loader import load
from tests.conftest import Edit
from tests.tables import cases

TODAY = date(2026, 11, 24)
FARE, HARBOUR = "topics/fare.yaml", "sources.yaml"


def warnings(folder: Path) -> list[str]:
    return [f"{each.path}:{each.line}: {each.message}" for each in load(folder, TODAY).diagnostics if each.is_warning]


def errors(folder: Path) -> list[str]:
    return [f"{each.message}, {each.fix}" for each in load(folder, TODAY).diagnostics if not each.is_warning]


def test_the_copy_has_none(folder: Path) -> None:
    assert warnings(folder) == []


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ("en: The fare", "en: “The fare”", ":4: the text is in “”, which are not quotes in YAML, so readers see them"),
        ("en: The fare", "en: ‘The fare’", ":4: the text is in ‘’, which are not quotes in YAML, so readers see them"),
        ("en: A single", "en: A sin\u00adgle", ":10: a soft hyphen (U+00AD), which is invisible"),
        ("[how much", "[how\u200b much", ":13: a zero-width space (U+200B), which is invisible"),
        ("en: A single", "en: See www.harbour.example/fares. A single", ":10: 'www.harbour.example/fares.' is an address without https://"),
        ("id: Harga tiket", "id: Сколько стоит билет", ":8: a text for id in another script"),
        ("  id: [berapa harga tiket, tarif feri, ongkos]\n", "", ":12: no examples in 'id', so questions in that language are not recognised"),
        ("en: [how much", f"en: [{'well ' * 199}fare, how much", ":13: an example of 200 words"),
    ],
)  # fmt: skip
def test_a_text_that_looks_right_and_is_not(folder: Path, edit: Edit, old: str, new: str, warning: str) -> None:
    edit(FARE, old, new)
    assert [each for each in warnings(folder) if each.startswith(FARE)] == [FARE + warning]


@cases("old, new")
def test_what_is_right_is_left_alone(folder: Path, edit: Edit, old: str, new: str) -> None:
    r"""A quotation inside a text, a link, a name in another script, Russian in Latin letters, an emoji of several.

    en: A single | en: See [fares](https://www.harbour.example). “Dear”, say some. A single
    id: Harga tiket | id: Tarif «Метро»
    [how much | [skol'ko stoit bilet, сколько стоит, how much
    emoji: "🎫" | "emoji: \"👨\u200d👩\u200d👧\""
    """
    edit(FARE, old, new)
    assert warnings(folder) == []


def test_a_source_that_nothing_uses(folder: Path) -> None:
    source = (
        "ferryman:\n  publisher: Ferryman\n  title: Diary\n  url: https://ferryman.example/\n  published: 2026-01-05\n"
    )
    file = folder / HARBOUR
    file.write_text(f"{file.read_text()}{source}")
    assert warnings(folder) == ["sources.yaml:6: source 'ferryman' is not used"]


def test_the_same_bulletin_twice(folder: Path) -> None:
    first = folder / "bulletins" / "2026-01-05-first-crossing.yaml"
    (folder / "bulletins" / "2026-01-06-again.yaml").write_text(first.read_text().replace("2026-01-05", "2026-01-06"))
    assert warnings(folder) == [
        f"bulletins/{one}.yaml:2: the same title and body as bulletins/{other}.yaml"
        for one, other in permutations(("2026-01-05-first-crossing", "2026-01-06-again"))
    ]


@cases("title, error")
def test_a_comma_or_colon_inside_braces_has_its_remedy(folder: Path, edit: Edit, title: str, error: str) -> None:
    """
    {en: The fare, a price, id: Tarif} | title.a price is not a language, expected a text with a comma in quotes inside { }
    {en: Fare, price, id: Tarif} | title.price is not a language, expected a text with a comma in quotes inside { }
    {en: The fare: a price, id: Tarif} | not YAML: a second colon inside { }, expected quotes around a text that contains ": "
    """
    edit(FARE, "title:\n  en: The fare\n  id: Tarif\n", f"title: {title}\n")
    assert errors(folder) == [error]
