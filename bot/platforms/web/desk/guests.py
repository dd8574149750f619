"""A change shown to somebody without an account, by a link that an editor makes: read only, for a week, revocable."""

from secrets import token_urlsafe

from aiohttp import web

from bot.db.changes import Person
from bot.db.page_readers import digest_of
from bot.db.sign_ins import GUEST_SECONDS, guest_of
from bot.newsroom.change_content import clean
from bot.newsroom.desk import COMMENT, DeskError
from bot.newsroom.reports import one_line
from bot.platforms.web.desk.change import ChangePages
from bot.platforms.web.desk.frame import Frame, change_id, saves_first
from bot.platforms.web.desk.sign_in import HOME, PREVIEW, SignIn, Visit
from bot.platforms.web.forms import see_other

MAX_NAME = 60
"""Characters of whom a link is for."""


class GuestPages:
    """The links to a change, and the pages behind them."""

    def __init__(self, frame: Frame, change: ChangePages, sign_in: SignIn) -> None:
        self.frame, self._change, self._sign_in, self._sign_ins = frame, change, sign_in, sign_in.sign_ins
        self.refused = change.refused

    def add_routes(self, app: web.Application) -> None:
        invited, address = self._sign_in.invited, f"{PREVIEW}/{{token}}"
        app.router.add_post(f"{HOME}/{{id:\\d+}}/guests", self._sign_in.required(self.press))
        app.router.add_get(address, invited(self.show))
        app.router.add_get(f"{address}/consequences", invited(self._change.consequences))
        app.router.add_post(f"{address}/comment", invited(self.comment))

    @saves_first
    async def press(self, visit: Visit) -> str:
        """Makes a link, which the page of the change shows once, or ends one before its time."""
        number, name, token = change_id(visit), one_line(clean(visit.field("guest")), MAX_NAME), ""
        if ended := visit.field("revoke"):
            await self._sign_ins.revoke(number, ended)
        elif name:
            guest, token = Person(guest_of(number), name, visit.person.language), token_urlsafe(24)
            await self._sign_ins.invite(token, guest, GUEST_SECONDS, "talking" if visit.field("talks") else "guest")
        else:
            raise DeskError("Write whom the link is for.", "guest")
        return f"{HOME}/{number}?link={token}#guests"

    async def show(self, visit: Visit, error: str = "", status: int = 200) -> web.Response:
        """The change as its guest sees it. That a person has opened it is noted among the comments."""
        item = await self.frame.item(visit)
        if visit.request.headers.get("Sec-Fetch-Mode") == "navigate":  # and not what makes a preview of the link
            await self.frame.desk.note_opening(item.change.id, visit.person, f"preview {digest_of(visit.session)[:24]}")
        talks = await self._sign_ins.person(visit.session, "talking") is not None
        return await self._change.show_to_guest(visit, item, talks=talks, error=error, status=status)

    async def comment(self, visit: Visit) -> web.Response:
        """What the guest has to say about it, if the editor allowed that."""
        if not await self._sign_ins.person(visit.session, "talking"):
            raise web.HTTPForbidden(text="This link only shows the change.")
        try:
            await self.frame.desk.comment(change_id(visit), visit.person, clean(visit.field(COMMENT)))
        except DeskError as refusal:
            return await self.show(visit, str(refusal), 409)
        return see_other(f"{PREVIEW}/{visit.session}#comments")
