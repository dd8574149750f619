"""Rules for statements: each names its source, in a dossier that cites; an answer begins with its fact."""

from pathlib import Path

import pytest

from tests.conftest import Edit
from tests.dossier.conftest import all_diagnostics_of, diagnostics_of
from tests.tables import cases

HARBOUR = "sources.yaml:1: warning: source 'harbour' is not cited, expected [@harbour] after a statement"
UNCITED = "warning: a figure, a fact or a quotation without a citation, expected [@source-id] after it"


class TestCitations:
    """What a citation may name, and where it may stand."""

    def test_of_an_unknown_source_is_an_error(self, folder: Path, edit: Edit) -> None:
        """With its line and the nearest source."""
        edit(
            "topics/fare.yaml",
            "  en: A single ticket costs **{fare}**.",
            "  en: |\n    A ticket:\n    **{fare}**.[@harbor]",
        )
        found = diagnostics_of(folder)
        assert (
            "topics/fare.yaml:12: unknown source 'harbor', did you mean 'harbour'? (write [@source-id], [@a; @b] or [@a, p. 3])"
            in found
        )

    @pytest.mark.parametrize("citation", ["[@harbour, @quay]", "[@the harbour]", "[@]"])
    def test_that_is_misspelt_is_an_error(self, folder: Path, edit: Edit, citation: str) -> None:
        """Readers would see brackets."""
        edit("topics/fare.yaml", "costs **{fare}**.", f"costs **{{fare}}**.{citation}")
        assert any("unknown source" in each and "[@a; @b]" in each for each in diagnostics_of(folder))

    def test_in_a_title_is_an_error(self, folder: Path, edit: Edit) -> None:
        """There is no line of sources below it."""
        edit("topics/fare.yaml", "en: The fare", 'en: "The fare [@harbour]"')
        expected = (
            "topics/fare.yaml:4: a citation of 'harbour' here, expected citations in a body, where readers see sources"
        )
        assert expected in diagnostics_of(folder)


class TestStrictness:
    """In a dossier that cites at all, whatever is stated is cited."""

    @pytest.fixture
    def cite(self, edit: Edit) -> None:
        """All of the topic's texts."""
        edit("topics/fare.yaml", "ticket costs **{fare}**.", "ticket costs **{fare}**.[@harbour]")
        edit("topics/fare.yaml", "sekali jalan **{fare}**.", "sekali jalan **{fare}** [@harbour].")

    @pytest.mark.usefixtures("cite")
    def test_a_dossier_with_all_citations_has_no_warning(self, folder: Path) -> None:
        assert diagnostics_of(folder) == []

    def test_a_dossier_without_any_has_none_either(self, folder: Path) -> None:
        assert diagnostics_of(folder) == []

    @pytest.mark.usefixtures("cite")
    @cases("statement, is_warned_of")
    def test_a_statement(self, folder: Path, edit: Edit, statement: str, is_warned_of: bool) -> None:
        r"""A figure, a fact or a quotation; a list may be cited in the paragraph that introduces it.

        The ferry has 12 seats. | true
        It “runs every hour”, says the harbour. | true
        It is called “Gull”. | false
        It has 5G. | false
        The ferry has 12 seats.[@harbour] | false
        "The ferry has:[@harbour]\n\n    - 12 seats\n    - 2 toilets" | false
        "The ferry has:\n\n    - 12 seats\n    - no toilets" | true
        """
        edit(
            "bulletins/2026-01-05-first-crossing.yaml",
            "  en: The ferry crossed for the first time.",
            f"  en: |\n    {statement}",
        )
        assert any(UNCITED in each for each in diagnostics_of(folder)) == is_warned_of

    @pytest.mark.usefixtures("cite")
    def test_a_fact_that_does_not_name_the_source(self, folder: Path, edit: Edit) -> None:
        """Either the citation is wrong, or the fact."""
        edit("sources.yaml", "harbour:", "quay: {publisher: Quay, url: https://quay.example}\nharbour:")
        edit("topics/fare.yaml", "[@harbour]", "[@quay]")
        expected = (
            "fact 'fare' does not have the source quay, which is cited for it, expected one of its sources: harbour"
        )
        assert [each.split("warning: ")[1] for each in diagnostics_of(folder)] == [expected]

    @pytest.mark.usefixtures("cite")
    def test_a_source_that_nothing_cites(self, folder: Path, edit: Edit) -> None:
        edit("sources.yaml", "harbour:", "quay: {publisher: Quay, url: https://quay.example}\nharbour:")
        expected = "sources.yaml:1: warning: source 'quay' is not cited, expected [@quay] after a statement"
        assert diagnostics_of(folder) == [expected]


class TestBeginning:
    """The first line answers."""

    @cases("body, is_warned_of")
    def test_a_topic_that_uses_facts(self, folder: Path, edit: Edit, body: str, is_warned_of: bool) -> None:
        r"""
        "Many ask.\n\n    A ticket costs {fare}." | true
        "It costs:\n\n    - {fare} one way" | false
        "A ticket costs {fare}.\n\n    Many ask." | false
        """
        edit("topics/fare.yaml", "  en: A single ticket costs **{fare}**.", f"  en: |\n    {body}")
        warned = any("the first paragraph has no fact" in each for each in diagnostics_of(folder))
        assert warned == is_warned_of


def test_a_reply_that_is_higher_than_a_screen_is_a_warning(folder: Path, edit: Edit) -> None:
    """On either platform, and it is shown all the same."""
    lines = "".join(f"\n    - line {letter}" for letter in "abcdefghijklmnopqrstuvwxyzabcdef")
    edit("bulletins/2026-01-05-first-crossing.yaml", "  en: The ferry crossed for the first time.", f"  en: |{lines}")
    found = all_diagnostics_of(folder)
    assert [each.split(" lines on ")[1].split(",")[0] for each in found] == ["Discord", "Telegram"]
