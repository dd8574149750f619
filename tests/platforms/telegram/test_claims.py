"""Claims on Telegram: typed, forwarded, with /check, in reply to a message, inline; over real HTTP."""

from typing import Any

import pytest
from sqlalchemy import text as sql

from bot.reader import LINES_AN_HOUR, Address
from tests.platforms.telegram.conftest import Talk
from tests.platforms.telegram.updates import ADA, BUDI, CHANNEL, GROUP, chat, inline_query, message, user
from tests.servers.telegram import ME
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

    async def test_what_is_struck_out_gets_no_verdict(self, talk: Talk) -> None:
        struck = {"entities": [{"type": "strikethrough", "offset": 0, "length": len(RUMOUR)}]}
        for way in ({}, FORWARDED):
            assert not (await first_line(talk, message(RUMOUR, **way, **struck))).startswith(("✓", "✗"))

    async def test_inline(self, talk: Talk) -> None:
        """The verdict is the first article."""
        [call] = await talk.tell(inline_query(RUMOUR))
        assert call.given["results"][0]["title"].startswith(NO)


class TestForwardsInAGroup:
    """Where its admins want it, a message is answered unasked that an editor found false, or that has another figure than a declared sentence."""

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
            message("It lasts ten years", GROUP, **FORWARDED),
            message("They say the memorandum lasts ten years", GROUP, **FORWARDED),
            message("Yeah right, the memorandum lasts ten years 😂", GROUP, **FORWARDED),
            message(f"{RUMOUR}?", GROUP, **FORWARDED),
            message(f"Is it true that {RUMOUR}?", GROUP),
            message(f"“{RUMOUR}” is a hoax", GROUP, **FORWARDED),
            message("✗ No. The memorandum’s first term: five years, not ten years.", GROUP, **FORWARDED),
            message(f"/other {RUMOUR}", GROUP),
            message("the memorandum is great", GROUP, **FORWARDED),
            message("how long does it last?", GROUP, **FORWARDED),
            message(RUMOUR, GROUP, via_bot={"id": int(str(ME["id"])), "is_bot": True, "first_name": "Nota"}),
            message(RUMOUR, GROUP, sender_chat=chat(CHANNEL), is_automatic_forward=True),
            message(NO, GROUP, forward_origin={"type": "user", "date": 1, "sender_user": {"id": 1, "is_bot": True}}),
        ],
        ids=lambda update: update["message"].get("text", "")[:40],
    )
    async def test_everything_else_stays_unanswered(self, talk: Talk, update: dict[str, Any]) -> None:
        talk.api.state.members[GROUP, ADA] = "administrator"
        await talk.tell(message("/settings forwards on", GROUP))
        assert await talk.ignores(update)

    @cases("text, language, line")
    async def test_another_figure_in_a_declared_sentence(self, talk: Talk, text: str, language: str, line: str) -> None:
        """Forwarded or written, in one line with its sources and one button.

        The memorandum lasts ten years | en | No. The memorandum’s first term: five years, not ten years
        BREAKING: the memorandum lasts ten years!!! Share before they delete it | en | five years, not ten years
        VIRAL!!! MoU berlaku sepuluh tahun. Tolong sebarkan | id | lima tahun, bukan
        Внимание! Меморандум действует десять лет. Перешлите всем! | ru | пять лет, а не десять лет
        """
        await talk.store.readers.set_for_group(
            Address("telegram", str(GROUP)), {"checks_forwards": True, "language": language}
        )
        for more in (FORWARDED, {}):
            [call] = await talk.tell(message(text, GROUP, user(BUDI), **more))
            assert line in parsed(call.given["text"])
            assert "<a href=" in call.given["text"]
            assert len(call.given["reply_markup"]["inline_keyboard"]) == 1
            assert call.given["reply_parameters"]["message_id"]

    async def test_as_often_an_hour_as_its_admins_chose(self, talk: Talk) -> None:
        """Whoever forwards, in every topic of the group, by every process; another group has its own."""
        talk.api.state.members[GROUP, ADA] = "administrator"
        await talk.tell(message("/settings forwards on", GROUP))
        other = -1002222222222
        await talk.store.readers.set_for_group(Address("telegram", str(other)), {"checks_forwards": True})
        for who in range(2001, 2001 + LINES_AN_HOUR):
            assert await first_line(talk, message(RUMOUR, GROUP, user(who), **FORWARDED))
        assert await talk.ignores(message(RUMOUR, GROUP, user(BUDI), **FORWARDED))
        assert await first_line(talk, message(RUMOUR, other, user(BUDI), **FORWARDED))
        await talk.tell(message("/settings forwards 10", GROUP))
        assert await first_line(talk, message(RUMOUR, GROUP, user(BUDI), **FORWARDED))

    async def test_an_edited_message_gets_no_line(self, talk: Talk) -> None:
        await talk.store.readers.set_for_group(Address("telegram", str(GROUP)), {"checks_forwards": True})
        edited = {"edited_message": message(RUMOUR, GROUP, user(BUDI), edit_date=2)["message"]}
        assert await talk.ignores(edited)

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
