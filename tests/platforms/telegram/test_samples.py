"""Updates as other programs' tests have them: survived one and all, in both modes, with what comes behind them handled."""

import json
from typing import Any

import pytest

from bot.platforms.telegram.types import parse_json_update, parse_update
from tests.conftest import HERE
from tests.platforms.telegram.conftest import Talk
from tests.platforms.telegram.updates import VERA, message, user

SAMPLES = HERE.parent.parent / "shared" / "samples" / "telegram-updates.jsonl"

BROKEN: list[Any] = [
    {"message": "no message"},
    {"message": {"message_id": "x", "chat": None}},
    {"message": {"message_id": 1, "chat": {"id": "x" * 1000, "type": 7}, "text": {"a": 1}}},
    {"message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "from": [], "text": "/programs"}},
    {"callback_query": {"id": 1, "from": {}, "data": 3}},
    {"inline_query": []},
    {"channel_post": {}},
    {"my_chat_member": {"chat": {"id": 1, "type": "group"}}},
    {"message": None, "edited_message": {"text": "x" * 100_000}},
]


def samples() -> list[dict[str, Any]]:
    """Each without its number: those the server gives are in order."""
    if not SAMPLES.exists():
        return []
    rows = [json.loads(line)["update"] for line in SAMPLES.read_text(encoding="utf-8").splitlines()]
    return [{key: value for key, value in row.items() if key != "update_id"} for row in rows]


async def all_survived(talk: Talk, updates: list[dict[str, Any]]) -> None:
    """Each is taken, and somebody behind each hundred of them is answered."""
    for start in range(0, len(updates), 100):
        for update in updates[start : start + 100]:
            await talk.give(update)
        await talk.give(message("/duration", VERA, user(VERA)))
        number = start // 100 + 1
        await talk.api.when(lambda number=number: _answers_to(talk, VERA) >= number, seconds=20)


def _answers_to(talk: Talk, chat_id: int) -> int:
    return len([call for call in talk.api.answers if call.given.get("chat_id") == chat_id])


class TestSamples:
    """What there is, and what is yet to come."""

    @pytest.mark.skipif(not SAMPLES.exists(), reason="the samples of other programs' tests are not beside the project")
    async def test_all_are_survived(self, talk: Talk) -> None:
        """223 of them."""
        updates = samples()
        assert len(updates) == 223
        await all_survived(talk, updates)

    async def test_broken_ones_are_passed_over(self, talk: Talk) -> None:
        """And those behind them handled."""
        await all_survived(talk, BROKEN)

    @pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"update_id": "x"}', b"\xff\xfe", b'"\\ud800"'])
    def test_what_is_no_update_is_a_value_error(self, body: bytes) -> None:
        """For the one that counts and passes over."""
        with pytest.raises(ValueError, match=r"."):
            parse_json_update(body)

    def test_unknown_kinds_hold_nothing_for_us(self) -> None:
        """Telegram adds some with each release."""
        update = parse_update({"update_id": 1, "something_new": {"a": 1}})
        assert update.model_dump(exclude={"update_id"}, exclude_none=True) == {}
