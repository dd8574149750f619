"""Subscribing on the page."""

from collections.abc import Mapping
from pathlib import Path

from bot.dossier.models import Language
from bot.platforms.platform import NotAccepted, PageForm, Surroundings
from bot.reader import Address
from bot.schedule import Subscription
from tests.platforms.postcards.platform import NAME, PostcardSettings


def page_form(_settings: PostcardSettings, surroundings: Surroundings, _bot: object = None) -> PageForm:
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
