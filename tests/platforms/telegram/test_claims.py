"""Claims on Telegram: typed, forwarded, with /check, in reply to a message, inline; over real HTTP."""

from typing import Any

import pytest
from sqlalchemy import text as sql

from tests.platforms.telegram.conftest import Talk
from tests.platforms.telegram.updates import ADA, BUDI, GROUP, chat, inline_query, message, user
from tests.servers.telegram_markup import parsed
from tests.tables import cases

RUMOUR = "the memorandum lasts ten years"
NO = "✗ No. The memorandum’s first term: five years, not ten years"
FORWARDED = {"forward_origin": {"type": "user", "date": 1, "sender_user": user(BUDI)}}


def heard(text: str) -> dict[str, Any]:
    """Fields of a message that replies to somebody's message."""
    return {"reply_to_message": {"message_id": 5, "date": 1, "from": user(BUDI), "chat": chat(GROUP), "text": text}}


def rich(text: str) -> dict[str, Any]:
    """The content of a rich message, as a bot that reports feeds posts it."""
    article = {
        "type": "details",
        "summary": "Breaking",
        "blocks": [{"type": "paragraph", "text": {"type": "url", "text": text}}],
    }
    return {
        "rich_message": {
            "blocks": [{"type": "photo", "photo": [], "caption": {"text": "", "credit": "A. Photographer"}}, article]
        }
    }


def posted(text: str) -> dict[str, Any]:
    """Fields of a message that replies to another bot's rich message."""
    bot = {"id": 9, "is_bot": True, "first_name": "Feeds"}
    return {"reply_to_message": {"message_id": 5, "date": 1, "from": bot, "chat": chat(GROUP)} | rich(text)}


def without_text(update: dict[str, Any]) -> dict[str, Any]:
    return {"message": {key: value for key, value in update["message"].items() if key != "text"}}


async def first_line(talk: Talk, update: dict[str, Any]) -> str:
    [call] = await talk.tell(update)
    return parsed(call.given["text"]).splitlines()[0]


WAYS = {
    "typed": message(RUMOUR),
    "asked": message(f"Is it true that {RUMOUR}?"),
    "check": message(f"/check {RUMOUR}"),
    "cek": message(f"/cek {RUMOUR}"),
    "forwarded": message(RUMOUR, **FORWARDED),
    "group": message(f"/check@NotaTestBot {RUMOUR}", GROUP),
    "mention": message(f"@NotaTestBot {RUMOUR}", GROUP),
    "check reply": message("/check", GROUP, **heard(RUMOUR)),
    "reply": message("@NotaTestBot", GROUP, **heard(RUMOUR)),
    "asked of a reply": message("is this true? @NotaTestBot", GROUP, **heard(RUMOUR)),
    "rich forwarded": without_text(message("", **FORWARDED, **rich(RUMOUR))),
    "rich check reply": message("/check", GROUP, **posted(RUMOUR)),
    "rich reply": message("@NotaTestBot", GROUP, **posted(RUMOUR)),
}


class TestWays:
    """However a claim comes, it is answered the same."""

    @pytest.mark.parametrize("update", WAYS.values(), ids=WAYS)
    async def test_no(self, talk: Talk, update: dict[str, Any]) -> None:
        assert (await first_line(talk, update)).startswith(NO)

    @cases("text, language, line")
    async def test_in_other_words(self, talk: Talk, text: str, language: str, line: str) -> None:
        """
        benarkah MoU berlaku 10 tahun? | id | ✗ Tidak benar. Masa berlaku pertama MoU: lima tahun, bukan 10 tahun
        правда ли, что меморандум на 10 лет? | ru | ✗ Нет. Первый срок меморандума: пять лет, а не десять лет
        the memorandum was exchanged on 19 June 2025 | en | ✓ Yes: 19 June 2025 – exchange of the signed memorandum
        /check Telkomsel builds it all | en | 🔎 Nota has this on it:
        """
        assert (await first_line(talk, message(text, who=user(language=language)))).startswith(line)

    async def test_a_group_hears_nothing_unasked(self, talk: Talk) -> None:
        assert await talk.ignores(message(RUMOUR, GROUP))
        assert await talk.ignores(message(RUMOUR, GROUP, **FORWARDED))

    async def test_a_forwarded_question_is_answered(self, talk: Talk) -> None:
        assert "How long it lasts" in await first_line(talk, message("how long does it last?", **FORWARDED))

    async def test_inline(self, talk: Talk) -> None:
        """The verdict is the first article."""
        [call] = await talk.tell(inline_query(RUMOUR))
        assert call.given["results"][0]["title"].startswith(NO)


class TestForwardsInAGroup:
    """Where its admins want it, a forward is answered unasked that repeats a claim which an editor found false."""

    async def test_is_off_until_an_admin_switches_it_on(self, talk: Talk) -> None:
        forwarded = message("the memorandum is a hoax", GROUP, **FORWARDED)
        talk.api.state.members[GROUP, ADA] = "administrator"
        assert await talk.ignores(forwarded)
        await talk.tell(message("/settings forwards on", GROUP, who=user(BUDI)))
        assert await talk.ignores(forwarded)
        await talk.tell(message("/settings forwards on", GROUP))
        assert await first_line(talk, forwarded) == "✗ “the memorandum is a hoax” – False."
        await talk.tell(message("/settings forwards off", GROUP))
        assert await talk.ignores(forwarded)

    @pytest.mark.parametrize(
        "update",
        [
            message("the memorandum lasts five years", GROUP, **FORWARDED),
            message(RUMOUR, GROUP, **FORWARDED),
            message("the memorandum is great", GROUP, **FORWARDED),
            message("how long does it last?", GROUP, **FORWARDED),
            message(RUMOUR, GROUP),
            message(NO, GROUP, forward_origin={"type": "user", "date": 1, "sender_user": {"id": 1, "is_bot": True}}),
        ],
        ids=["right", "wrong by a fact alone", "undecided", "question", "not forwarded", "by a bot"],
    )
    async def test_everything_else_stays_unanswered(self, talk: Talk, update: dict[str, Any]) -> None:
        talk.api.state.members[GROUP, ADA] = "administrator"
        await talk.tell(message("/settings forwards on", GROUP))
        assert await talk.ignores(update)

    async def test_the_panel_is_for_groups(self, talk: Talk) -> None:
        talk.api.state.members[GROUP, ADA] = "administrator"
        [call] = await talk.tell(message("/settings", GROUP))
        assert "Forwarded messages" in str(call.given["reply_markup"])
        [call] = await talk.tell(message("/settings"))
        assert "Forwarded messages" not in str(call.given["reply_markup"])


class TestPrivacy:
    """Nothing that people claim is stored."""

    async def test_no_table_has_the_words(self, talk: Talk) -> None:
        await talk.tell(message("/check zqxj says the memorandum lasts ten years", ADA))
        database = talk.store.database
        async with database.read() as connection:
            names = await connection.execute(sql("SELECT name FROM sqlite_master WHERE type = 'table'"))
            for name in [row.name for row in names]:
                rows = (await connection.execute(sql(f'SELECT * FROM "{name}"'))).all()
                assert "zqxj" not in str(rows)
