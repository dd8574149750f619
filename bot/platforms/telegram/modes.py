"""Inline mode and guest mode: whether they are on, and switching them on (core.telegram.org/bots/api#getme, #setmysettings; Bot API 10.5)."""

from telegram import User
from telegram.error import BadRequest, Forbidden

from bot.dossier.models import Dossier
from bot.platforms.base import cut
from bot.platforms.telegram.api import TelegramClient, UnknownMethod
from bot.platforms.telegram.limits import INLINE_PLACEHOLDER
from bot.replies.i18n import phrases_in

INLINE = "supports_inline_queries"

MODES = {INLINE: "inline mode", "supports_guest_queries": "guest mode"}
"""Field of ``getMe`` and parameter of ``setMySettings`` → the mode."""

REMEDY = "switch it on at @BotFather (Bot Settings)"


def modes_off(me: User) -> list[str]:
    """The fields of the modes that ``getMe`` says are off. An older server that lacks a field says nothing."""
    return [field for field in MODES if getattr(me, field) is False]


async def switch_on(client: TelegramClient, dossier: Dossier) -> list[str]:
    """Switches on the modes that are off. Returns lines for the operator; none if all were on.

    Nothing else is changed: a placeholder that somebody has chosen stays. After it, ``getMe`` decides what is on.

    Raises:
        TelegramError: Telegram cannot be reached.
    """
    me = await client.query(client.bot.get_me)
    off = modes_off(me)
    if not off:
        return []
    asked: dict[str, bool | str] = dict.fromkeys(off, True)
    if INLINE in off and not me.api_kwargs.get("inline_query_placeholder"):
        text = phrases_in(dossier.header.default_language).say("Your question or claim…")
        asked["inline_query_placeholder"] = cut(text, INLINE_PLACEHOLDER)
    reason = "Telegram still says so"
    try:
        await client.query_newer("setMySettings", asked)
    except UnknownMethod:
        reason = "the Bot API server is older than 10.5"
    except (BadRequest, Forbidden) as error:
        reason = str(error)
    still_off = modes_off(await client.query(client.bot.get_me))
    lines = [f"{MODES[field]} is on now" for field in off if field not in still_off]
    return lines + [f"{MODES[field]} is off ({reason}): {REMEDY}" for field in still_off]
