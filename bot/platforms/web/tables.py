"""The facts, and a chart's figures, as CSV (RFC 4180) and JSON, for newsrooms that check them or draw their own charts. PURE."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from bot.dossier.markdown import without_citations
from bot.dossier.models import (
    Fact,
    FactId,
    SourceId,
    TopicId,
    in_language,
)
from bot.platforms.web.page_context import PageContext
from bot.replies.formatting import fact_text
from bot.replies.spreadsheet import table

FACT_COLUMNS = (
    *("id", "type", "text", "value", "min", "max", "unit", "period", "approximate", "below"),
    *("of", "stated_by", "derived", "checked", "note", "sources"),
)
"""The columns of facts.csv and the keys of facts.json. ``value`` is an ISO 8601 day or duration for those types."""


def facts_csv(context: PageContext) -> str:
    """All facts."""
    return table(FACT_COLUMNS, [_flat(row) for row in fact_rows(context, context.dossier.facts)])


def facts_json(context: PageContext) -> str:
    """All facts, with their sources' addresses as lists."""
    facts = {"language": context.language, "facts": fact_rows(context, context.dossier.facts)}
    return json.dumps(facts, ensure_ascii=False, indent=1)


def chart_csv(context: PageContext, topic: TopicId, drawn: Sequence[FactId]) -> str:
    """The figures of a topic's chart: its facts, the known data of the programmes, or the bulletins."""
    if drawn:
        return table(FACT_COLUMNS, [_flat(row) for row in fact_rows(context, drawn)])
    if context.dossier.topics[topic].picture == "programs":
        return _programs(context)
    return _bulletins(context)


def _programs(context: PageContext) -> str:
    dossier, texts, language = context.dossier, context.texts, context.language
    keys = ("driver", "schedule", "budget")
    rows = []
    for program in dossier.programs:
        known = ((key, name) for key, name in program.known.items() if name)
        known_facts: dict[str, Fact | None] = {key: dossier.facts.get(name) for key, name in known}
        values = [fact_text(fact, language) if (fact := known_facts.get(key)) else "" for key in keys]
        sources = [SourceId(name) for fact in known_facts.values() if fact for name in fact.sources]
        addresses = (dossier.sources[name].url for name in dict.fromkeys([*sources, *program.sources]))
        rows.append([program.id, texts.line(program.title[language]), *values, " ".join(addresses)])
    return table(("id", "title", *keys, "sources"), rows)


def _bulletins(context: PageContext) -> str:
    rows = []
    for bulletin in context.bulletins:
        topic, title = bulletin.topics[0] if bulletin.topics else "", context.texts.title(bulletin)
        rows.append([bulletin.date.isoformat(), topic, title, context.bulletin_url(bulletin.id)])
    return table(("date", "topic", "title", "url"), rows)


def fact_rows(context: PageContext, names: Iterable[FactId]) -> list[dict[str, Any]]:
    """The facts with :data:`FACT_COLUMNS` as keys."""
    return [_fact(context, name, context.dossier.facts[name]) for name in names]


def _fact(context: PageContext, name: FactId, fact: Fact) -> dict[str, Any]:
    language = context.language
    shown = (SourceId(source) for source in fact.sources)
    note = " ".join(without_citations(block.spans) for block in context.texts.notes([name]))
    row: dict[str, Any] = dict.fromkeys(FACT_COLUMNS)
    return row | {
        "id": name,
        "type": fact.type,
        "text": fact_text(fact, language),
        **fact.columns(language),
        "of": in_language(fact.of, language) if fact.of else None,
        "stated_by": in_language(fact.stated_by, language) if fact.stated_by else None,
        "derived": fact.derived,
        "checked": fact.checked.isoformat() if fact.checked else None,
        "note": note or None,
        "sources": [context.dossier.sources[source].url for source in shown if source in context.dossier.sources],
    }


def _flat(row: dict[str, Any]) -> list[object]:
    return [" ".join(value) if isinstance(value, list) else value for value in row.values()]
