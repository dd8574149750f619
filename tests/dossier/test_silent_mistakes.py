"""Mistakes that a press office makes in its files, each with what ``nota check`` prints of it: none is silent.

An editor-in-chief made them in a dossier of this kind, "La línea 4 del tranvía", in Spanish and English. :data:`MISTAKES` is the list.
"""

from pathlib import Path
from shutil import copytree

import pytest

from tests.dossier.conftest import all_diagnostics_of
from tests.dossier.test_diagnostics import apply

TRAM = Path(__file__).parent / "tram"
COST, ROUTE, SIGNED = "topics/cost.yaml: ", "topics/route.yaml: ", "bulletins/2026-01-05-signed.yaml: "
FACTS, SOURCES, HEADER = "facts.yaml: ", "sources.yaml: ", "dossier.yaml: "
RUNS = "La línea une el puerto con el hospital y pasa por el mercado."
TITLE = "El contrato está firmado"

MISTAKES: list[tuple[str, str, str]] = [
    # the mistake; its edit, as in diagnostics.txt; a line that `nota check` prints then
    ("a key with a slip", FACTS + "  currency: EUR =>   curency: EUR", "facts.yaml:4: unknown key 'curency', did you mean 'currency'?"),
    ("31 February", FACTS + "value: 2026-01-05 => value: 2026-02-31", "facts.yaml:25: signed_on.value: '2026-02-31' is not a day of the calendar, expected a day, as in 2026-01-31"),
    ("another day than the file's name", SIGNED + "date: 2026-01-05 => date: 2026-01-06", "bulletins/2026-01-05-signed.yaml:1: date 2026-01-06 in a file named 2026-01-05-signed, expected the same day"),
    ("a day as people write it", FACTS + "value: 2026-01-05 => value: 14/05/2026", "facts.yaml:25: signed_on.value: '14/05/2026' is not valid, expected a day, as in 2026-01-31"),
    ("checked in the future", FACTS + "checked: 2026-02-01 => checked: 2062-02-01", "facts.yaml:6: 2062-02-01 is in the future, expected a day up to 2026-11-28"),
    ("a translation is missing", COST + "  en: The cost⏎ => ", "topics/cost.yaml:3: title has no 'en', expected a text for en"),
    ("a fact twice", FACTS + "grant: => stops:", "facts.yaml:15: the key 'stops' is given twice, expected each key once"),
    ("a command twice", ROUTE + "command: recorrido => command: coste", "topics/route.yaml:2: command 'coste' is taken by topics/cost.yaml, expected another word"),
    ("an unknown source", ROUTE + "mercado.[@contrato] => mercado.[@contrata]", "topics/route.yaml:13: unknown source 'contrata', did you mean 'contrato'? (write [@source-id], [@a; @b] or [@a, p. 3])"),
    ("an unknown fact", COST + "**{cost}** => **{costs}**", "topics/cost.yaml:11: unknown fact 'costs', did you mean 'cost'?"),
    ("a tab", FACTS + "  currency: EUR => \tcurrency: EUR", "facts.yaml:4: not YAML: a tab at the start of the line, expected ordinary spaces"),
    ("a writing program's quotes around a text", COST + "es: El coste => es: “El coste”", "topics/cost.yaml:4: warning: the text is in “”, which are not quotes in YAML, so readers see them, expected \" around it, or no quotes"),
    ("HTML", COST + "**{cost}** => <b>{cost}</b>", "topics/cost.yaml:11: HTML is not part of the small Markdown, expected paragraphs, **bold**, *italic*, lists and links only"),
    ("a title that is too long", SIGNED + f"es: {TITLE} => es: {TITLE}" + f" {TITLE}" * 12, "bulletins/2026-01-05-signed.yaml:3: the reply in 'es': 327 characters of title on Discord, expected at most 256"),
    ("a text that is too long", ROUTE + f"{RUNS} => {RUNS}" + f" {RUNS}" * 79, "topics/route.yaml:11: the reply in 'es': 5065 characters on Telegram, expected at most 4096"),
    ("a colon in a title", SIGNED + f"es: {TITLE} => es: Firmado: el contrato", "bulletins/2026-01-05-signed.yaml:3: not YAML: a second colon, expected quotes around a text that contains \": \", and one key a line"),
    ("a decimal comma", FACTS + "value: 40 => value: 35,5", "facts.yaml:17: grant.value: '35,5' is not valid, expected a number, as in 95000 or 86.4"),
    ("a citation without its end", ROUTE + "mercado.[@contrato] => mercado.[@contrato", "topics/route.yaml:13: warning: '[@contrato' is not a citation, did you mean [@contrato]?"),
    # silent until release 0.4.0
    ("a text in the slot of another language", ROUTE + f"{RUNS} => The line joins the harbour and the hospital and passes the market.", "topics/route.yaml:11: warning: a text for es in another language, en, expected the text in es"),
    ("a quotation mark alone", COST + "La línea cuesta => La línea” cuesta", "topics/cost.yaml:11: warning: a quotation mark alone, expected one at each end of a quotation"),
    ("400 percent", FACTS + "value: 40⏎ => value: 400⏎", "facts.yaml:17: warning: 400 percent, expected at most 100, or what has grown or is compared in `of`"),
    ("a wrong figure where a fact has it", COST + "**{cost}** => **468 millones** de euros", "topics/cost.yaml:11: warning: 468 millones, but fact 'cost' has another value, expected {cost}, or another unit or source beside it"),
    ("another year in a translation", COST + "opens in 2027 => opens in 2028", "topics/cost.yaml:17: warning: 2027 in es, 2028 in en, expected the same figures in both languages"),
    ("the singular alone of a unit", FACTS + "es: parada|paradas => es: parada", "facts.yaml:11: warning: the singular alone of a unit in 'es', expected parada|… with the plural"),
    ("an example in the list of another language", COST + "[cuánto cuesta la línea, => [how much does it cost,", "topics/cost.yaml:19: warning: an example for es in another language, en, expected it among those for en"),
    # beside those 25: others that were silent, or of which the message let one guess
    ("the wrong figure of a unit", ROUTE + "Tiene {stops} => Tiene **25 paradas**", "topics/route.yaml:11: warning: 25, but fact 'stops' has another value, expected {stops}, or another unit or source beside it"),
    ("a short text that nobody translated", COST + "es: Cuánto cuesta y quién lo paga => es: What it costs and who pays", "topics/cost.yaml:8: warning: the same text for en as for es, expected the text in en"),
    ("a colour that is hard to read", HEADER + "#7A1F3D => #FFD400", "dossier.yaml:10: warning: the colour #FFD400 has a contrast of 1.4 to the page, expected 4.5 or more; #866F00 is shown instead"),
    ("a page as two sources", SOURCES + "https://alba.example/memoria => https://alba.example/contrato", "sources.yaml:9: warning: the same address as 'contrato', expected each page once"),
    ("an emoji before a title that has one", COST + "es: El coste => es: 💶 El coste", "topics/cost.yaml:4: warning: an emoji before a title that gets the topic's, expected the words alone"),
    ("a citation without its sign", ROUTE + "mercado.[@contrato] => mercado.[contrato]", "topics/route.yaml:13: warning: '[contrato]' is not a citation, did you mean [@contrato]?"),
    ("neither a page nor an e-mail address", HEADER + "contact: https://alba.example/prensa => contact: prensa arroba alba", "dossier.yaml:11: contact: 'prensa arroba alba' is not valid, expected the address of a page, as in https://example.com/press, or an e-mail address"),
]  # fmt: skip


@pytest.fixture
def tram(tmp_path: Path) -> Path:
    return Path(copytree(TRAM, tmp_path / "content"))


def test_none_of_them(tram: Path) -> None:
    """An e-mail address is a contact as well."""
    assert all_diagnostics_of(tram) == []
    apply(tram, HEADER + "https://alba.example/prensa => prensa@alba.example")
    assert all_diagnostics_of(tram) == []


@pytest.mark.parametrize(("edit", "line"), [pytest.param(edit, line, id=name) for name, edit, line in MISTAKES])
def test_a_mistake_is_named(tram: Path, edit: str, line: str) -> None:
    """With its place and what to do."""
    apply(tram, edit)
    assert line in all_diagnostics_of(tram)
