"""Subscribing on the page: two presses, no account."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.db.page_readers import Crowded
from bot.db.store import Store
from bot.dossier.models import Language
from bot.feeds.ssrf import Forbidden, Policy
from bot.platforms.platform import Bot, NotAccepted, PageForm, Surroundings
from bot.platforms.webpush.api import is_reachable, public_key
from bot.platforms.webpush.limits import MAX_OF_AN_ENDPOINT
from bot.platforms.webpush.platform import WebPushSettings
from bot.platforms.webpush.types import PLATFORM, WORKER, Destination, InvalidKey, destination_in
from bot.reader import Address
from bot.replies.i18n import phrases_in
from bot.schedule import Subscription

FOLDER = Path(__file__).parent

_STORED = (
    "The address that your browser has at its maker’s push service, and the keys that encrypt messages for it: "
    "that service cannot read them."
)
_ENDS = (
    "If you withdraw the permission in the browser, the push service tells Nota with the next bulletin; "
    "then nothing is sent, and everything is deleted 30 days later."
)


@dataclass(frozen=True, slots=True)
class Subscribing:
    """Stores the browsers that subscribe."""

    store: Store
    policy: Policy
    public_key: str

    async def subscribe(self, fields: Mapping[str, str], wanted: Subscription, language: Language) -> Address | str:
        """The stored reader. A browser whose subscription had ended gets bulletins again."""
        say = phrases_in(language).say
        if self.store.safeguards.foreign.get(PLATFORM):
            raise NotAccepted(say("That is not possible any more, or not yet."))
        try:
            to = destination_in(fields, self.public_key)
            is_known = await is_reachable(to.endpoint, self.policy)
        except InvalidKey:
            raise NotAccepted(say("Your browser gave no address for notifications.")) from None
        except Forbidden:
            is_known = False
        if not is_known:
            raise NotAccepted(say("Your browser named a push service that cannot be reached."))
        return await self.store.database.in_turn(self._store_browser(to, wanted, language))

    async def _store_browser(self, to: Destination, wanted: Subscription, language: Language) -> Address:
        place = PLATFORM, to.identity, to.as_json(), language, MAX_OF_AN_ENDPOINT
        try:
            address = await self.store.page_readers.meet(*place)
        except Crowded:
            say = phrases_in(language).say
            raise NotAccepted(say("Too many subscriptions have this address for notifications.")) from None
        await self.store.readers.restore(PLATFORM, address.chat_id)
        await self.store.subscriptions.put(address, wanted)
        return address


def page_form(settings: WebPushSettings, surroundings: Surroundings, _bot: Bot | None = None) -> PageForm:
    """The form's part for Web Push."""
    key = public_key(settings.key)

    return PageForm(
        template=FOLDER / "templates" / "subscribe.html",
        title=lambda language: phrases_in(language).say("Notifications in the browser"),
        values={"key": key, "worker": WORKER},
        script=FOLDER / "static" / "webpush.js",
        stored=lambda language: [phrases_in(language).say(_STORED)],
        ends=lambda language: [phrases_in(language).say(_ENDS)],
        subscribe=Subscribing(surroundings.conversation.store, settings.policy, key).subscribe,
    )
