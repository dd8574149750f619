"""What an editor is told of pictures that cannot be drawn."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.app.content_check import load_checked
from bot.cli import main
from bot.dossier.models import Dossier, FactId
from bot.pictures.picture import check_pictures
from tests.conftest import TODAY, Edit
from tests.pictures.conftest import Change
from tests.tables import cases

WORDS = {"en": "Words.", "id": "Kata.", "ru": "Слова."}


class TestChecks:
    """Each names the file, what is missing, and what to do; what is only missing keeps no dossier from answering."""

    def test_our_own_dossier_has_none(self, dossier: Dossier) -> None:
        assert list(check_pictures(dossier, TODAY)) == []

    @pytest.mark.parametrize("topic", ["duration", "pricing", "coverage"])
    def test_a_fact_is_missing(self, changed: Change, topic: str) -> None:
        diagnostics = list(check_pictures(changed(topic, body=WORDS, figures=None, progress=None), TODAY))
        assert [(diagnostic.path, diagnostic.place, diagnostic.severity) for diagnostic in diagnostics] == [
            (f"topics/{topic}.yaml", ("picture",), "warning")
        ] * 3
        assert all(diagnostic.fix.startswith("expected ") for diagnostic in diagnostics)

    def test_more_than_a_whole(self, dossier: Dossier) -> None:
        share = dossier.facts[FactId("coverage")].model_copy(update={"value": 150})
        diagnostics = check_pictures(replace(dossier, facts={**dossier.facts, FactId("coverage"): share}), TODAY)
        assert {diagnostic.fix for diagnostic in diagnostics} == {
            "expected figures, or a body, with percent facts of at most 100"
        }

    def test_an_unknown_name(self, changed: Change) -> None:
        """Is an error, with the name that was probably meant."""
        [diagnostic] = check_pictures(changed("pricing", picture="prices"), TODAY)
        assert (diagnostic.message, diagnostic.fix) == ("no picture 'prices'", "did you mean 'pricing'?")
        assert diagnostic.harmless

    def test_a_language_that_cannot_be_written(self, changed: Change) -> None:
        [diagnostic] = check_pictures(changed("pricing", title={"en": "Price", "id": "விலை", "ru": "Цена"}), TODAY)
        assert "cannot be written in 'id'" in diagnostic.message

    def test_the_default_language_that_cannot_be_written(self, changed: Change) -> None:
        """There is no other language in which it could be shown; that is not the same as nothing to draw."""
        [diagnostic] = check_pictures(changed("pricing", title={"en": "விலை", "id": "Harga", "ru": "Цена"}), TODAY)
        assert "cannot be written in 'en'" in diagnostic.message
        assert "it is not shown" in diagnostic.fix

    def test_a_bulletin_without_a_topic_of_that_picture(self, dossier: Dossier) -> None:
        name, bulletin = next(iter(dossier.bulletins.items()))
        odd = bulletin.model_copy(update={"picture": "coverage", "topics": []})
        [diagnostic] = check_pictures(replace(dossier, bulletins={name: odd}), TODAY)
        assert (diagnostic.path, diagnostic.severity) == (f"bulletins/{name}.yaml", "warning")

    def test_a_bulletin_with_an_unknown_name(self, dossier: Dossier) -> None:
        name, bulletin = next(iter(dossier.bulletins.items()))
        odd = bulletin.model_copy(update={"picture": "cart"})
        [diagnostic] = check_pictures(replace(dossier, bulletins={name: odd}), TODAY)
        assert (diagnostic.fix, diagnostic.harmless) == ("did you mean 'card'?", True)

    def test_a_bulletin_may_carry_its_title_card(self, dossier: Dossier) -> None:
        name, bulletin = next(iter(dossier.bulletins.items()))
        carded = bulletin.model_copy(update={"picture": "card", "topics": []})
        assert list(check_pictures(replace(dossier, bulletins={name: carded}), TODAY)) == []


class TestCheck:
    """``nota check`` tells of them with their line."""

    def test_an_unknown_name(self, folder: Path, edit: Edit) -> None:
        edit("topics/fare.yaml", 'emoji: "🎫"', 'emoji: "🎫"\npicture: photo.png')
        loading = load_checked(folder, TODAY)
        assert loading.dossier is not None
        [told] = [str(diagnostic) for diagnostic in loading.diagnostics if not diagnostic.is_warning]
        assert told.startswith("topics/fare.yaml:2: no picture 'photo.png', expected a picture: coverage, duration")
        assert main(["check", str(folder)]) == 1

    @cases("former, name")
    def test_a_former_name(self, folder: Path, edit: Edit, former: str, name: str) -> None:
        """A dossier that was written with it loads as before.

        timeline | duration
        ranges | pricing
        share | coverage
        """
        edit("topics/fare.yaml", 'emoji: "🎫"', f'emoji: "🎫"\npicture: {former}')
        (bulletin,) = (folder / "bulletins").glob("*.yaml")
        edit(f"bulletins/{bulletin.name}", "date:", f"picture: {former}\ndate:")
        loading = load_checked(folder, TODAY)
        assert loading.dossier is not None
        assert not [each for each in loading.diagnostics if not each.is_warning]
        pictures = [each.picture for each in (*loading.dossier.topics.values(), *loading.dossier.bulletins.values())]
        assert pictures == [name, name]

    def test_nothing_to_draw(self, folder: Path, edit: Edit) -> None:
        edit("topics/fare.yaml", 'emoji: "🎫"', 'emoji: "🎫"\npicture: coverage')
        loading = load_checked(folder, TODAY)
        assert loading.dossier is not None
        told = [str(diagnostic) for diagnostic in loading.diagnostics if "picture" in diagnostic.message]
        assert told[0].startswith("topics/fare.yaml:2: warning: picture 'coverage' in 'en' has nothing to draw")

    @pytest.mark.parametrize("keys", ["figures: [fair]", "known: {driver: null, budget: fair}"])
    def test_a_fact_that_is_none(self, folder: Path, edit: Edit, keys: str) -> None:
        """Of the picture's own keys, with the one that was probably meant."""
        edit("topics/fare.yaml", 'emoji: "🎫"', f'emoji: "🎫"\n{keys}')
        [told] = [
            str(diagnostic) for diagnostic in load_checked(folder, TODAY).diagnostics if not diagnostic.is_warning
        ]
        assert told == "topics/fare.yaml:2: unknown fact 'fair', did you mean 'fare'?"

    def test_amounts_that_cannot_compare(self, folder: Path, edit: Edit) -> None:
        """Of two currencies: the key does nothing, which is said; the warning of the picture stays."""
        facts = "fare:\n  type: money\n  amount: 2\n  currency: EUR\n  sources: [timetable]\n"
        other = facts.replace("fare:", "other:").replace("EUR", "USD")
        known = (folder / "facts.yaml").read_text(encoding="utf-8")
        source = known.split("sources: [")[1].split("]")[0]
        (folder / "facts.yaml").write_text(known + other.replace("timetable", source), encoding="utf-8")
        keys = "picture: pricing\nfigures: [fare, other]\ncomparable: true"
        edit("topics/fare.yaml", 'emoji: "🎫"', f'emoji: "🎫"\n{keys}')
        told = [each for each in load_checked(folder, TODAY).diagnostics if each.code == "comparable"]
        assert [str(each) for each in told] == [
            "topics/fare.yaml:4: warning: the amounts 'fare', 'other' have several currencies or periods, "
            "expected one of each with comparable: true; no bars are drawn"
        ]

    def test_a_colour_that_cannot_be_read(self, folder: Path, edit: Edit) -> None:
        """A yellow brand: it is shown darker, which editors should know."""
        edit("dossier.yaml", "languages:", 'colour: "#FFD400"\nlanguages:')
        told = [str(each) for each in load_checked(folder, TODAY).diagnostics if each.code == "contrast"]
        assert len(told) == 1
        assert "warning: the colour #FFD400 has a contrast of 1.4 to the page, expected 4.5 or more; #" in told[0]
