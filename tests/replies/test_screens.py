"""Every command fits one screen of a phone on both platforms; with ``-s`` the test prints the table of heights."""

from collections.abc import Iterator

import pytest

from bot.dossier.models import Dossier, Language
from bot.platforms.base import SCREEN_LINES, screen_lines
from bot.platforms.discord.content_check import visible_text
from bot.platforms.discord.render import action_rows
from bot.platforms.telegram.render import keyboard, plain_text, text_of
from bot.replies.answer import answer
from bot.replies.language_panel import language_panel
from bot.replies.listings import COMMANDS_PER_PAGE, PER_PAGE
from bot.replies.question import HELP, NEWS, SOURCES, AboutBulletin, AboutTopic, Command, Question, ShowPicture
from bot.replies.reply import Reply
from bot.schedule import Subscription
from bot.subscriptions.settings_panel import panel
from tests.conftest import TODAY, shipped

SETTINGS = [
    "",
    "topics",
    "topics page 2",
    "when",
    "when daily",
    "when weekly",
    "quiet",
    "quiet 22",
    "zone",
    "zone america",
]


def _questions(dossier: Dossier) -> Iterator[tuple[str, Question]]:
    """What can be asked, with the command that it counts to."""
    yield from (("/" + name, Command(name)) for name in ("start", "ask", "nonsense"))
    for topic in dossier.topics.values():
        yield "/" + topic.command_word, AboutTopic(topic.id)
        yield "/" + topic.command_word, ShowPicture(topic.id)
    for list_id, count, size in (
        (NEWS, len(dossier.bulletins), PER_PAGE),
        (SOURCES, len(dossier.sources), PER_PAGE),
        (HELP, len(dossier.topics), COMMANDS_PER_PAGE),
    ):
        yield from (("/" + list_id, AboutTopic(list_id, page)) for page in range(2, -(-count // size) + 1))
    yield from (("a bulletin", AboutBulletin(name)) for name in dossier.bulletins)


def _replies(dossier: Dossier, language: Language) -> Iterator[tuple[str, Reply]]:
    yield from ((name, answer(dossier, question, language, TODAY)) for name, question in _questions(dossier))
    yield from (("/settings", panel(argument, Subscription(), dossier, language)) for argument in SETTINGS)
    yield "/language", language_panel(dossier, language, language)


def _heights(reply: Reply) -> tuple[int, int]:
    """On Telegram and on Discord."""
    telegram = screen_lines(plain_text(text_of(reply)), len(keyboard(reply.buttons)))
    return telegram, screen_lines(visible_text(reply), len(action_rows(reply.buttons, reply.language)))


@pytest.mark.slow
def test_every_command_fits_a_screen() -> None:
    """30 lines of 42 characters; a row of buttons counts two."""
    dossier = shipped()
    highest = dict[str, dict[str, tuple[int, int]]]()
    for language in dossier.languages:
        for name, reply in _replies(dossier, language):
            row = highest.setdefault(name, {})
            before, now = row.get(language, (0, 0)), _heights(reply)
            row[language] = max(before[0], now[0]), max(before[1], now[1])
    print(f"\n{'lines on Telegram/Discord':28}", *(f"{language:>7}" for language in dossier.languages))
    for name, row in sorted(highest.items(), key=lambda pair: -max(map(max, pair[1].values()))):
        print(f"{name:28}", *(f"{'/'.join(map(str, row[language])):>7}" for language in dossier.languages))
    assert [name for name, row in highest.items() if max(map(max, row.values())) > SCREEN_LINES] == []
