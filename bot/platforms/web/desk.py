"""The desk in the browser: the drafts, writing one with its previews, decisions, what became of it. Works without a script."""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from markupsafe import Markup

from bot.db.desk import DraftId, Version
from bot.db.fan_out import Expected, expected
from bot.db.feeds import CandidateId
from bot.dossier.diagnostics import Diagnostic
from bot.dossier.examples import is_writable
from bot.dossier.models import BulletinId, Dossier, Language, TopicId, in_language
from bot.feeds.review import Review
from bot.newsroom.desk_decisions import Desk, DeskError, Item, Overtaken
from bot.newsroom.desk_messages import ACTIONS, STATES
from bot.newsroom.draft_content import TEXTS, Content, clean, free_name, moment_of, new_sources, slug, with_draft
from bot.newsroom.new_example import add_question, example_text
from bot.newsroom.publisher import Newsroom, OtherDossier
from bot.platforms.platform import Platform
from bot.platforms.web.app_markup import labels, look_of, page
from bot.platforms.web.desk_sign_in import HOME, SignIn, Visit
from bot.platforms.web.forms import number_in, see_other
from bot.platforms.web.streams import EventStreams
from bot.replies.bulletins import TITLE_CARD, LabelledBulletin, bulletin_text, single_reply
from bot.replies.dossier_texts import DossierTexts
from bot.replies.formatting import moment as written_moment
from bot.replies.i18n import phrases_in
from bot.replies.language_panel import language_name
from bot.schedule import zone_of, zones

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
"""Between two looks at what became of a bulletin while its page is open."""

_FILE = re.compile(r"[a-z]+/[\w.:-]+\.yaml")

EMPTY_SOURCES = 2
"""Empty lines for new sources in the form."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """One message as one platform shows it in one language."""

    platform: str
    language: Language
    html: Markup


class DeskPages:
    """The desk over HTTP.

    Args:
        desk: what is decided, and the drafts.
        sign_in: lets editors in.
        platforms: as which messages are shown.
        rates: platform → messages a second.
        review: the candidates of the feeds.
        content: the dossier's folder, to which examples can be added; None: its files do not last.
    """

    def __init__(
        self,
        desk: Desk,
        sign_in: SignIn,
        platforms: Sequence[Platform[Any]],
        rates: Mapping[str, float],
        review: Review,
        content: Path | None = None,
    ) -> None:
        self._desk, self._sign_in, self._platforms, self._rates, self._review = desk, sign_in, platforms, rates, review
        self._content = content
        self._streams = EventStreams(PROGRESS_SECONDS)

    def add_routes(self, app: web.Application) -> None:
        self._sign_in.add_routes(app)
        required, router = self._sign_in.required, app.router
        router.add_get(HOME, required(self.overview))
        router.add_post(f"{HOME}/new", required(self.create))
        router.add_post(f"{HOME}/sending", required(self.decide_on_sending))
        router.add_post(f"{HOME}/candidates/{{id:\\d+}}", required(self.decide_on_candidate))
        router.add_post(f"{HOME}/examples", required(self.add_example))
        router.add_get(f"{HOME}/{{id:\\d+}}", required(self.show))
        router.add_post(f"{HOME}/{{id:\\d+}}/save", required(self.save))
        router.add_post(f"{HOME}/{{id:\\d+}}/check", required(self.check))
        router.add_post(f"{HOME}/{{id:\\d+}}/decide", required(self.decide))
        router.add_get(f"{HOME}/{{id:\\d+}}/progress", required(self.progress))
        router.add_get(f"{HOME}/{{id:\\d+}}/events", required(self.events))
        app.on_shutdown.append(self._streams.close)

    # ---- The list

    async def overview(self, visit: Visit) -> web.Response:
        """The drafts, the candidates of the feeds, and the questions without an answer."""
        added = visit.request.query.get("added", "")
        say = phrases_in(visit.person.language).say
        notice = say("Added to {file}. Nota reads it in a moment, and answers anew.", file=added)
        return await self._overview(visit, notice if _FILE.fullmatch(added) else "")

    async def _overview(self, visit: Visit, notice: str, status: int = 200) -> web.Response:
        store = self._desk.store
        items, waiting = await self._desk.items(visit.person), await store.candidates.in_state("waiting", 50)
        questions = await store.unanswered.commonest(limit=20)
        newsroom, files = Newsroom(store), self._desk.live.complete.from_files
        return self._page(
            visit,
            "desk_list.html",
            status,
            items=[item for item in items if item.stage != "deleted"],
            deleted=[item for item in items if item.stage == "deleted"],
            candidates=waiting,
            questions=questions,
            topics=self._desk.live.complete.topics.values() if self._writable else (),
            notice=notice,
            refusal=await newsroom.refusal(files),
            safeguards=await store.safeguards.get(),
            without_files=await newsroom.sent_without_files(files),
            is_owner=visit.person.account in self._desk.rules.owners,
        )

    async def decide_on_sending(self, visit: Visit) -> web.Response:
        """An owner stops all sending, starts it again, or confirms the changes that wait, by the digest that the page showed."""
        if visit.person.account not in self._desk.rules.owners:
            raise web.HTTPForbidden(text="Only an owner may do that.")
        safeguards = self._desk.store.safeguards
        match visit.field("action"):
            case "stop":
                await safeguards.stop(visit.person.account)
            case "start":
                await safeguards.start()
            case "confirm":
                await safeguards.confirm(visit.field("digest"))
            case _:
                raise web.HTTPBadRequest(text="Choose one of the buttons.")
        return see_other(HOME)

    @property
    def _writable(self) -> Path | None:
        return self._content if self._content is not None and is_writable(self._content) else None

    async def add_example(self, visit: Visit) -> web.Response:
        """A question without an answer becomes an example of a topic, in a file of the dossier."""
        dossier, folder, text = (
            self._desk.live.complete,
            self._writable,
            example_text(clean(visit.field("wording"))[:200]),
        )
        topic, language = TopicId(visit.field("topic")), Language(visit.field("language"))
        if folder is None or topic not in dossier.topics or language not in dossier.languages or not text:
            raise web.HTTPBadRequest(text="This needs a question, a topic and a folder that can be written.")
        example = await asyncio.to_thread(add_question, dossier, folder, topic, text, language)
        if example.outcome == "added":
            return see_other(f"{HOME}?{urlencode({'added': example.file})}")
        return await self._overview(visit, example.notice(dossier, visit.person.language), 409)

    async def create(self, visit: Visit) -> web.Response:
        """An empty draft."""
        draft = await self._desk.create(visit.person, {"topics": [], "sources": []})
        return see_other(f"{HOME}/{draft.id}")

    async def decide_on_candidate(self, visit: Visit) -> web.Response:
        """Publish, reject or later, as the buttons in the editors' chat."""
        candidate, by = CandidateId(_id(visit)), visit.person.name
        match visit.field("action"):
            case "publish":
                try:
                    await self._review.publish(candidate, by)
                except OtherDossier as refusal:
                    raise web.HTTPConflict(text=f"{refusal}\n") from refusal
            case "reject":
                await self._review.reject(candidate, by)
            case _:
                await self._review.put_off(candidate, by)
        return see_other(HOME)

    # ---- One draft

    async def show(self, visit: Visit) -> web.Response:
        """A draft: the form where it can be changed, its previews, decisions, and what became of it."""
        item = await self._item(visit)
        version = await self._desk.store.drafts.version(item.draft.id, item.draft.version)
        return await self._show(visit, item, version.content if version else {})

    async def _show(
        self,
        visit: Visit,
        item: Item,
        content: Content,
        *,
        error: str = "",
        other: Version | None = None,
        status: int = 200,
        unsaved: bool = False,
    ) -> web.Response:
        """``unsaved``: ``content`` is what this editor typed; ``other``: what somebody else saved meanwhile."""
        draft, drafts = item.draft, self._desk.store.drafts
        values = await self._checked(visit, item.draft.id, content)
        sent = None
        if draft.sent_version is not None and draft.sent_version != draft.version:
            sent = await drafts.version(draft.id, draft.sent_version)
        deliveries: Sequence[Any] = ()
        if draft.bulletin_id and item.progress:
            deliveries = await self._desk.store.deliveries.delivered_to(
                draft.bulletin_id, visit.request.query.get("chat", "").strip()[:64]
            )
        dossier = self._desk.live.complete
        return self._page(
            visit,
            "desk_draft.html",
            status,
            item=item,
            content=content,
            other=other,
            unsaved=unsaved,
            error=error,
            sent_renderings=await self._renderings(draft.id, sent.content) if sent else [],
            decisions=await drafts.decisions(draft.id),
            deliveries=deliveries,
            wanted=visit.request.query.get("chat", ""),
            topics=list(dossier.topics.values()),
            sources=dossier.sources,
            pictures=sorted({topic.picture for topic in dossier.topics.values() if topic.picture}),
            card=TITLE_CARD,
            new_sources=[*new_sources(content).items(), *[("", {})] * EMPTY_SOURCES],
            zones=sorted(zones()),
            **values,
        )

    async def save(self, visit: Visit) -> web.Response:
        """Saves what was typed. A script gets JSON, with the version; 409 if somebody else has saved meanwhile."""
        draft_id, content = _id(visit), self._typed(visit)
        wants_json = visit.request.headers.get("Accept", "").startswith("application/json")
        try:
            saved = await self._desk.save(DraftId(draft_id), number_in(visit.field("version")), visit.person, content)
        except DeskError as refusal:
            if wants_json:
                return web.json_response({"error": phrases_in(visit.person.language).say(str(refusal))}, status=409)
            return await self._refused(visit, refusal, content)
        if wants_json:
            return web.json_response({"version": saved.version})
        return see_other(f"{HOME}/{draft_id}")

    def _typed(self, visit: Visit) -> dict[str, Any]:
        """What the form of a draft holds."""
        return content_of(visit.form, self._desk.live.complete, DraftId(_id(visit)))

    async def _refused(self, visit: Visit, refusal: DeskError, content: Content) -> web.Response:
        """The draft as it is now, with what was typed if that could not be saved."""
        item = await self._item(visit)
        latest = await self._desk.store.drafts.version(item.draft.id, item.draft.version)
        stored = latest.content if latest else {}
        is_unsaved = "zone" in visit.form and content != stored
        return await self._show(
            visit,
            item,
            content if is_unsaved else stored,
            error=str(refusal),
            other=latest if is_unsaved and isinstance(refusal, Overtaken) else None,
            status=409,
            unsaved=is_unsaved,
        )

    async def check(self, visit: Visit) -> web.Response:
        """The diagnostics and previews of what was typed, without saving it: the part of the page that follows while typing."""
        content = self._typed(visit)
        return self._page(visit, "desk_checked.html", **await self._checked(visit, DraftId(_id(visit)), content))

    async def decide(self, visit: Visit) -> web.Response:
        """One of the buttons under a draft."""
        action, draft_id = visit.field("action"), DraftId(_id(visit))
        chosen = next((listed for listed in ACTIONS if listed == action), None)
        if chosen is None:
            raise web.HTTPBadRequest(text="Choose one of the buttons.")
        reason = clean(visit.field("reason"))[:500]
        version, content = number_in(visit.field("version")), self._typed(visit)
        try:
            if chosen == "withdraw" and not reason:
                raise DeskError("Say why it is withdrawn.")
            if "zone" in visit.form:  # the buttons stand below the form, and what was typed there counts
                version = (await self._desk.save(draft_id, version, visit.person, content)).version
            await self._desk.decide(draft_id, version, chosen, visit.person, reason)
        except DeskError as refusal:
            return await self._refused(visit, refusal, content)
        return see_other(HOME if chosen == "delete" else f"{HOME}/{draft_id}")

    # ---- Progress

    async def progress(self, visit: Visit) -> web.Response:
        """The part of the page that says what became of the bulletin."""
        return self._page(visit, "desk_progress.html", item=await self._item(visit))

    async def events(self, visit: Visit) -> web.StreamResponse:
        """Sends ``changed`` whenever the numbers change. A page fetches :meth:`progress` then, or every few seconds without events."""

        async def numbers() -> tuple[object, ...]:
            item = await self._item(visit)
            counts = (item.progress.counts or {}) if item.progress else {}
            return item.stage, item.draft.version, tuple(counts.items())

        return await self._streams.serve(visit.request, _id(visit), numbers)

    # ---- Parts of the pages

    async def _item(self, visit: Visit) -> Item:
        item = await self._desk.item(DraftId(_id(visit)), visit.person)
        if item is None:
            raise web.HTTPNotFound(text="There is no such draft.")
        return item

    async def _checked(self, visit: Visit, draft_id: DraftId, content: Content) -> dict[str, Any]:
        """What the page shows of a draft's content: what is wrong, how it looks, who gets it."""
        diagnostics = await self._desk.errors(draft_id, content)
        return {
            "diagnostics": diagnostics,
            "renderings": await self._renderings(draft_id, content),
            "audience": await self._audience(content),
        }

    async def _renderings(self, draft_id: DraftId, content: Content) -> list[Rendering]:
        """The messages in every language with a title and a text, made from the platforms' payloads."""
        return await asyncio.to_thread(lambda: list(self._rendered(draft_id, content)))

    def _rendered(self, draft_id: DraftId, content: Content) -> Iterator[Rendering]:
        today = datetime.now(UTC).date()
        complete = self._desk.live.complete
        for language in complete.languages:
            texts = {key: {language: content.get(key, {}).get(language, "")} for key in TEXTS}
            own = {
                **content,
                **{
                    key: {code: text for code, text in texts_by_language.items() if text}
                    for key, texts_by_language in texts.items()
                },
            }
            name = BulletinId(f"{today}-draft-{draft_id}")
            dossier, bulletin, _ = with_draft(complete, own, name, today)
            if bulletin is None or not {language} <= bulletin.title.keys() & bulletin.body.keys():
                continue
            try:
                reply = single_reply(LabelledBulletin(bulletin_text(dossier, bulletin, language)), language)
            except (KeyError, ValueError):  # names a fact or source that is not there, as the diagnostics say
                continue
            for platform in self._platforms:
                exchange = {
                    "payload": platform.payload(reply),
                    "number": draft_id,
                    "text": "",
                    "at": datetime.now(UTC),
                    "picture": None,
                }
                html = page(
                    "exchange.html",
                    platform=platform.name,
                    look=look_of(platform),
                    exchange=exchange,
                    say=phrases_in(language).say,
                    explanation=None,
                    topics=(),
                )
                yield Rendering(platform.name, language, Markup(html))  # noqa: S704  the template escapes

    async def _audience(self, content: Content) -> list[tuple[Expected, float]]:
        """Who would get it, by platform and language, and in how many seconds those who get it at once."""
        store = self._desk.store
        async with store.database.read() as connection:
            now = await store.database.moment(connection)
            planned = moment_of(content)
            at = max(now, planned.timestamp() if planned else 0.0)
            language = self._desk.live.dossier.header.default_language
            audience = await expected(connection, content.get("topics", ()), bool(content.get("urgent")), at, language)
        return [(group, (group.readers - group.later) / self._rates.get(group.platform, 1.0)) for group in audience]

    def _page(self, visit: Visit, template: str, status: int = 200, **values: Any) -> web.Response:
        language, dossier = visit.person.language, self._desk.live.complete
        phrases = phrases_in(language)
        zone = _zone(values.get("content", {}))

        def when(at: float | None) -> str:
            moment = datetime.fromtimestamp(at or 0.0, UTC).astimezone(zone_of(zone))
            return f"{written_moment(moment, language)} ({zone})"

        text = page(
            template,
            say=phrases.say,
            count=phrases.count,
            when=when,
            zone=zone,
            local_time=local_time,
            in_language=in_language,
            line=DossierTexts(dossier, language).line,
            language=language,
            languages=[(code, language_name(code)) for code in dossier.languages],
            default_language=dossier.header.default_language,
            platforms=labels(self._platforms),
            states=STATES,
            actions=ACTIONS,
            delivery_states=DELIVERY_STATES,
            person=visit.person,
            token=visit.form_token,
            path=visit.request.path,
            field_of=field_of,
            **values,
        )
        return web.Response(text=text, content_type="text/html", status=status, headers={"Cache-Control": "no-store"})


def field_of(diagnostic: Diagnostic) -> str:
    """The id of the form's field that a diagnostic is about; "" if it is about none."""
    place = [str(part) for part in diagnostic.place]
    if place[:1] in (["title"], ["short"], ["body"]) and len(place) > 1:
        return f"{place[0]}-{place[1]}"
    if diagnostic.path == "sources.yaml":
        return "new-sources"
    field_ids = {"topics": "topics", "sources": "sources", "not_before": "not-before", "picture": "picture"}
    return field_ids.get(place[0], "") if place else ""


def content_of(form: Mapping[str, Sequence[str]], dossier: Dossier, draft: DraftId) -> dict[str, Any]:
    """The content of a draft as the form gives it."""
    languages = dossier.languages

    def one(name: str) -> str:
        return clean(form.get(name, ("",))[0])

    texts = {key: {code: one(f"{key}-{code}") for code in languages if one(f"{key}-{code}")} for key in TEXTS}
    for key in ("title", "short"):
        texts[key] = {code: " ".join(text.split()) for code, text in texts[key].items()}
    zone = one("zone") if one("zone") in zones() else "UTC"
    content: dict[str, Any] = {
        **texts,
        "topics": list(dict.fromkeys(map(clean, form.get("topic", ())))),
        "sources": list(dict.fromkeys(map(clean, form.get("source", ())))),
        "new_sources": dict(_sources_of(form, frozenset(dossier.from_files.sources), draft)),
        "urgent": bool(one("urgent")),
        "not_before": _with_zone(one("not-before"), zone),
        "zone": zone,
        "picture": one("picture"),
    }
    content["sources"] += [source for source in content["new_sources"] if source not in content["sources"]]
    return content


def _sources_of(
    form: Mapping[str, Sequence[str]], of_files: frozenset[str], draft: DraftId
) -> Iterator[tuple[str, dict[str, str]]]:
    """The entries for new sources: those with a publisher or an address.

    The draft's number is part of their ids, since another draft may name another article of the same publisher.
    """
    taken: set[str] = set(of_files)
    columns = [form.get(f"new-{key}", ()) for key in ("id", "publisher", "title", "url", "published")]
    for name, publisher, title, url, published in zip(*columns, strict=False):
        if clean(publisher) or clean(url):
            key = clean(name) or free_name(f"{slug(clean(publisher), 40) or 'source'}-d{draft}", taken)
            taken.add(key)
            yield (
                key,
                {
                    "publisher": clean(publisher),
                    "title": clean(title),
                    "url": clean(url),
                    "published": clean(published),
                },
            )


def _with_zone(local: str, zone: str) -> str:
    """A browser's local time as a moment with an offset; what is no time stays, for the check to say so."""
    try:
        return datetime.fromisoformat(local).replace(tzinfo=zone_of(zone)).isoformat() if local else ""
    except ValueError:
        return local


def local_time(content: Content) -> str:
    """``not_before`` as a browser's field has it, in the draft's time zone."""
    moment = moment_of(content)
    return moment.astimezone(zone_of(_zone(content))).strftime("%Y-%m-%dT%H:%M") if moment else ""


def _zone(content: Content) -> str:
    return str(content.get("zone") or "UTC")


def _id(visit: Visit) -> int:
    return number_in(visit.request.match_info["id"])
