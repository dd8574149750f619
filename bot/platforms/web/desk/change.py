"""One change at the desk: its form with its previews, decisions, comments, what became of it. Works without a script."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web

from bot.db.changes import Action
from bot.db.delivery_reports import Progress
from bot.delivery.outcomes import Delivered, Outcome
from bot.dossier.entries import ABSENT, Key, fields, value_digest
from bot.dossier.models import BulletinId, Language, in_language
from bot.dossier.schema import KINDS
from bot.newsroom.change_content import Contents, clean, ends_withdrawal, title_of
from bot.newsroom.change_history import history
from bot.newsroom.change_messages import ACTIONS
from bot.newsroom.desk import (
    COMMENT,
    FIGURES,
    MAX_COMMENT,
    MAX_LISTED,
    OPEN,
    OWNERS_ONLY,
    WITHOUT,
    DeskError,
    Edit,
    Item,
    NotAllowed,
    Overtaken,
)
from bot.newsroom.figures import ANSWERS, figures_kept
from bot.newsroom.labels import Titles, shown, with_facts
from bot.newsroom.translation import left_out_key
from bot.platforms.web.addresses import origin_of
from bot.platforms.web.desk.consequences import Comparisons
from bot.platforms.web.desk.consequences import shown as consequences_shown
from bot.platforms.web.desk.entries import ENTRIES_PER_PAGE, new_entry
from bot.platforms.web.desk.form import (
    OF_CHANGE,
    change_fields,
    controls,
    entry_forms,
    is_typed,
    title_of_change,
    unsaved,
    with_edits,
)
from bot.platforms.web.desk.frame import TWICE, Frame, PartlySaved, change_id, saves_first
from bot.platforms.web.desk.insert import about_address, insertable
from bot.platforms.web.desk.mistakes import Mistake, Wording, mistakes
from bot.platforms.web.desk.renderings import audiences, messages, renderings
from bot.platforms.web.desk.sign_in import HOME, PREVIEW, Visit
from bot.platforms.web.desk.titles import NEW_KINDS, grouped, is_edited, options
from bot.platforms.web.forms import number_in, see_other
from bot.platforms.web.streams import EventStreams
from bot.replies.bulletins import as_try_out
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import clock, weekday
from bot.replies.i18n import phrases_in
from bot.replies.language_panel import language_name
from bot.replies.reply import Reply
from bot.schedule import local_time

DELIVERY_STATES: Mapping[str, str] = {
    "due": "waits",
    "held": "comes later",
    "retry": "waits after an error",
    "claimed": "is being sent",
    "delivered": "delivered",
    "crosspost": "delivered, but not to the channel's followers",
    "failed": "failed",
    "dropped": "not sent",
}

PROGRESS_SECONDS = 1.0
"""Between two looks at what became of a change while its page is open."""

MAX_RETURN_REASON = 500
"""Characters."""

MOST_PROGRESS = 5
"""So many bulletins of a change are shown one by one, with their deliveries."""

MOST_DELIVERIES = 100
"""Chats on a page of deliveries."""

_CITING = tuple(f"{name}/" for name, kind in KINDS.items() if kind.cites)

WHY_IT_WAITS: Mapping[str, str] = {
    "differs": "A change made here and the files have changed the same. What was approved here is in force.",
    "clashes": "It does not stand beside what is in force.",
    "many": OWNERS_ONLY,
    "figures": "This bulletin keeps a figure as it was. Approve this if the figure was wrong.",
    "former": "A change made here has replaced this before.",
}
"""Why an entry of a deploy waits → the phrase for it."""


Senders = Mapping[str, Callable[[str, Reply], Awaitable[Outcome]]]


class ChangePages:
    """The pages of one change.

    Args:
        frame: what all pages share.
        rates: platform → messages a second.
        senders: platform → what writes to a person there.
    """

    def __init__(self, frame: Frame, rates: Mapping[str, float], senders: Senders) -> None:
        self.frame, self._desk, self._rates, self._senders = frame, frame.desk, rates, senders
        self.streams = EventStreams(PROGRESS_SECONDS)
        self.comparisons = Comparisons(frame.desk, [platform for platform in frame.platforms if platform.answers])
        self._checking = asyncio.Lock()  # a check takes tenths of a second of a processor: one at a time

    async def show(self, visit: Visit) -> web.Response:
        """A change: the form where it can be changed, its previews, decisions, and what became of it."""
        return await self.show_with(visit, await self.frame.item(visit))

    async def show_with(
        self,
        visit: Visit,
        item: Item,
        *,
        edits: Sequence[Edit] = (),
        error: str = "",
        error_at: str = "",
        status: int = 200,
    ) -> web.Response:
        """``edits``: what was typed, of which the page shows what could not be saved; ``error_at``: the field with the error."""
        change, entries, store, default = item.change, item.entries, self._desk.store, self.frame.default
        contents = with_edits(item.contents, edits)
        titles = self.frame.titles(visit, contents)
        used = await self._desk.uses(entries) if change.state in OPEN else {}
        wanted = clean(visit.request.query.get("chat", ""))[:64]
        async with store.database.read() as connection:
            decisions = await store.changes.decisions(connection, change.id)
            comments = await store.changes.comments(connection, change.id)
            versions = await store.changes.versions(connection, change.id) if change.state == "review" else ()
        returned = next((each for each in decisions if each.action == "return"), None)
        before = next((each.contents for each in versions if returned and each.version <= returned.version), None)
        listed = item.bulletins[:MOST_PROGRESS]
        lost = unsaved(entries, edits)
        untranslated = self._desk.untranslated(entries.values())
        kept = {key for entry in entries.values() for key in entry.made_from}
        return await self.frame.page(
            visit,
            "desk_change.html",
            status,
            item=item,
            change=change,
            own=change_fields(change, self.frame.dossier.header.zone, edits),
            forms=entry_forms(entries, self.frame.rules(), default, edits),
            title=self.frame.read(title_of_change(change, contents, default)),
            error=error,
            error_at=error_at,
            unsaved=lost if "save" not in item.possible else [],
            taken_out=[edit for edit in lost if edit.key not in entries or entries[edit.key].content is None],
            typed=lambda name: clean(visit.field(name)),  # into a form that was refused
            shown=shown,
            decisions=decisions,
            returned=returned,
            before_return=before,
            comments=comments,
            max_comment=MAX_COMMENT,
            untranslated=[(code, language_name(code)) for code in untranslated],
            left_out=[code for code in untranslated if left_out_key(code) in kept],
            progress=await self._progress(item),
            delivery_states=DELIVERY_STATES,
            deliveries=[(name, await store.deliveries.delivered_to(name, wanted)) for name in listed],
            most=MOST_DELIVERIES,
            wanted=wanted,
            guests=await store.sign_ins.guests(change.id),
            link=await self._link(visit),
            history=await history(store, change, entries),
            savers=await store.sign_ins.names({*change.savers, change.changed_by}),
            is_working="working" in visit.request.query,
            is_tried="tried" in visit.request.query,
            can_try=change.state in OPEN and visit.person.account.partition(":")[0] in self._senders,
            week=await self._week(visit.person.language) if "save" in item.possible else (),
            known=self._known(visit, titles),
            options=options(titles),
            called=titles.of,
            in_force=self._desk.live.contents,
            users={key: list(islice(grouped(used.get(key, ())), ENTRIES_PER_PAGE)) for key in entries},
            most_users=ENTRIES_PER_PAGE,
            candidate=await store.candidates.of_change(change.id),
            needed_by=await self._desk.needed_by(change, entries) if change.state in OPEN else {},
            new_kinds=NEW_KINDS,
            why_it_waits=WHY_IT_WAITS,
            figures_kept=figures_kept,
            ends_withdrawal=ends_withdrawal,
            **await self._checked(item, contents, visit.person.language, is_refused=bool(error), is_saved=True),
        )

    async def show_to_guest(self, visit: Visit, item: Item, *, talks: bool, error: str, status: int) -> web.Response:
        """A change for somebody without rights: what it says, as which messages, and who approved it. ``talks``: who may comment."""
        change, entries, store, language = item.change, item.entries, self._desk.store, visit.person.language
        titles = self.frame.titles(visit, item.contents)
        async with store.database.read() as connection:
            decisions = await store.changes.decisions(connection, change.id)
            comments = await store.changes.comments(connection, change.id) if talks else ()
        return await self.frame.page(
            visit,
            "desk_preview.html",
            status,
            change=change,
            title=self.frame.title_of(item),
            forms=entry_forms(entries, self.frame.rules(), self.frame.default),
            called=titles.of,
            approvals=[each for each in decisions if each.action == "approve" and each.version == change.version],
            link=f"{PREVIEW}/{visit.session}",
            talks=talks,
            comments=comments,
            max_comment=MAX_COMMENT,
            error=error,
            error_at=COMMENT if error else "",
            typed=lambda name: clean(visit.field(name)),
            **await self._checked(item, item.contents, language, is_saved=True),
        )

    async def _link(self, visit: Visit) -> str:
        """The address of the link that this editor has just made; "": none."""
        token = visit.request.query.get("link", "")
        is_valid = token and await self._desk.store.sign_ins.person(token, "guest", "talking")
        return f"{origin_of(visit.request)}{PREVIEW}/{token}" if is_valid else ""

    def _known(self, visit: Visit, titles: Titles) -> tuple[str, str] | None:
        """The id and title of the source that the dossier had already, of which somebody typed the address."""
        key = Key(visit.request.query.get("known", ""))
        is_source = key.startswith("sources/") and titles.contents.get(key) is not None
        return (key.partition("/")[2], titles.of(key)) if is_source else None

    async def go_back(self, visit: Visit) -> web.Response:
        """The address of a form that was refused, loaded again or sent to somebody, leads to its change."""
        return see_other(f"{HOME}/{change_id(visit)}")

    # ---- Saving

    async def save(self, visit: Visit) -> web.Response:
        """Saves what was typed, by field. A script gets JSON: the digests of what is stored, and what two have changed."""
        if not visit.request.headers.get("Accept", "").startswith("application/json"):
            return await self._save_form(visit)
        edits = self.frame.edits(visit, await self.frame.item(visit))
        try:
            await self.frame.save(visit, edits)
        except PartlySaved:
            pass
        except DeskError as refusal:
            return await self._saved_json(visit, edits, str(refusal), refusal.field)
        return await self._saved_json(visit, edits)

    @saves_first
    async def _save_form(self, visit: Visit) -> str:
        return f"{HOME}/{change_id(visit)}"

    async def _saved_json(
        self, visit: Visit, edits: Sequence[Edit], error: str = "", error_at: str = ""
    ) -> web.Response:
        item, zone = await self.frame.item(visit), self.frame.dossier.header.zone
        say = phrases_in(visit.person.language).say
        own = change_fields(item.change, zone)
        seen, conflicts, lost = dict[str, str](), dict[str, Any](), unsaved(item.entries, edits)
        rules, contents = self.frame.rules(), item.contents
        for edit in edits:
            name = "|".join((edit.key, *edit.field))
            if edit.key == OF_CHANGE:
                stored: Any = item.change.title if edit.field == ("title",) else own["planned"].text
                digest, is_stored = own[edit.field[0]].seen, shown(edit.value)[:200] == stored
            elif edit.key in item.entries:
                stored = fields(item.entries[edit.key].content).get(edit.field, ABSENT)
                digest, is_stored = value_digest(stored), edit not in lost
            else:
                error = error or TWICE
                continue
            if is_stored or not is_typed(edit):
                seen[name] = digest
            elif digest != edit.seen:
                control = rules.control(edit.key, contents, edit.field)
                theirs = controls(control, stored) if control is not None else []
                conflicts[name] = {"theirs": theirs, "text": shown(stored), "seen": digest}
        answer: dict[str, Any] = {"version": item.change.version, "seen": seen, "conflicts": conflicts}
        if error:
            answer |= {"error": say(error), "field": error_at, "ended": "save" not in item.possible}
        return web.json_response(answer, status=409 if error or conflicts else 200)

    async def refused(
        self, visit: Visit, refusal: DeskError, edits: Sequence[Edit], action: Action | None = None
    ) -> web.Response:
        """The change as it is now, with what was typed if that could not be saved. A second press of the same button is none."""
        item = await self.frame.item(visit)
        if action is not None and not isinstance(refusal, PartlySaved) and not unsaved(item.entries, edits):
            async with self._desk.store.database.read() as connection:
                last = (await self._desk.store.changes.last_decisions(connection, [item.change.id])).get(item.change.id)
            if last is not None and (last.action, last.decided_by) == (action, visit.person.account):
                return see_other(f"{HOME}/{item.change.id}")
        error = str(refusal)
        if refusal.values:
            error = phrases_in(visit.person.language).say(error, **refusal.values)
        status = web.HTTPForbidden.status_code if isinstance(refusal, NotAllowed) else web.HTTPConflict.status_code
        return await self.show_with(visit, item, edits=edits, error=error, error_at=refusal.field, status=status)

    async def check(self, visit: Visit) -> web.Response:
        """The diagnostics and previews of what was typed, without saving it: the part of the page that follows while typing."""
        item = await self.frame.item(visit)
        contents = with_edits(item.contents, self.frame.edits(visit, item))
        return await self.frame.page(
            visit,
            "desk_checked.html",
            title=self.frame.read(title_of_change(item.change, contents, self.frame.default)),
            called=self.frame.titles(visit, contents).of,
            item=item,
            change=item.change,
            **await self._checked(item, contents, visit.person.language),
        )

    async def list_insertable(self, visit: Visit) -> web.Response:
        """The facts and sources that can be inserted into a text of this change, with the values that the change gives facts."""
        item, complete = await self.frame.item(visit), self.frame.dossier
        own = {key: each.content for key, each in item.entries.items() if not key.startswith("bulletins/")}
        dossier = with_facts(complete, own)
        wanted = visit.request.query.get("language", "")
        written = (each for each in complete.written_languages if each == wanted)
        language = next(written, complete.header.default_language)
        contents = {**self._desk.live.contents, **own}
        titles = Titles(dossier, visit.person.language, contents)
        found = insertable(titles, Titles(dossier, language, contents))
        new = {key for key, each in item.entries.items() if each.base is None}
        return web.json_response([{**each, "isNew": f"{each['kind']}/{each['name']}" in new} for each in found])

    async def describe_address(self, visit: Visit) -> web.Response:
        """What the dossier knows of a page that somebody wants to cite. Nothing is fetched."""
        item = await self.frame.item(visit)
        titles = self.frame.titles(visit, item.contents)
        own = Key(visit.request.query.get("key", ""))
        others = {key: content for key, content in titles.contents.items() if key != own}
        address = visit.request.query.get("address", "")
        return web.json_response(about_address(address, replace(titles, contents=others)))

    # ---- Its entries

    @saves_first
    async def change_entries(self, visit: Visit) -> str:
        """Takes an entry into the change, or out of it."""
        action, _, name = visit.field("action").partition(":")
        number, key = change_id(visit), Key(name[:200])
        if action in ("add", "add-bulletin"):
            key = await self._add(visit, is_bulletin=action == "add-bulletin")
            if key not in (await self.frame.item(visit)).entries:
                return f"{HOME}/{number}?{urlencode({'known': key})}"
        elif action == "rename":
            key = await self._desk.rename_topic(number, visit.person, key, visit.field(f"rename|{key}")[:200])
        else:
            await self._take(visit, action, key)
        return f"{HOME}/{number}" + ("" if action == "drop" else f"#{quote(f'entry-{key}')}")

    @saves_first
    async def answer(self, visit: Visit) -> str:
        """A figure that sent bulletins print was wrong, or has changed."""
        answer, _, name = visit.field("action").partition(":")
        said = next((each for each in ANSWERS if each == answer), None)
        if said is None:
            raise web.HTTPBadRequest(text="Choose one of the buttons.")
        await self._desk.answer(change_id(visit), visit.person, Key(name[:200]), said)
        return f"{HOME}/{change_id(visit)}#{FIGURES}"

    async def _add(self, visit: Visit, *, is_bulletin: bool) -> Key:
        """Takes a new entry into the change. A source that the dossier has already is cited instead."""
        number, person = change_id(visit), visit.person
        if is_bulletin:
            return await self._desk.add_entry(number, person, "bulletins", {})
        item = await self.frame.item(visit)
        new = new_entry(visit, {**self._desk.live.contents, **item.contents})
        key = new if isinstance(new, str) else await self._desk.add_entry(number, person, *new)
        if key.startswith("sources/"):
            await self._cite(visit, key, cited=True)
        return key

    async def _take(self, visit: Visit, action: str, key: Key) -> None:
        """Takes an entry that is in force into the change, or one of the change out of it or out of the dossier."""
        number, person, desk = change_id(visit), visit.person, self._desk
        match action:
            case "open" if key in desk.live.contents and is_edited(key):
                await desk.open_entry(number, person, key)
            case "drop":
                entries = (await self.frame.item(visit)).entries
                if key in entries:  # else it is a second press
                    await desk.drop_entry(number, person, key)
                    if entries[key].base is None and key.startswith("sources/"):
                        await self._cite(visit, key, cited=False)
            case "remove":
                await desk.remove_entry(number, person, key)
            case _:
                raise web.HTTPBadRequest(text="Choose one of the buttons.")

    async def _cite(self, visit: Visit, source: Key, *, cited: bool) -> None:
        """Adds a source to the change's only bulletin, or else to the only entry that can cite one; or takes it out of all."""
        item, name = await self.frame.item(visit), source.partition("/")[2]
        citing = [each for each in item.entries.values() if each.content is not None and each.key.startswith(_CITING)]
        if cited:
            citing = [each for each in citing if each.key.startswith("bulletins/")] or citing
            if len(citing) != 1:
                return
        edits = []
        for entry in citing:
            stored = (entry.content or {}).get("sources", ABSENT)
            names = [each for each in stored if each != name] if isinstance(stored, list) else []
            wanted = [*names, name] if cited else names
            edits.append(Edit(entry.key, ("sources",), value_digest(stored), wanted or ABSENT))
        await self._desk.save(item.change.id, visit.person, edits)

    # ---- Deciding

    async def decide(self, visit: Visit) -> web.Response:
        """One of the buttons under a change. What was typed is saved first."""
        name, number = visit.field("action"), change_id(visit)
        action = next((listed for listed in ACTIONS if listed == name), None)
        if action is None:
            raise web.HTTPBadRequest(text="Choose one of the buttons.")
        reason, version = clean(visit.field("reason")), number_in(visit.field("version"))
        item = await self.frame.item(visit)
        edits = self.frame.edits(visit, item)
        try:
            if action == "return" and item.change.state == "review" and not reason:
                raise DeskError("Say why it is returned.")
            if len(reason) > MAX_RETURN_REASON:
                raise DeskError("The reason of a return may have 500 characters.")
            if any(map(is_typed, edits)):
                saved = await self.frame.save(visit, edits)
                if action == "approve" and item.change.version != version:  # it is not what this editor has seen
                    raise Overtaken("Somebody else has changed this meanwhile.")
                version = saved.version
            elif action == "ask" and "save" in item.possible:
                version = item.change.version
            if action in ("ask", "approve"):
                version = await self._complete(visit, version)
            await self._desk.decide(number, version, action, visit.person, reason)
        except DeskError as refusal:
            return await self.refused(visit, refusal, edits, action)
        return see_other(HOME if action == "discard" else f"{HOME}/{number}")

    @saves_first
    async def send_to_me(self, visit: Visit) -> str:
        """Sends the messages of a change to the editor alone, marked as a try-out, as they are sent to readers. The ledger knows nothing of it."""
        item, desk, (platform, _, user) = await self.frame.item(visit), self._desk, visit.person.account.partition(":")
        bases = {key: each.base for key, each in item.entries.items()}
        day = desk.day(item.change, await desk.now())
        async with self._checking:
            found = await asyncio.to_thread(messages, desk.live, bases, item.contents, day)
        for by_language in islice(filter(None, found.values()), MOST_PROGRESS):
            reply = by_language.get(visit.person.language) or next(iter(by_language.values()))
            send = self._senders.get(platform)
            outcome = await send(user, as_try_out(reply, reply.language)) if send else None
            if not isinstance(outcome, Delivered):
                raise DeskError("It could not be sent to you. Write to the bot first, and try again.")
        if not any(found.values()):
            raise DeskError("There is no message yet: it needs a title and a text.")
        return f"{HOME}/{item.change.id}?tried"

    async def _week(self, language: Language) -> list[tuple[str, list[tuple[str, str, int]]]]:
        """The next seven days of the office, and what comes into force or goes out on each: its hour, title, and change; 0: files say so."""
        desk, dossier = self._desk, self.frame.dossier
        async with desk.store.database.read() as connection:
            now = await desk.store.database.moment(connection)
            changes = await desk.store.changes.all(connection, OPEN, MAX_LISTED)
        found = [(each.due or each.planned or 0.0, each.title, int(each.id)) for each in changes]
        texts = DossierTexts(dossier, dossier.language(language))
        held = [each for each in dossier.bulletins.values() if each.not_before]
        found += [(each.not_before.timestamp(), texts.title(each), 0) for each in held if each.not_before]
        days = dict[date, list[tuple[str, str, int]]]()
        for number in range(7):
            days[local_time(now, dossier.header.zone).date() + timedelta(number)] = []
        for moment, title, change in sorted(found):
            at = local_time(moment, dossier.header.zone)
            if moment > now and at.date() in days:
                days[at.date()].append((clock(at.time(), language), title, change))
        return [(weekday(day, language), listed) for day, listed in days.items()]

    @saves_first
    async def comment(self, visit: Visit) -> str:
        """What an editor has to say about the change."""
        await self._desk.comment(change_id(visit), visit.person, clean(visit.field(COMMENT)))
        return f"{HOME}/{change_id(visit)}#comments"

    async def _complete(self, visit: Visit, version: int) -> int:
        """Before others see a change: keeps without which languages it is sent, and names it; the version after that.

        A change without a title gets that of its first bulletin, by which others know it.
        """
        item = await self.frame.item(visit)
        if "save" not in item.possible:
            return version
        if self._desk.untranslated(item.entries.values()):
            await self._desk.leave_out(item.change.id, visit.person, visit.form.get(WITHOUT, ()))
        is_named = item.change.title or item.change.version != version
        title = "" if is_named else self.frame.title_of(item)[:200]
        return (await self._desk.save(item.change.id, visit.person, (), title)).change.version if title else version

    # ---- Progress

    async def _progress(self, item: Item) -> Mapping[BulletinId, Progress]:
        return shown_progress(await self.frame.progress(item.bulletins))

    async def progress(self, visit: Visit) -> web.Response:
        """The part of the page that says what became of the change."""
        item = await self.frame.item(visit)
        progress, states = await self._progress(item), DELIVERY_STATES
        return await self.frame.page(
            visit, "desk_progress.html", item=item, change=item.change, progress=progress, delivery_states=states
        )

    async def events(self, visit: Visit) -> web.StreamResponse:
        """Sends ``changed`` whenever the numbers change. A page fetches :meth:`progress` then, or every few seconds without events."""

        async def numbers() -> tuple[object, ...]:
            item = await self.frame.item(visit)
            progress = await self.frame.progress(item.bulletins)
            counts = tuple((name, *(each.counts or {}).items()) for name, each in progress.items())
            return item.change.state, item.change.version, item.change.changed, counts

        return await self.streams.serve(visit.request, change_id(visit), numbers)

    # ---- Consequences

    async def consequences(self, visit: Visit) -> web.Response:
        """What an open change changes for readers; of another one, its page. Until that is worked out the page says how far it is, and asks again."""
        item = await self.frame.item(visit)
        if item.change.state not in OPEN:
            return see_other(visit.request.path.removesuffix("/consequences"))
        comparison = await self.comparisons.of(item)
        values = consequences_shown(comparison, visit.person.language)
        title = self.frame.title_of(item)
        response = await self.frame.page(visit, "desk_consequences.html", change=item.change, title=title, **values)
        if not comparison.is_done:
            response.headers["Refresh"] = "1"  # of a browser without a script
        return response

    # ---- Parts of the pages

    async def _checked(
        self, item: Item, contents: Contents, language: Language, *, is_refused: bool = False, is_saved: bool = False
    ) -> dict[str, Any]:
        """What the page shows of a change's content: what is wrong, in an editor's language, how it looks, who gets it.

        Everything that refers to it is checked if something was refused, and if it changes what others may refer to.
        ``is_saved``: whether the contents are those that are stored.
        """
        desk, change, entries, default = self._desk, item.change, item.entries, self.frame.default
        day, is_open = desk.day(change, await desk.now()), change.state in OPEN
        if change.state == "in_force":
            day = local_time(change.changed, self.frame.dossier.header.zone).date()
        bases = {key: entry.base for key, entry in entries.items()}
        typed = {key: replace(entry, content=contents.get(key)) for key, entry in entries.items()}
        alone = not is_refused and all(key.startswith("bulletins/") or not bases[key] for key in contents)
        figures = await desk.figures(change, entries, contents) if is_open else []
        told = dict.fromkeys(key for each in figures for key in each.printing if key not in contents)
        corrected = {key: desk.live.contents[key] for key in islice(told, MOST_PROGRESS)}
        async with self._checking:
            diagnostics = await desk.errors(change, contents, alone=alone) if is_open and contents else []
            both = {**bases, **corrected}, {**contents, **corrected}
            found = await asyncio.to_thread(messages, desk.live, *both, day)
            rendered = await asyncio.to_thread(renderings, found, self.frame.platforms, language)
        forms = entry_forms(typed, self.frame.rules(), default)
        shown_here = {**contents, **corrected}.items()
        titles = {key: self.frame.read(title_of(content, default)) for key, content in shown_here}
        wording = Wording(phrases_in(language).say, language, self.frame.language_names(), titles)
        wrong = mistakes(diagnostics, contents, forms, default, wording, is_refused=is_refused, is_saved=is_saved)
        wrong_at: dict[str, list[Mistake]] = {}
        for mistake in wrong:
            if mistake.is_shown:
                wrong_at.setdefault(mistake.at, []).append(mistake)
        values: dict[str, Any] = {"audiences": {}, "chats": {}, "figures": figures, "in_language": in_language}
        printing = {key for each in figures for key in (*each.printing, *each.kept)}
        values["figures_chats"] = await self.frame.chats(printing)
        if is_open:
            dossier, sent = self.frame.dossier, [key for key, base in bases.items() if base is not None]
            values["audiences"] = await audiences(desk.store, change, entries, contents, self._rates, dossier)
            values["chats"] = await self.frame.chats([*sent, *corrected])
        return values | {
            "mistakes": wrong,
            "wrong_at": wrong_at,
            "renderings": rendered,
            "more_told": len(told) - len(corrected),
            "titles": titles,
            "outdated": [f"outdated|{form.key}|{language}" for form in forms for language in sorted(form.outdated)],
        }


def shown_progress(progress: Mapping[BulletinId, Progress]) -> Mapping[BulletinId, Progress]:
    """The progress of each bulletin; that of more than :data:`MOST_PROGRESS` in one sum, as of a figure that many print."""
    if len(progress) <= MOST_PROGRESS:
        return progress
    counts, reasons = Counter[str](), Counter[str]()
    for each in progress.values():
        counts.update(each.counts)
        reasons.update(dict(each.reasons))
    is_out = all(each.is_published for each in progress.values())
    return {BulletinId(""): Progress(is_out, counts, reasons.most_common())}
