"""What a dossier lacks without being wrong, each with what it would bring."""

from dataclasses import replace
from pathlib import Path

from bot.dossier.loader import load
from bot.dossier.models import Dossier, TopicId
from bot.replies.readiness import coverage, readiness
from tests.conftest import TODAY, Edit, not_none, shipped


class TestCoverage:
    """Examples by language, and the words of a title that no example has."""

    def test_words_are_compared_in_any_form(self, tiny: Dossier) -> None:
        fare = tiny.topics[TopicId("fare")]
        title = {"en": "The fares and schedules of a ferry", "id": "Tarif"}
        changed = replace(tiny, topics={fare.id: fare.model_copy(update={"title": title})})
        (found,) = coverage(changed)
        assert found.examples == {"en": 3, "id": 3}
        assert found.unknown == {"en": ["schedules"], "id": []}


def lacks(folder: Path) -> list[str]:
    dossier = not_none(load(folder, TODAY).dossier)
    return [f"{each.about} {each.name}: {each.lacks}" for each in readiness(dossier)]


class TestReadiness:
    """A line for each part of a dossier."""

    def test_of_a_young_dossier(self, folder: Path, edit: Edit) -> None:
        """Questions and sentences by language, days, sources, and a language in preparation."""
        edit("dossier.yaml", "default_language: en", "default_language: en\nlanguages_in_preparation: [es]")
        edit("topics/fare.yaml", "  id: [berapa harga tiket, tarif feri, ongkos]\n", "")
        edit("topics/fare.yaml", "id: Tarif", "id: Tarif dan jadwal")
        edit(
            "facts.yaml",
            "  checked: 2026-02-01",
            "  of: {en: a ticket, id: tiket}\n  says: {en: ['a ticket costs {}']}",
        )
        edit("facts.yaml", "fare:", "ship: {type: name, value: {en: Gull, id: Camar}, checked: 2026-02-01}\nfare:")
        edit("sources.yaml", "harbour:", "quay: {publisher: Quay, url: https://quay.example}\nharbour:")
        edit(
            "sources.yaml", "harbour:", "pier: {publisher: Pier, url: https://pier.example, published: null}\nharbour:"
        )
        edit("bulletins/2026-01-05-first-crossing.yaml", "sources: [harbour]", "sources: []")
        found = lacks(folder)
        assert found == [
            "dossier ferry: questions a topic and language, with titles and names: 6",
            "topic fare: questions: en 3, id 0",
            "topic fare: words of its title in no question: tarif jadwal (id)",
            "fact fare: no sentence in id",
            "fact fare: never checked",
            found[5],
            "source quay: no day",
            "bulletin 2026-01-05-first-crossing: no source",
        ]
        assert found[5].startswith("language es: ")
        assert found[5].endswith("; topics without questions: 1 of 1")

    def test_a_bulletin_may_cite_its_sources(self, folder: Path, edit: Edit) -> None:
        edit("bulletins/2026-01-05-first-crossing.yaml", "sources: [harbour]", "sources: []")
        edit("bulletins/2026-01-05-first-crossing.yaml", "first time.", "first time.[@harbour, p. 2]")
        assert not any(each.startswith("bulletin") for each in lacks(folder))

    def test_of_one_that_is_complete(self) -> None:
        """Where nothing is lacking, nothing is said."""
        assert {each.about for each in readiness(shipped())} <= {"topic", "fact"}
        assert not any(each.startswith("topic") and "questions: " in each for each in map(str, readiness(shipped())))
