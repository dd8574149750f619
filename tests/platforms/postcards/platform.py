"""Postcards, as the rest of Nota knows them."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

from pydantic import Field

from bot.db.readers import ChatKind
from bot.delivery.rate_limiter import Limits
from bot.dossier.models import Dossier, Language
from bot.platforms import PLATFORMS
from bot.platforms.base import Finding, ok, problem
from bot.platforms.plain_text import render
from bot.platforms.platform import Bot, Deployment, NotAccepted, PageForm, Platform, SettingsGroup, Surroundings
from bot.reader import Address
from bot.replies.reply import Reply, ReplyProblem
from bot.schedule import Subscription

NAME = "postcards"

PATH = "/postcards/letters"

CHARACTERS = 3000


class PostcardSettings(SettingsGroup):
    """The settings of postcards."""

    postcards_folder: Path | None = Field(default=None, description="Where cards are written.")

    @property
    def folder(self) -> Path:
        assert self.postcards_folder is not None
        return self.postcards_folder


def payload(reply: Reply) -> dict[str, Any]:
    return {"text": render(reply)}


def _check_reply(reply: Reply) -> Iterator[ReplyProblem]:
    if (size := len(payload(reply)["text"])) > CHARACTERS:
        yield ReplyProblem(f"{size} characters on a postcard", f"expected at most {CHARACTERS}", "body")


def _start(settings: PostcardSettings, surroundings: Surroundings) -> Bot:
    from tests.platforms.postcards.bot import Postcards

    return Postcards(settings.folder, surroundings.conversation, _limits(settings))


async def _doctor(settings: PostcardSettings, _deployment: Deployment) -> AsyncIterator[Finding]:
    if settings.folder.is_dir():
        yield ok("POSTCARDS_FOLDER", f"{settings.folder} is there")
    else:
        yield problem("POSTCARDS_FOLDER", f"{settings.folder} is not there", "run `nota migrate`")


async def _release(settings: PostcardSettings, _deployment: Deployment, dossier: Dossier) -> list[str]:
    settings.folder.mkdir(exist_ok=True)
    return [f"the folder for {dossier.header.id} is there"]


def page_form(_settings: PostcardSettings, surroundings: Surroundings) -> PageForm:
    """Who has no letter box may give the street alone."""
    store = surroundings.conversation.store

    async def subscribe(fields: Mapping[str, str], wanted: Subscription, language: Language) -> Address | str:
        street = fields.get("street", "").strip()
        if not street:
            raise NotAccepted("Where do you live?")
        if street == "Far away":
            return "Ask at the post office."
        address = await store.page_readers.meet(NAME, street.lower(), {"street": street}, language)
        await store.subscriptions.put(address, wanted)
        return address

    return PageForm(
        template=Path(__file__).parent / "templates" / "subscribe.html",
        values={"most": "100"},
        stored=lambda _: ["Your street."],
        ends=lambda _: ["It ends when you move away."],
        subscribe=subscribe,
    )


def _limits(_settings: PostcardSettings) -> Limits:
    return Limits(per_second=50, chat_seconds=0.01)


def _kind_of(_address: Address) -> ChatKind:
    return "private"


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
    start=_start,
    kind_of=_kind_of,
    doctor=_doctor,
    release=_release,
    webhook=PATH,
    page_form=page_form,
)

WITH_POSTCARDS = (*PLATFORMS, POSTCARDS)
