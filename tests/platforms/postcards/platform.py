"""Postcards, as the rest of Nota knows them."""

import re
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

from pydantic import Field

from bot.delivery.rate_limiter import Limits
from bot.platforms import PLATFORMS
from bot.platforms.plain_text import render
from bot.platforms.platform import Platform, SettingsGroup
from bot.replies.reply import Reply, ReplyProblem

NAME = "postcards"

PATH = "/postcards/letters"

CHARACTERS = 3000


class PostcardSettings(SettingsGroup):
    """The settings of postcards."""

    postcards_folder: Path | None = Field(default=None, description="Where cards are written.")

    @property
    def folder(self) -> Path:
        """Where cards are written; only for a platform that is on."""
        return Path(self.required("postcards_folder"))


def payload(reply: Reply) -> dict[str, Any]:
    return {"text": render(reply)}


def _check_reply(reply: Reply) -> Iterator[ReplyProblem]:
    if (size := len(payload(reply)["text"])) > CHARACTERS:
        yield ReplyProblem(f"{size} characters on a postcard", f"expected at most {CHARACTERS}", "body")


def _limits(_settings: PostcardSettings) -> Limits:
    return Limits(per_second=50, chat_seconds=0.01)


POSTCARDS = Platform(
    name=NAME,
    label="Postcards",
    settings=PostcardSettings,
    enabled_by="POSTCARDS_FOLDER",
    how_to_enable="mkdir it",
    chats=re.compile(r"(?P<chat>[\w .,/-]{3,200})"),
    accounts=re.compile(r"[\w .,/-]{3,200}"),
    chat_example="postcards:1 Quay Street, Portnahaven",
    account_example="postcards:1 Quay Street, Portnahaven",
    own_account="where you live",
    payload=payload,
    words=itemgetter("text"),
    check_reply=_check_reply,
    limits=_limits,
    webhook=PATH,
)

WITH_POSTCARDS = (*PLATFORMS, POSTCARDS)
