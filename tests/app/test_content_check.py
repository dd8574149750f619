"""What a platform cannot show is told where an editor mends it."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.app.content_check import check_change, load_checked
from bot.commands import COMMANDS, LISTS
from bot.dossier.entries import Key, entries_of
from bot.dossier.models import TopicId
from bot.platforms import PLATFORMS
from bot.replies.answer import answer
from bot.replies.listings import is_about_dossier
from bot.replies.question import AboutTopic, Command, Question, ShowPicture
from bot.replies.reply import Reply
from tests.conftest import HERE, TINY, TODAY, Edit, not_none


def said(folder: Path) -> list[str]:
    """The diagnostics as an editor reads them, checked for every platform."""
    return [str(diagnostic) for diagnostic in load_checked(folder, TODAY).diagnostics]


class TestTitles:
    """At the title's line, in its language."""

    def test_too_long_over_its_own_reply(self, folder: Path, edit: Edit) -> None:
        """Of a topic and of a bulletin."""
        edit("topics/fare.yaml", "id: Tarif", f"id: {'T' * 260}")
        edit("bulletins/2026-01-05-first-crossing.yaml", "topics: [fare]\n", "")
        edit("bulletins/2026-01-05-first-crossing.yaml", "en: First", f"en: {'F' * 260}")
        assert said(folder) == [
            "bulletins/2026-01-05-first-crossing.yaml:3: the reply in 'en': 272 characters of title on Discord, "
            "expected at most 256",
            "topics/fare.yaml:5: the reply in 'id': 263 characters of title on Discord, expected at most 256",
            f"topics/fare.yaml:5: the reply in 'id': button '🎫 {'T' * 18}'… of 263 characters on Discord, expected at most 80",
        ]

    def test_of_the_dossier(self, folder: Path, edit: Edit) -> None:
        """And its summary, with which `/start` greets."""
        edit("dossier.yaml", "en: The island ferry", f"en: {'F' * 260}")
        edit("dossier.yaml", "id: Yang diketahui tentang jalur feri baru.", f"id: {'jalur ' * 700}")
        lines = [line.partition(": the reply in ")[::2] for line in said(folder) if "warning" not in line]
        assert [(place, words.rpartition(" on ")[2].partition(",")[0]) for place, words in lines] == [
            ("dossier.yaml:3", "Discord"),
            ("dossier.yaml:7", "Discord"),
            ("dossier.yaml:7", "Telegram"),
        ]

    def test_too_long_on_a_button(self, folder: Path, edit: Edit) -> None:
        """In the file of what the button leads to, once, however many topics lead there."""
        other = (folder / "topics" / "fare.yaml").read_text(encoding="utf-8").replace("[ticket, tiket]", "[]")
        edit("topics/fare.yaml", "en: The fare", f"en: {'F' * 100}")
        for name in ("port", "pier"):
            (folder / "topics" / f"{name}.yaml").write_text(f"{other}related: [fare]\n", encoding="utf-8")
        assert [line for line in said(folder) if "warning" not in line] == [
            f"topics/fare.yaml:4: the reply in 'en': button '🎫 {'F' * 18}'… of 103 characters on Discord, "
            "expected at most 80"
        ]

    def test_too_long_in_a_list_of_our_own(self, folder: Path, edit: Edit) -> None:
        """Its button holds its number there, so that nothing is cut."""
        first = folder / "bulletins" / "2026-01-05-first-crossing.yaml"
        edit("bulletins/2026-01-05-first-crossing.yaml", "en: First", f"en: {'F' * 90} first")
        for day in range(10, 17):
            words = (
                first.read_text(encoding="utf-8")
                .replace("F" * 90, f"Later ({day})")
                .replace("2026-01-05", f"2026-01-{day}")
            )
            (folder / "bulletins" / f"2026-01-{day}-later.yaml").write_text(words, encoding="utf-8")
        assert [line for line in said(folder) if "warning" not in line] == []


class TestEveryReply:
    """What readers reach by commands and buttons was checked for every platform before they see it."""

    def test_of_lists_topics_bulletins_and_commands(self) -> None:
        """All pages of each list."""
        checked, waiting, unchecked = set[Reply](), list[Question](), list[Question]()

        def note(reply: Reply) -> tuple[()]:
            checked.add(reply)
            return ()

        dossier = not_none(
            load_checked(
                HERE / "dossiers" / "tamaro-repair-act", TODAY, [replace(PLATFORMS[0], check_reply=note)]
            ).dossier
        )
        own = (each for each in COMMANDS if each.is_listed and each.about == "dossier" and each.argument is None)
        waiting += [Command("start"), *map(AboutTopic, map(TopicId, LISTS)), *(Command(each.name) for each in own)]
        seen = set[Question]()
        while waiting:
            question = waiting.pop()
            if question in seen or isinstance(question, ShowPicture):
                continue
            seen.add(question)
            reply = answer(dossier, question, "en", TODAY)
            unchecked += [question] if reply not in checked else []
            asked = [button.question for button in reply.buttons if button.question is not None]
            waiting += [each for each in asked if is_about_dossier(dossier, each)]
        assert len(seen) > 20
        assert unchecked == []


class TestTexts:
    """At the line where the text begins."""

    def test_too_long(self, folder: Path, edit: Edit) -> None:
        """On either platform."""
        edit("topics/fare.yaml", "en: A single ticket costs **{fare}**.", f"en: {'costs ' * 900}**{{fare}}**.")
        lines = [line for line in said(folder) if "warning" not in line]
        assert len(lines) == 2
        assert all(line.startswith("topics/fare.yaml:10: the reply in 'en': ") for line in lines)


class TestDeclaredSentences:
    """Of a change, before anybody approves it."""

    def found(self, says: dict[str, list[str]], *, alone: bool) -> list[str]:
        loading = load_checked(TINY, TODAY)
        assert loading.dossier is not None
        fare = {
            **entries_of(loading.documents)[Key("facts/fare")],
            "of": {"en": "a ticket", "id": "tiket"},
            "says": says,
        }
        return [each.message for each in check_change(loading, {Key("facts/fare"): fare}, TODAY, alone=alone)]  # type: ignore[dict-item]

    @pytest.mark.slow
    def test_what_gives_no_verdict_is_an_error(self) -> None:
        """At once, while it is typed; whether a sentence is recognised is tried when somebody asks for approval."""
        assert self.found({"en": ["a ticket costs {}"]}, alone=False) == []
        for alone in (True, False):
            [message] = self.found({"en": ["a ticket never costs {}"]}, alone=alone)
            assert message.startswith("a denial, 'never'")
        assert self.found({"en": ["a ticket costs {}. A bicycle costs less."]}, alone=True) == []
        [message] = self.found({"en": ["a ticket costs {}. A bicycle costs less."]}, alone=False)
        assert "is not read as itself" in message


class TestConsequences:
    """What only follows from an error elsewhere is left out."""

    def test_one_wrong_key_of_a_fact(self, folder: Path, edit: Edit) -> None:
        """It drops the topic that uses the fact. Other facts and claims that name the topic are no mistakes, and neither is a rival."""
        texts = "\n".join(f"{key}: {{en: Boats, id: Kapal}}" for key in ("title", "summary"))
        (folder / "topics" / "boats.yaml").write_text(
            f"order: 2\n{texts}\nbody: {{en: 'There are {{boats}}.', id: 'Ada {{boats}}.'}}\n", encoding="utf-8"
        )
        edit("facts.yaml", "fare:\n", "fare:\n  topic: boats\n  rivals: [boats, nothing]\n")
        with (folder / "facts.yaml").open("a", encoding="utf-8") as file:
            file.write("boats:\n  type: number\n  vlaue: 3\n  sources: [harbour]\n")
        lines = [line for line in said(folder) if "warning" not in line]
        assert [line for line in lines if "unknown topic" in line] == []
        assert [line.partition(": ")[2] for line in lines if "facts.yaml" in line] == [
            "no other fact 'nothing', expected another fact, but none exists",
            "unknown key 'vlaue', did you mean 'value'?",
        ]

    @pytest.mark.parametrize(
        ("name", "text"), [("boats.yaml", b"title: [bad"), ("boats.yaml", b"\xff"), ("boats.yml", b"")]
    )
    def test_a_topic_that_cannot_be_read(self, folder: Path, edit: Edit, name: str, text: bytes) -> None:
        """Nobody knows whether it is right, so only that it is unreadable, or has a wrong name, is said."""
        (folder / "topics" / name).write_bytes(text)
        edit("facts.yaml", "fare:\n", "fare:\n  topic: boats\n")
        [line] = said(folder)
        assert f"topics/{name}:1: " in line
