"""The dossier for assistants: the Model Context Protocol (modelcontextprotocol.io/specification), without sessions.

It speaks the revisions with a handshake (2025-06-18 and 2025-11-25) and the one without (2026-07-28), over HTTP at ``/mcp`` and over pipes
(``nota mcp``). The official SDK does not fit here: its server needs Starlette, and 40 MB of packages (decision 118).
"""

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from bot import __version__
from bot.conversation import TOO_MANY, NotAnswered, log_incident
from bot.dossier.markdown import CITATION_GAP
from bot.dossier.models import Language, TopicId
from bot.platforms.json_form import (
    Citation,
    CitedStatement,
    JudgedStatement,
    answering_topic,
    as_json,
    citations,
    cited_statements,
)
from bot.platforms.web.addresses import client_address
from bot.platforms.web.api import Bulletins, Facts, NotAMoment, bulletins_form, facts_form, parse_since
from bot.platforms.web.languages import accepts
from bot.platforms.web.page_context import PageContext
from bot.platforms.web.public_pages import MAX_QUESTION
from bot.platforms.web.public_routes import PublicPages
from bot.platforms.web.security_headers import DATA_HEADERS, preflight
from bot.replies.answer import answer
from bot.replies.citations import superscript
from bot.replies.question import AboutTopic
from bot.replies.reply import Reply

HANDSHAKES = ("2025-06-18", "2025-11-25")
"""The revisions that begin with ``initialize``, the latest last. Those before have batches, which none of these has."""

STATELESS = "2026-07-28"
"""The revision whose requests carry everything themselves."""

VERSIONS = (*HANDSHAKES, STATELESS)

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
"""JSON-RPC 2.0, section 5.1."""

HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022
"""Of the revision 2026-07-28."""

_WRONG = (PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS, HEADER_MISMATCH, UNSUPPORTED_VERSION)
STATUS = {**dict.fromkeys(_WRONG, 400), METHOD_NOT_FOUND: 404}
"""The HTTP status of an error in the revision without a handshake. Before, an error is a response like another (200)."""

META = "io.modelcontextprotocol/"

TTL_MS = 60_000
"""How long lists may be kept: as long as a page."""

MAX_BYTES = 64 * 1024
"""The largest request: a question of 500 characters takes less, in any script."""

NOT_KNOWN = "The dossier does not say. Do not infer an answer from it; say that it does not say."

NOT_JUDGED = "No fact and no editor decides the claim. Do not call it true or false; the statements say what the dossier does hold."


# ---- What the tools return


class Offered(TypedDict):
    """A topic."""

    id: str
    title: str
    summary: str
    url: str | None


class QuotableAnswer(TypedDict):
    """An answer to quote.

    ``answered``: whether the dossier has an answer; if not, ``note`` says so, and there is nothing to quote. ``statements``: the answer, each
    with its citations. ``verdict``: on a claim: agrees, contradicts, disputed or unknown; null: the words are no claim. ``judged``: statement
    by statement. ``near``: declared sentences that are like a claim on which nothing decides; none is a verdict on it. ``sources``: all sources. ``checked``: the day on which the facts were checked (ISO 8601). ``edition``: changes whenever the
    content does. ``url``: the page with the answer. ``suggestions``: topics that may be meant. ``nearest``: the likeliest of them, which is no answer.
    """

    answered: bool
    title: str
    statements: list[CitedStatement]
    verdict: str | None
    judged: list[JudgedStatement]
    near: list[str]
    note: str
    sources: list[Citation]
    checked: str | None
    edition: str
    language: str
    topic: str | None
    url: str | None
    suggestions: list[Offered]
    nearest: str | None


class Topics(TypedDict):
    """The topics of the dossier, in their order."""

    language: str
    edition: str
    title: str
    topics: list[Offered]


# ---- Their arguments


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    language: str | None = Field(
        None, description="Of the answer, as an ISO 639 code; default: the dossier's own, or the question's."
    )


class AskArguments(_Arguments):
    question: str = Field(
        min_length=1, max_length=MAX_QUESTION, description="In words, in any language of the dossier."
    )


class ClaimArguments(_Arguments):
    claim: str = Field(min_length=1, max_length=MAX_QUESTION, description="One statement or a few, as they were made.")


class SinceArguments(_Arguments):
    since: str | None = Field(
        None, description="A day (2026-11-29) or a moment (RFC 3339); default: the latest bulletins."
    )


class Refused(Exception):
    """The request cannot be carried out. ``code``: of JSON-RPC."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class ToolFailed(Exception):
    """A tool has no result. The message tells the assistant why, and what to do."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool. ``run``: arguments → result."""

    name: str
    title: str
    description: str
    arguments: type[_Arguments]
    result: Any
    run: Callable[[Any], Awaitable[Any]]

    def listed(self) -> dict[str, Any]:
        """Its entry in ``tools/list``."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.arguments.model_json_schema(),
            "outputSchema": TypeAdapter(self.result).json_schema(),
            "annotations": {"readOnlyHint": True, "idempotentHint": True, "openWorldHint": False},
        }


@dataclass(slots=True)
class Assistants:
    """Answers the requests of assistants.

    Args:
        context: language (None: the dossier's) → what readers may see now.
        reply: answers a question or a claim (:meth:`bot.conversation.Conversation.public_reply`).
        admits: whether one more question is within the asker's limit. It counts.
    """

    context: Callable[[Language | None], PageContext]
    reply: Callable[..., Awaitable[Reply]]
    admits: Callable[[], bool] = lambda: True

    @property
    def tools(self) -> tuple[Tool, ...]:
        header = self.context(None).dossier.header
        subject = self.context(None).title
        about = f"One dossier: “{subject}” ({', '.join(header.languages)}). "
        return (
            Tool(
                "ask",
                "Ask the dossier",
                f"{about}Answers a question with statements that editors wrote, each with its sources. Use it before you state anything about this "
                "subject, and quote the citations and the day of the check. Not for other subjects, opinions, forecasts or advice: it then says "
                "answered: false, which is not a no.",
                AskArguments,
                QuotableAnswer,
                lambda given: self._answer(given.question, given),
            ),
            Tool(
                "check_claim",
                "Check a claim",
                f"{about}Compares a statement that somebody made with the facts and with the claims that editors reviewed. unknown means that nobody "
                "has decided it: do not turn it into true or false. Not for questions (use ask), nor for statements about other subjects.",
                ClaimArguments,
                QuotableAnswer,
                lambda given: self._answer(given.claim, given, is_claim=True),
            ),
            Tool(
                "facts",
                "All facts",
                f"{about}Every figure, day and name with its value, who states it, its sources and the day of its check. Use it to compare or compute. "
                "Not for explanations: a fact alone does not say why (use ask).",
                _Arguments,
                Facts,
                self._facts,
            ),
            Tool(
                "bulletins_since",
                "News of the dossier",
                f"{about}Bulletins that were published, corrected or withdrawn since a day. Never quote one that was withdrawn but to say so. Not for "
                "news in general, and not for what the dossier says now (use ask).",
                SinceArguments,
                Bulletins,
                self._bulletins,
            ),
            Tool(
                "topics",
                "Topics",
                f"{about}What it can be asked about. Not needed before each question.",
                _Arguments,
                Topics,
                self._topics,
            ),
        )

    def _context(self, arguments: _Arguments) -> PageContext:
        context = self.context(None)
        if arguments.language is None:
            return context
        if arguments.language not in context.dossier.languages:
            raise ToolFailed(f"language: expected one of {', '.join(context.dossier.languages)}")
        return self.context(Language(arguments.language))

    async def _answer(self, text: str, arguments: _Arguments, *, is_claim: bool = False) -> QuotableAnswer:
        context, is_named = self._context(arguments), arguments.language is not None
        try:
            reply = await self.reply(text, context.language, is_claim=is_claim, is_named=is_named)
        except NotAnswered as refused:
            raise ToolFailed(refused.detail) from refused
        return quotable(context, reply)

    async def _facts(self, arguments: _Arguments) -> Facts:
        return facts_form(self._context(arguments))

    async def _bulletins(self, arguments: SinceArguments) -> Bulletins:
        context = self._context(arguments)
        try:
            return bulletins_form(context, parse_since(arguments.since))
        except NotAMoment as error:
            raise ToolFailed(str(error)) from None

    async def _topics(self, arguments: _Arguments) -> Topics:
        context = self._context(arguments)
        names = context.dossier.topics
        return Topics(
            language=context.language,
            edition=context.dossier.version,
            title=context.title,
            topics=[offered(context, name) for name in names],
        )

    # ---- The protocol

    async def handle(self, message: object, *, stateless: bool = False) -> dict[str, Any] | None:
        """The response to a message; None if it needs none (a notification, or a response). ``stateless``: by the rules of 2026-07-28."""
        if (wrong := _wrong_form(message)) is not None:
            return wrong
        assert isinstance(message, dict)  # noqa: S101
        if "id" not in message or "method" not in message:
            return None
        request_id, method, params = message["id"], message["method"], message.get("params", {})
        try:
            if not isinstance(params, dict):
                raise Refused(INVALID_PARAMS, "params: expected an object")
            if stateless:
                # every request of the revision without a handshake carries these
                meta, needed = _meta_of({"params": params}), (f"{META}protocolVersion", f"{META}clientCapabilities")
                if missing := [key for key in needed if key not in meta]:
                    raise Refused(INVALID_PARAMS, f"params._meta: expected {', '.join(missing)}")
            result = await self._result(method, params)
        except Refused as refused:
            return failure(request_id, refused.code, str(refused))
        except Exception as error:
            incident = log_incident("an assistant's request was not answered", error)
            return failure(request_id, INTERNAL_ERROR, f"not answered; incident {incident}")
        if stateless:
            result |= {"resultType": "complete", "_meta": {f"{META}serverInfo": SERVER}}
            if method != "tools/call":
                result |= {"ttlMs": TTL_MS, "cacheScope": "public"}
        return {"jsonrpc": "2.0", "id": request_id, "result": result}

    async def _result(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        match method:
            case "initialize":
                wanted = params.get("protocolVersion")
                version = wanted if wanted in HANDSHAKES else HANDSHAKES[-1]
                return {"protocolVersion": version, "serverInfo": SERVER, **self._described()}
            case "server/discover":
                return {"supportedVersions": list(VERSIONS), **self._described()}
            case "ping":
                return {}
            case "tools/list":
                return {"tools": [tool.listed() for tool in self.tools]}
            case "tools/call":
                return await self._call(params)
            case _:
                raise Refused(METHOD_NOT_FOUND, f"no method {method}")

    def _described(self) -> dict[str, Any]:
        title = self.context(None).title
        return {
            "capabilities": {"tools": {}},
            "instructions": f"Everything here is about “{title}”. Editors wrote it and no model made it. Quote statements with their citations and the "
            "day of the check. Where the dossier does not say, say that it does not say.",
        }

    async def _call(self, params: Mapping[str, Any]) -> dict[str, Any]:
        tool = next((tool for tool in self.tools if tool.name == params.get("name")), None)
        if tool is None:
            raise Refused(INVALID_PARAMS, f"no tool {params.get('name')!r}")
        if not self.admits():
            return _failed(TOO_MANY)
        try:
            result = await tool.run(tool.arguments.model_validate(params.get("arguments") or {}))
        except ValidationError as error:
            return _failed(
                "; ".join(f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}" for each in error.errors())
            )
        except ToolFailed as failed:
            return _failed(str(failed))
        return {
            "content": [{"type": "text", "text": json.dumps(result, ensure_ascii=False)}],
            "structuredContent": result,
            "isError": False,
        }


def _wrong_form(message: object) -> dict[str, Any] | None:
    """The error response to what is no message of JSON-RPC 2.0; None if it is one."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return failure(None, INVALID_REQUEST, "expected one JSON-RPC 2.0 message")
    if "method" not in message and "id" in message and ("result" in message or "error" in message):
        return None
    if not isinstance(message.get("method"), str):
        return failure(_id_of(message), INVALID_REQUEST, "method: expected a text")
    if "id" in message and _id_of(message) is None:
        return failure(None, INVALID_REQUEST, "id: expected a text or an integer")
    return None


async def answer_line(assistants: Assistants, line: str) -> dict[str, Any] | None:
    """The response to a message as it comes through a pipe, one a line; None if it needs none.

    The message itself says by which revision it goes: that without a handshake names itself in each request.
    """
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return failure(None, PARSE_ERROR, "expected JSON")
    version = _meta_of(message).get(f"{META}protocolVersion")
    if version is not None and version not in VERSIONS:
        return _unsupported(message, version)
    return await assistants.handle(message, stateless=version == STATELESS)


def _unsupported(message: object, version: object) -> dict[str, Any]:
    versions = {"supported": list(VERSIONS), "requested": version}
    return failure(_id_of(message), UNSUPPORTED_VERSION, "unsupported protocol version", versions)


def _meta_of(message: object) -> dict[str, Any]:
    """What a request says of itself; {} if it says nothing."""
    params = message.get("params") if isinstance(message, dict) else None
    meta = params.get("_meta") if isinstance(params, dict) else None
    return meta if isinstance(meta, dict) else {}


SERVER = {"name": "nota", "title": "Nota", "version": __version__}


def _failed(text: str) -> dict[str, Any]:
    """A tool's failure, which its assistant reads."""
    return {"content": [{"type": "text", "text": text}], "isError": True}


def failure(request_id: str | int | None, code: int, message: str, data: object = None) -> dict[str, Any]:
    """An error response."""
    error = {"code": code, "message": message, **({"data": data} if data is not None else {})}
    return {"jsonrpc": "2.0", "id": request_id, "error": error}


def offered(context: PageContext, name: TopicId) -> Offered:
    """A topic with its address."""
    topic = context.dossier.topics[name]
    return Offered(
        id=name,
        title=context.texts.line(topic.title[context.language]),
        summary=context.texts.line(topic.summary[context.language]) if topic.summary else "",
        url=_address(context, context.language, name),
    )


def _address(context: PageContext, language: Language, topic: TopicId | None) -> str | None:
    """The topic's page; None if we do not know our own address."""
    return f"{context.origin}/{language}/topics/{topic}" if context.origin else None


def _title(reply: Reply) -> str:
    """The title without the numbers of its sources."""
    numbers = CITATION_GAP.join(map(superscript, range(1, len(reply.title_sources) + 1)))
    # they stand behind the words that somebody else wrote
    before, _, after = reply.title.rpartition(numbers) if numbers else (reply.title, "", "")
    return before.removesuffix(CITATION_GAP) + after


def _statements(context: PageContext, reply: Reply, topic: TopicId | None) -> list[CitedStatement]:
    """The verdict with what decides it, then the text. Of a claim on which nothing decides, what its topic says, and no other claim's verdict."""
    if reply.awaits_verdict and topic is not None:
        reply = answer(context.dossier, AboutTopic(topic), reply.language, context.today)
    if reply.verdict is None:
        return cited_statements(reply.blocks, reply.sources)
    decisive = [source for source in reply.sources if source.id in reply.title_sources and not source.place]
    verdict = CitedStatement(text=_title(reply), citations=citations(decisive))
    return [verdict, *cited_statements(reply.blocks, reply.sources)]


def quotable(context: PageContext, reply: Reply) -> QuotableAnswer:
    """A reply as an assistant may quote it."""
    topic = answering_topic(reply)
    judged = as_json("", reply)["statements"]
    is_answered = topic is not None or (reply.verdict is not None and not reply.awaits_verdict)
    note = "" if is_answered else NOT_KNOWN
    if reply.awaits_verdict:
        note = NOT_JUDGED if is_answered else f"{NOT_JUDGED} {NOT_KNOWN}"
    return QuotableAnswer(
        answered=is_answered,
        title=_title(reply) if is_answered and not reply.awaits_verdict else "",
        statements=_statements(context, reply, topic) if is_answered else [],
        verdict=reply.verdict,
        judged=judged,
        near=[offer.label for offer in reply.offers],
        note=note,
        sources=citations(reply.sources) if is_answered else [],
        checked=reply.as_of.isoformat() if is_answered and reply.as_of else None,
        edition=context.dossier.version,
        language=reply.language,
        topic=topic,
        url=_address(context, reply.language, topic) if topic in context.dossier.topics else None,
        suggestions=[offered(context, name) for name in reply.suggestions if name in context.dossier.topics],
        nearest=reply.nearest,
    )


# ---- Over HTTP


class AssistantPages:
    """``/mcp``: one message a request, one response (Streamable HTTP without sessions and without streams)."""

    def __init__(self, pages: PublicPages) -> None:
        self._pages = pages

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/mcp", self.receive)
        app.router.add_options("/mcp", _preflight)
        for method in ("GET", "DELETE"):  # the public pages answer every other address with a page
            app.router.add_route(method, "/mcp", _no_stream)

    async def receive(self, request: web.Request) -> web.Response:
        """The response to a message; 202 without content if it needs none.

        Any site's script may ask: nothing here is private, so the ``Origin`` decides nothing.
        """
        if "Content-Encoding" in request.headers or request.content_type != "application/json":
            return _respond(failure(None, INVALID_REQUEST, "expected application/json, not compressed"), 415)
        if not accepts(request.headers.get("Accept", "*/*"), "application/json", "application/*", "*/*"):
            return _respond(failure(None, INVALID_REQUEST, "Accept: expected application/json"), 406)
        try:
            message = json.loads(await request.clone(client_max_size=MAX_BYTES).read())
        except web.HTTPRequestEntityTooLarge:
            return _respond(failure(None, INVALID_REQUEST, f"expected at most {MAX_BYTES} bytes"), 413)
        except (ValueError, RecursionError, web.RequestPayloadError):
            return _respond(failure(None, PARSE_ERROR, "expected JSON"), 400)
        version = request.headers.get("MCP-Protocol-Version", HANDSHAKES[0])
        if version not in VERSIONS:
            return _respond(_unsupported(message, version), 400)
        is_stateless = version == STATELESS
        if is_stateless and _wrong_form(message) is None and (mismatch := _mismatch(request, message)):
            return _respond(failure(_id_of(message), HEADER_MISMATCH, mismatch), 400)
        default = self._pages.context(request).dossier.header.default_language
        response = await Assistants(
            lambda language: self._pages.context(request, language or default),
            self._pages.conversation.public_reply,
            lambda: self._pages.conversation.public_limiter.try_take(client_address(request)),
        ).handle(message, stateless=is_stateless)
        if response is None:
            return web.Response(status=202, headers=_HEADERS)
        status = STATUS.get(response["error"]["code"], 200) if is_stateless and "error" in response else 200
        return _respond(response, status)


def _id_of(message: object) -> str | int | None:
    found = message.get("id") if isinstance(message, dict) else None
    return found if isinstance(found, (str, int)) and not isinstance(found, bool) else None


def _mismatch(request: web.Request, message: object) -> str:
    """What headers say otherwise than the message, so that nobody on the way is told something else; "" if they agree."""
    if not isinstance(message, dict) or "id" not in message:
        return ""
    params = message.get("params")
    params = params if isinstance(params, dict) else {}
    expected = {
        "MCP-Protocol-Version": _meta_of(message).get(f"{META}protocolVersion", STATELESS),
        "Mcp-Method": message.get("method"),
        "Mcp-Name": params.get("name") if message.get("method") == "tools/call" else None,
    }
    for name, value in expected.items():
        found = request.headers.getall(name, [])
        if len(found) > 1:
            return f"{name}: expected once"
        if value is not None and [_decoded(header) for header in found] != [value]:
            return f"{name}: expected what the message says"
    return ""


def _decoded(header: str) -> str | None:
    """A header's value, which may be in Base64 between ``=?base64?`` and ``?=``; None if that is broken."""
    if not (header.startswith("=?base64?") and header.endswith("?=")):
        return header
    try:
        return base64.b64decode(header[len("=?base64?") : -2], validate=True).decode()
    except ValueError:
        return None


_HEADERS = {**DATA_HEADERS, "Cache-Control": "no-store"}

_preflight = preflight("POST", "Content-Type, Accept, MCP-Protocol-Version, Mcp-Method, Mcp-Name")


async def _no_stream(_request: web.Request) -> web.Response:
    """There are no sessions to end, and no messages of ours to wait for."""
    return web.Response(status=405, headers={**_HEADERS, "Allow": "POST, OPTIONS"})


def _respond(message: Mapping[str, Any], status: int) -> web.Response:
    try:
        body = json.dumps(message, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can bring (RFC 8259, 8.2), in what is repeated
        body = json.dumps(message).encode()
    return web.Response(body=body, status=status, headers={**_HEADERS, "Content-Type": "application/json"})
