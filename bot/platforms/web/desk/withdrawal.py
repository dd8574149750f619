"""Withdrawing a bulletin: why, asked on a page of its own, becomes a change."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bot.dossier.entries import Content, Key
from bot.dossier.models import BulletinId
from bot.newsroom.change_content import clean, title_of
from bot.newsroom.desk import APPROVERS_ONLY, DeskError, Edit, Item
from bot.platforms.web.desk.entries import title_of_entry
from bot.platforms.web.desk.form import MAX_REASON, REASON_TOO_LONG, unsaved
from bot.platforms.web.desk.frame import Frame
from bot.platforms.web.desk.sign_in import HOME, Visit
from bot.platforms.web.forms import see_other


class WithdrawalPages:
    """The page that asks why.

    Args:
        frame: what all pages share.
        show_change: the page of a change, with what was typed and an error.
    """

    def __init__(self, frame: Frame, show_change: Callable[..., Awaitable[web.Response]]) -> None:
        self.frame, self._desk, self._show_change = frame, frame.desk, show_change

    async def ask_why(self, visit: Visit) -> web.Response:
        """The page that asks why a bulletin is withdrawn; the withdrawal that is open, if there is one."""
        _, key, _ = await self._withdrawable(visit)
        other = await self._open_withdrawal(visit, key)
        return see_other(f"{HOME}/{other.change.id}") if other is not None else await self._ask_why(visit)

    async def _ask_why(self, visit: Visit, error: str = "", status: int = 200) -> web.Response:
        name, key, content = await self._withdrawable(visit)
        return await self.frame.page(
            visit,
            "desk_withdraw.html",
            status,
            name=name,
            day=content["date"],
            title=self.frame.titles(visit).read(title_of(content, visit.person.language)),
            other=await self.frame.open_change(key),
            reasons={code: visit.field(f"because-{code}") for code in self.frame.dossier.written_languages},
            chats=(await self.frame.chats([key])).get(key, 0),
            error=error,
        )

    async def _withdrawable(self, visit: Visit) -> tuple[BulletinId, Key, Content]:
        """A bulletin that is in force, or that was sent and is not any more, for somebody who may withdraw it."""
        if not self._desk.rules.decides(visit.person.account):
            raise web.HTTPForbidden(text=APPROVERS_ONLY)
        name, live = BulletinId(visit.request.match_info["name"]), self._desk.live
        key = Key(f"bulletins/{name}")
        content = live.contents[key] if name in live.complete.bulletins else await self._desk.sent(name)
        if content is None:
            raise web.HTTPNotFound(text="There is no such bulletin, or it is withdrawn already.")
        return name, key, content

    async def _open_withdrawal(self, visit: Visit, key: Key) -> Item | None:
        """The latest change that withdraws a bulletin and is not in force yet."""
        for change in await self._desk.open_changes(key):
            item = await self._desk.item(change.id, visit.person)
            entry = item.entries.get(key) if item is not None else None
            if entry is not None and "withdrawn" in (entry.content or {}) and "withdrawn" not in (entry.base or {}):
                return item
        return None

    async def withdraw(self, visit: Visit) -> web.Response:
        """A change that withdraws a bulletin. Its approval is asked for at once; it is approved where one editor is enough."""
        _, key, content = await self._withdrawable(visit)
        languages = self.frame.dossier.languages
        because = {code: text for code in languages if (text := clean(visit.field(f"because-{code}")))}
        if (other := await self._open_withdrawal(visit, key)) is not None:
            # the open withdrawal, with the reasons that were typed for a second one and that it does not have
            edits = [Edit(key, ("withdrawn", "because", code), "", text) for code, text in because.items()]
            if not unsaved(other.entries, edits):
                return see_other(f"{HOME}/{other.change.id}")
            error = "This bulletin is being withdrawn already."
            return await self._show_change(visit, other, edits=edits, error=error, status=409)
        if not because:
            return await self._ask_why(visit, "Say why it is withdrawn.", 409)
        if any(len(text) > MAX_REASON for text in because.values()):
            return await self._ask_why(visit, REASON_TOO_LONG, 409)
        mark: dict[str, Any] = {"date": (await self._desk.today()).isoformat(), "because": because}
        content = {**content, "withdrawn": mark}
        made = await self.frame.made(visit, title_of_entry(self.frame, key, content), {key: content})
        if made is None:  # a second press at the same moment
            where = await self._open_withdrawal(visit, key)
            return see_other(f"{HOME}/{where.change.id}" if where else HOME)
        is_alone = not self._desk.rules.needs_two or visit.person.account in self._desk.rules.owners
        try:
            await self._desk.decide(made.id, made.version, "approve" if is_alone else "ask", visit.person)
        except DeskError as refusal:
            item = await self._desk.item(made.id, visit.person)
            if item is not None:
                return await self._show_change(visit, item, error=str(refusal), status=409)
        return see_other(f"{HOME}/{made.id}")
