"""Updates that others have recorded from Telegram: each is read, and none raises an error or stops the next one.

They are not part of the project: the tests skip where the folder ``../shared/samples`` is missing.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.dossier.models import Dossier
from tests.platforms.telegram.conftest import QUICK_MODE_FIRST, talking
from tests.platforms.telegram.updates import message, user

SAMPLES = next(
    (
        each / "shared/samples/telegram-updates.jsonl"
        for each in Path(__file__).resolve().parents[3:6]
        if (each / "shared/samples/telegram-updates.jsonl").is_file()
    ),
    None,
)
pytestmark = pytest.mark.skipif(SAMPLES is None, reason="needs ../shared/samples/telegram-updates.jsonl")

CONTENT = (
    "animation",
    "audio",
    "contact",
    "dice",
    "document",
    "location",
    "photo",
    "poll",
    "sticker",
    "venue",
    "video",
    "voice",
)


def samples() -> list[dict[str, Any]]:
    assert SAMPLES is not None
    lines = SAMPLES.read_text(encoding="utf-8").splitlines()
    return [update for line in lines if isinstance(update := json.loads(line)["update"], dict)]


@pytest.mark.slow
@pytest.mark.parametrize("mode", QUICK_MODE_FIRST)
async def test_every_update_is_survived(dossier: Dossier, mode: str) -> None:
    """With ids of their own, since each recording has another one."""
    with capture_logs() as logs:
        async with talking(mode, dossier) as talk:
            for update in samples():
                await talk.give({**update, "update_id": talk.api.numbered({})["update_id"]})
            await talk.give(message("/about", 990_990, user(990_990)))
            await talk.api.when(lambda: any(call.given.get("chat_id") == 990_990 for call in talk.api.answers))
    failures = [entry for entry in logs if entry["log_level"] in ("error", "critical")]
    assert not failures


@pytest.mark.slow
async def test_whoever_writes_in_private_gets_a_word(dossier: Dossier) -> None:
    """However they say it, if it is a person who says something and not a report of the chat."""
    async with talking("webhook", dossier) as talk:
        silent = []
        for number, update in enumerate(samples()):
            content = update.get("message") or {}
            if (
                content.get("chat", {}).get("type") != "private"
                or content.get("from", {}).get("is_bot")
                or "via_bot" in content
            ):
                continue
            if not any(key in content for key in ("text", "caption", *CONTENT)):
                continue
            chat_id = 500_000 + number
            where = content | {"chat": content["chat"] | {"id": chat_id}, "message_id": number + 1}
            await talk.give({"message": where})
            await talk.tell(message("/about", chat_id, user(chat_id)))
            if sum(call.given.get("chat_id") == chat_id for call in talk.api.answers) < 2:
                silent.append(content)
        assert not silent
