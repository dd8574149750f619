"""What ``nota check`` says of Discord's limits."""

from pathlib import Path

import pytest

from bot.cli import main
from bot.dossier.loader import load
from bot.dossier.markdown import Span
from bot.dossier.models import Language
from bot.platforms.discord.commands import commands
from bot.platforms.discord.content_check import check_reply
from bot.replies.question import Command
from bot.replies.reply import Button, Paragraph, Reply
from tests.conftest import TODAY, Edit

EN = Language("en")


def problems(reply: Reply) -> list[str]:
    """What is wrong with a reply."""
    return [fault.message for fault in check_reply(reply)]


class TestReplies:
    """Everything that would have to be cut or left out is named."""

    def test_a_reply_that_fits_has_none(self) -> None:
        """Silence is praise."""
        assert problems(Reply(None, EN, "Title", blocks=(Paragraph((Span("text"),)),))) == []

    def test_long_texts(self) -> None:
        """With their size as Discord counts it, signs of styles included."""
        reply = Reply(None, EN, "t" * 257, blocks=(Paragraph((Span("b" * 4095, bold=True),)),))
        assert problems(reply) == ["257 characters of title on Discord", "4099 characters of text on Discord"]

    def test_buttons(self) -> None:
        """No words, too many words, too long a question, too many rows."""
        long = Button("x" * 81, Command("a"))
        assert problems(Reply(None, EN, "T", buttons=(long, Button("", Command("b"))))) == [
            "button 'xxxxxxxxxxxxxxxxxxxx'… of 81 characters on Discord",
            "a button without words on Discord",
        ]
        asks = Button("asks", Command("settings", "x" * 100))
        assert problems(Reply(None, EN, "T", buttons=(asks,))) == ["button 'asks' asks too long a question for Discord"]
        many = tuple(Button(str(index), Command(str(index))) for index in range(26))
        assert problems(Reply(None, EN, "T", buttons=many)) == ["6 rows of buttons on Discord"]


class TestCheck:
    """An editor sees file and line."""

    def test_a_description_too_long_for_a_command(
        self, folder: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Discord shows 100 characters of it."""
        lines = (folder / "topics" / "fare.yaml").read_text(encoding="utf-8").splitlines()
        place = next(index for index, line in enumerate(lines) if line.startswith("summary:")) + 1
        old = lines[place].strip()
        edit("topics/fare.yaml", old, f'{old.split(":")[0]}: "{"s" * 101}"')
        assert main(["check", str(folder)]) == 1
        said = capsys.readouterr().out
        assert f"topics/fare.yaml:{place + 1}: 101 characters of summary on Discord, expected at most 100" in said

    def test_more_commands_than_discord_takes(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A hundred in all: the last topics have none, and are found by /ask."""
        topic = (folder / "topics" / "fare.yaml").read_text(encoding="utf-8").replace("[ticket, tiket]", "[]")
        for index in range(96):
            (folder / "topics" / f"fare{index}.yaml").write_text(topic, encoding="utf-8")
        assert main(["check", str(folder)]) == 0
        said = capsys.readouterr().out
        assert "dossier.yaml:1: warning: Discord's 100 commands leave no room for 6 topics, the first of them" in said
        dossier = load(folder, TODAY).dossier
        assert dossier is not None
        listed = [command["name"] for command in commands(dossier)]
        assert len(listed) == 100
        assert {"ask", "settings", "help"} <= set(listed)
