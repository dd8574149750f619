"""What an editor is told of pictures that cannot be drawn."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.app.reload import proofread_for_all
from bot.cli import main
from bot.dossier.models import Dossier, FactId
from bot.pictures.drawing import _REQUIREMENTS, CHARTS, picture_faults
from tests.conftest import TODAY, Edit
from tests.pictures.conftest import Change

WORDS = {"en": "Words.", "id": "Kata.", "ru": "Слова."}


class TestFaults:
    """Each names the file, what is missing, and what to do; what is only missing keeps no dossier from answering."""

    def test_our_own_dossier_has_none(self, dossier: Dossier) -> None:
        assert list(picture_faults(dossier, TODAY)) == []

    @pytest.mark.parametrize("topic", ["duration", "pricing", "coverage"])
    def test_a_fact_is_missing(self, changed: Change, topic: str) -> None:
        faults = list(picture_faults(changed(topic, body=WORDS, progress=None), TODAY))
        assert [(fault.path, fault.place, fault.warning) for fault in faults] == [
            (f"topics/{topic}.yaml", ("picture",), True)
        ] * 3
        assert all(fault.expected.startswith("expected ") for fault in faults)

    def test_more_than_a_whole(self, dossier: Dossier) -> None:
        share = dossier.facts[FactId("coverage")].model_copy(update={"value": 150})
        faults = picture_faults(replace(dossier, facts={**dossier.facts, FactId("coverage"): share}), TODAY)
        assert {fault.expected for fault in faults} == {"expected a body that refers to a percent fact of at most 100"}

    def test_an_unknown_name(self, changed: Change) -> None:
        """Is a mistake, as any name of nothing is; with the one that was probably meant."""
        [fault] = picture_faults(changed("pricing", picture="prices"), TODAY)
        assert (fault.problem, fault.expected) == ("no picture 'prices'", "did you mean 'pricing'?")
        assert fault.counts

    def test_a_language_that_cannot_be_written(self, changed: Change) -> None:
        [fault] = picture_faults(changed("pricing", title={"en": "Price", "id": "விலை", "ru": "Цена"}), TODAY)
        assert "cannot be written in 'id'" in fault.problem

    def test_a_bulletin_without_a_topic_of_that_picture(self, dossier: Dossier) -> None:
        name, bulletin = next(iter(dossier.bulletins.items()))
        odd = bulletin.model_copy(update={"picture": "coverage", "topics": []})
        [fault] = picture_faults(replace(dossier, bulletins={name: odd}), TODAY)
        assert (fault.path, fault.warning) == (f"bulletins/{name}.yaml", True)

    def test_a_bulletin_with_an_unknown_name(self, dossier: Dossier) -> None:
        name, bulletin = next(iter(dossier.bulletins.items()))
        odd = bulletin.model_copy(update={"picture": "cart"})
        [fault] = picture_faults(replace(dossier, bulletins={name: odd}), TODAY)
        assert (fault.expected, fault.counts) == ("did you mean 'card'?", True)

    def test_a_bulletin_may_carry_its_title_card(self, dossier: Dossier) -> None:
        name, bulletin = next(iter(dossier.bulletins.items()))
        carded = bulletin.model_copy(update={"picture": "card", "topics": []})
        assert list(picture_faults(replace(dossier, bulletins={name: carded}), TODAY)) == []

    def test_every_kind_says_what_it_needs(self) -> None:
        assert set(_REQUIREMENTS) == set(CHARTS.values())


class TestCheck:
    """``nota check`` tells of them with their line."""

    def test_an_unknown_name(self, folder: Path, edit: Edit) -> None:
        edit("topics/fare.yaml", 'emoji: "🎫"', 'emoji: "🎫"\npicture: photo.png')
        loading = proofread_for_all(folder, TODAY)
        assert loading.dossier is not None
        [told] = [str(diagnostic) for diagnostic in loading.diagnostics if not diagnostic.is_mild]
        assert told.startswith("topics/fare.yaml:2: no picture 'photo.png', expected a picture: coverage, duration")
        assert main(["check", str(folder)]) == 1

    def test_nothing_to_draw(self, folder: Path, edit: Edit) -> None:
        edit("topics/fare.yaml", 'emoji: "🎫"', 'emoji: "🎫"\npicture: pricing')
        loading = proofread_for_all(folder, TODAY)
        assert loading.dossier is not None
        told = [str(diagnostic) for diagnostic in loading.diagnostics if "picture" in diagnostic.problem]
        assert told[0].startswith("topics/fare.yaml:2: warning: picture 'pricing' in 'en' has nothing to draw")
