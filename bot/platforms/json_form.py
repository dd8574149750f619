"""The JSON objects for other programs: of ``nota ask --json``, of the page's API and of the tools for assistants. PURE.

Their types are the one description of them: the API's OpenAPI document and the tools' schemas are made from these.
"""

from collections.abc import Iterable
from typing import (
    Any,
    NotRequired,  # pydantic reads those of ``typing`` from Python 3.12 on
)

from typing_extensions import TypedDict

from bot.dossier.markdown import Paragraph, without_citations
from bot.dossier.models import TopicId
from bot.platforms.plain_text import render
from bot.replies.citations import citations_in
from bot.replies.question import HELP, token
from bot.replies.reply import Block, Button, Reply, SourceLink, StatementVerdict, lines_of


class Source(TypedDict):
    """A source. ``published``: its day (ISO 8601). ``archived``: the address of a copy."""

    id: str
    publisher: str
    title: str | None
    url: str
    kind: str | None
    published: str | None
    archived: str | None


class Placed(TypedDict):
    """``place``: where in the source, if the text names a place in it."""

    place: NotRequired[str]


class NumberedSource(Source, Placed):
    """A source of an answer. ``number``: of its citations in the text; null: no statement cites it.

    A source that is cited at several places stands once for each.
    """

    number: int | None


class JudgedStatement(TypedDict):
    """The result for one statement of a claim.

    ``verdict``: agrees, contradicts, disputed or unknown. ``fact``, ``claim``: what decides it. ``counted``: Nota computed the value, and no
    source prints it.
    """

    text: str
    verdict: str
    fact: str | None
    claim: str | None
    sources: list[str]
    counted: NotRequired[bool]


class ButtonForm(TypedDict):
    """A button: ``token`` asks a question, ``url`` opens an address."""

    label: str
    token: NotRequired[str]
    url: NotRequired[str]


class Answer(TypedDict):
    """The answer to a question.

    ``topic``: null where the dossier does not answer; ``suggestions`` are then the topics that it offers, and ``nearest`` the one whose first
    sentence is shown without being an answer. ``verdict``: null for a plain
    question; for a claim the worst of its statements: contradicts, disputed, unknown, agrees. ``near``: for a claim on
    which nothing decides, the declared sentences that are most like it; none is a verdict on it. ``payload``: the method call of a platform.
    """

    question: str
    language: str
    topic: str | None
    suggestions: list[str]
    nearest: str | None
    verdict: str | None
    statements: list[JudgedStatement]
    text: str
    sources: list[NumberedSource]
    near: list[str]
    buttons: list[ButtonForm]
    payload: NotRequired[dict[str, Any]]


def as_json(question: str, reply: Reply, payload: dict[str, Any] | None = None) -> Answer:
    """The answer to the question. ``payload``: the reply in the form of a platform; None: the object has none."""
    answer = Answer(
        question=question,
        language=reply.language,
        topic=reply.topic,
        suggestions=list(reply.suggestions),
        nearest=reply.nearest,
        verdict=reply.verdict,
        statements=list(map(_judged, reply.statements)),
        text=render(reply),
        sources=[
            NumberedSource(**source_form(source), number=number if number <= reply.cited else None, **_place(source))
            for number, source in enumerate(reply.sources, start=1)
        ],
        near=[offer.label for offer in reply.offers],
        buttons=list(map(_button, reply.buttons)),
    )
    if payload:
        answer["payload"] = payload
    return answer


def _judged(statement: StatementVerdict) -> JudgedStatement:
    judged = JudgedStatement(
        text=statement.text,
        verdict=statement.verdict,
        fact=statement.fact,
        claim=statement.claim,
        sources=list(statement.sources),
    )
    if statement.counted:
        judged["counted"] = True
    return judged


def _button(button: Button) -> ButtonForm:
    if button.question is None:
        return ButtonForm(label=button.label, url=button.url or "")
    return ButtonForm(label=button.label, token=token(button.question))


def source_form(source: SourceLink) -> Source:
    """A source with its address and its day."""
    return Source(
        id=source.id,
        publisher=source.publisher,
        title=source.title,
        url=source.address,
        kind=source.kind,
        published=source.published.isoformat() if source.published else None,
        archived=source.archived,
    )


def _place(source: SourceLink) -> Placed:
    return Placed(place=source.place) if source.place else Placed()


# ---- For assistants, which quote


class Citation(Placed):
    """Who says it, and where. ``published``: the day of the source (ISO 8601)."""

    publisher: str
    title: str | None
    url: str
    published: str | None


class CitedStatement(TypedDict):
    """A paragraph or an entry of a list, with the sources that it cites; none if it cites none."""

    text: str
    citations: list[Citation]


def cited_statements(blocks: Iterable[Block], sources: Iterable[SourceLink]) -> list[CitedStatement]:
    """The text of a reply, statement by statement. A bar of progress is left out: it is true today alone, so nobody should quote it."""
    by_place = {(source.id, source.place): source for source in sources}
    return [
        CitedStatement(
            text=text, citations=citations(by_place[key] for key in citations_in([Paragraph(spans)]) if key in by_place)
        )
        for spans in lines_of(blocks)
        if (text := without_citations(spans).strip())
    ]


def plain_text(blocks: Iterable[Block]) -> str:
    """The text without styles, citations and bars of progress; a line for each paragraph and each entry of a list."""
    return "\n".join(statement["text"] for statement in cited_statements(blocks, ()))


def citations(sources: Iterable[SourceLink]) -> list[Citation]:
    """The sources as citations."""
    return [
        Citation(
            publisher=source.publisher,
            title=source.title,
            url=source.address,
            published=source.published.isoformat() if source.published else None,
            **_place(source),
        )
        for source in sources
    ]


def answering_topic(reply: Reply) -> TopicId | None:
    """The topic that answers; None if the dossier has no answer."""
    return None if reply.unanswered or reply.topic in (None, HELP) else reply.topic
