"""The day of the newest bulletin, which Nota counts itself, in whatever texts print it."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.dossier.loader import load
from bot.dossier.models import Bulletin, Dossier, Language, TopicId
from bot.pictures.picture import draw
from bot.replies.answer import answer, asks_alike, matcher_for
from bot.replies.dossier_texts import DossierTexts
from bot.replies.question import NEWS, AboutTopic, CheckText
from bot.replies.reply import Reply
from tests.conftest import TINY, TODAY, not_none, shipped
from tests.dossier.conftest import all_diagnostics_of
from tests.tables import table

FARE = "topics/fare.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "content"))


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return shipped()


def with_one_of(dossier: Dossier, day: date, **also: object) -> Dossier:
    """The dossier with a bulletin of a day, written at the desk, which is in force."""
    latest = next(iter(dossier.bulletins.values()))
    new = Bulletin.model_validate({**latest.model_dump(exclude_defaults=True), "id": f"{day}-new", "date": day, **also})
    return replace(dossier, bulletins={new.id: new, **dossier.bulletins})


def news(dossier: Dossier, language: str = "en") -> str:
    return str(answer(dossier, AboutTopic(NEWS), Language(language), TODAY).blocks[0])


class TestInForce:
    """It is that of the list below, whatever comes."""

    @table("language, day")
    def test_a_bulletin_of_the_desk(self, dossier: Dossier, language: str, day: str) -> None:
        """
        en | 1 December 2026
        id | 1 Desember 2026
        ru | 1 декабря 2026
        """
        assert day not in news(dossier, language)
        after = with_one_of(dossier, date(2026, 12, 1))
        assert day in news(after, language)
        assert asks_alike(after, dossier)  # nothing is built anew for it
        assert matcher_for(after) is matcher_for(dossier)

    def test_one_that_is_withdrawn(self, dossier: Dossier) -> None:
        (latest, _), *others = dossier.bulletins.items()
        after = replace(dossier, bulletins=dict(others))
        assert "14 February 2026" not in news(after)
        assert "21 December 2025" in news(after)
        assert "is of –." in news(replace(dossier, bulletins={}))
        assert latest in dossier.bulletins

    def test_one_under_embargo(self, dossier: Dossier) -> None:
        ends = datetime(2026, 12, 1, 12, tzinfo=UTC)
        after = with_one_of(dossier, date(2026, 12, 1), not_before=ends)
        assert "14 February 2026" in news(after.published(ends - timedelta(seconds=1)))
        assert "1 December 2026" in news(after.published(ends))

    @pytest.mark.parametrize("topic", ["agreement", "program:talent"])
    def test_one_on_the_subject_ends_its_silence(self, dossier: Dossier, topic: str) -> None:
        """The programmes are the memorandum's: they share its lane of the picture."""
        topics = [TopicId(topic)]
        after = with_one_of(dossier, date(2026, 12, 1), topics=topics)
        assert after.on_subject[0].topics == topics
        picture = not_none(draw(after, AboutTopic(NEWS), "en", date(2026, 12, 1)))
        assert "no bulletin since 14 Feb 2026" in picture.alt
        assert "no bulletin since 23 Jun 2025" not in picture.alt


class TestClaims:
    """What Nota counts itself is neither confirmed nor denied: its own words are no source."""

    @table("language, text")
    def test_is_counted(self, dossier: Dossier, language: str, text: str) -> None:
        """
        en | the latest bulletin of Nota is from 14 February 2026
        en | the newest bulletin is of 3 March 2026
        id | buletin terakhir tertanggal 14 Februari 2026
        ru | последний выпуск «Ноты» вышел 14 февраля 2026 года
        """
        for now, day in ((dossier, "14"), (with_one_of(dossier, date(2026, 12, 1)), "1")):
            reply: Reply = answer(now, CheckText(text), Language(language), TODAY)
            [statement] = reply.statements
            assert (reply.verdict, reply.topic, statement.verdict, statement.counted) == (
                "unknown",
                NEWS,
                "unknown",
                True,
            )
            assert f"{day} " in str(reply.blocks[:2])
            assert statement.sources == ()

    def test_a_claim_of_a_finding_of_ours_is_not_confirmed(self, dossier: Dossier) -> None:
        text = "the latest report found on the memorandum is of 24 June 2025"
        assert answer(dossier, CheckText(text), Language("en"), TODAY).verdict == "unknown"


def edited(folder: Path, path: str, old: str, new: str) -> None:
    file = folder / path
    file.parent.mkdir(exist_ok=True)
    text = file.read_text("utf-8") if file.exists() else ""
    file.write_text(text.replace(old, new, 1) if old else text + new, "utf-8")


class TestCheck:
    """What ``nota check`` says."""

    def test_texts_of_topics_and_of_the_header_may_print_it(self, folder: Path) -> None:
        edited(folder, FARE, "What a ticket costs", "Since {newest_bulletin}")
        edited(folder, "dossier.yaml", "What is known", "As of {newest_bulletin}, what is known")
        assert all_diagnostics_of(folder) == []

    def test_nothing_else_prints_it(self, folder: Path) -> None:
        """What was sent would change with each bulletin, and a verdict is of its day."""
        claim = "says: {en: [X is so]}\nverdict: unproven\nbecause: {en: 'Of {newest_bulletin}', id: 'Pada {newest_bulletin}'}\ndate: 2026-01-31\n"
        edited(folder, "bulletins/2026-01-05-first-crossing.yaml", "First crossing", "Since {newest_bulletin}")
        edited(folder, "claims/x.yaml", "", claim)
        edited(folder, "facts.yaml", "  checked:", "  note: Not before {newest_bulletin}\n  checked:")
        found = [each for each in all_diagnostics_of(folder) if "newest_bulletin" in each]
        assert [each.split(":")[0] for each in found] == [
            "bulletins/2026-01-05-first-crossing.yaml",
            "claims/x.yaml",
            "claims/x.yaml",  # in each language
            "facts.yaml",
        ]
        assert all("unknown fact 'newest_bulletin'" in each for each in found)

    def test_it_is_no_fact(self, folder: Path) -> None:
        edited(
            folder,
            "facts.yaml",
            "",
            "late: {type: date, from: newest_bulletin, plus: long}\nlong: {type: duration, years: 1}\n",
        )
        assert any("no date fact 'newest_bulletin'" in each for each in all_diagnostics_of(folder))

    def test_a_fact_of_an_earlier_release_with_its_name(self, folder: Path) -> None:
        """The dossier goes on as it was, with its own value; ``check`` says that the fact needs another id."""
        edited(folder, "facts.yaml", "", "newest_bulletin: {type: date, value: 2025-03-01}\n")
        edited(folder, FARE, "What a ticket costs", "Since {newest_bulletin}")
        loading = load(folder, TODAY)
        assert [each.message for each in loading.diagnostics] == ["'newest_bulletin' names what Nota counts itself"]
        assert (loading.dossier is not None, loading.diagnostics[0].is_warning) == (True, False)
        fare = loading.dossier.topics[TopicId("fare")]  # type: ignore[union-attr]
        texts = DossierTexts(loading.dossier, Language("en"))  # type: ignore[arg-type]
        assert texts.line(fare.summary[Language("en")]) == "Since 1 March 2025"
