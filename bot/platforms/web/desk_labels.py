"""What the desk calls kinds of entries, their fields and what can be chosen, in English: the catalogues have the rest."""

from collections.abc import Callable, Mapping

from bot.dossier.entries import Content, Field, Key
from bot.dossier.entry_fields import NEXT
from bot.replies.citations import KIND_NAMES
from bot.replies.claims import EDITORS_VERDICTS

KINDS: Mapping[str, tuple[str, str]] = {
    "topics": ("Topic", "Topics"),
    "programs": ("Programme", "Programmes"),
    "facts": ("Fact", "Facts"),
    "sources": ("Source", "Sources"),
    "bulletins": ("Bulletin", "Bulletins"),
    "claims": ("Claim", "Claims"),
    "questions": ("Examples of a topic", "Examples"),
    "header": ("About the dossier", "About the dossier"),
}
"""Kind of entry → one of it, several of it."""

FACT_KINDS: Mapping[str, str] = {
    "money": "Amount of money",
    "percent": "Percentage",
    "number": "Number",
    "date": "Day",
    "duration": "Length of time",
    "place": "Place",
    "name": "Name",
    "text": "Wording",
}

LABELS: Mapping[str, str] = {
    "title": "Title",
    "sources.title": "Headline",
    "short": "Short title, for buttons",
    "summary": "In one line",
    "header.summary": "Summary",
    "body": "Text",
    "publisher": "Publisher",
    "url": "Address",
    "published": "Day on which it was published",
    "kind": "Kind",
    "archived": "Copy in an archive",
    "of": "What it measures",
    "amount": "Amount",
    "min": "Lowest",
    "max": "Highest",
    "value": "Value",
    "date": "Day",
    "claims.date": "Day of the review",
    "years": "Years",
    "months": "Months",
    "days": "Days",
    "currency": "Currency",
    "period": "Per",
    "unit": "What is counted",
    "from": "Counted from",
    "plus": "After",
    "approximate": "About: the figure is rounded",
    "below": "Less than this",
    "derived": "Nota counted it: no source prints it",
    "stated_by": "Who says so",
    "by": "Other names for who says so",
    "note": "Where sources disagree",
    "checked": "Last checked",
    "says": "How people say it",
    "also": "What may follow its sentences",
    "rivals": "Figures of others for nearly the same",
    "instead": "Places that are named wrongly",
    "forms": "Form",
    "one_of": "Words for which {} stands",
    "because": "What is so, and who says it",
    "verdict": "Verdict",
    "topics": "Topics",
    "topic": "Topic that answers",
    "sources": "Sources",
    "related": "Related topics",
    "was": "Former ids",
    "asks": "How people ask",
    "not_asked": "What sounds like it and is not",
    "aliases": "Other commands",
    "command": "Command",
    "emoji": "Sign",
    "order": "Position in lists",
    "picture": "Picture",
    "figures": "Facts in the picture",
    "notes": "Facts whose notes are shown",
    "comparable": "The figures of the picture count the same",
    "caveat": "Caveat of the picture",
    "known": "What is known",
    "known.driver": "Who drives it",
    "known.schedule": "Timetable",
    "known.budget": "Budget",
    "progress": "Progress bar",
    "progress.from": "Progress bar: from",
    "progress.to": "Progress bar: to",
    "urgent": "Urgent: passes quiet hours and digests",
    "names": "What people call the subject",
    "about": "Who speaks here",
    "contact": "Page or address to reach them",
    "licence": "Terms of use",
    "name": "Who publishes",
    "logo": "Logo",
    "dossier.figures": "Key figures of the page",
    "subject": "Topics whose silence is reported",
    "colour": "Colour",
    "zone": "Time zone of the office",
    "corrections": "What was wrong",
    "withdrawn": "Withdrawn",
    "withdrawn.because": "Why it is withdrawn",
    "withdrawn.date": "Withdrawn on",
    "type": "Kind",
    "not_before": "Not before",
    "id": "Id",
    "languages": "Languages of the dossier",
    "default_language": "Default language",
    "languages_in_preparation": "Languages in preparation",
}
"""Field, or kind of entry and field, or field and what is in it → its name."""

FORMS: Mapping[str, str] = {
    "short": "short",
    "full": "in full",
    "spoken": "as people say it",
    "gen": "genitive",
    "dat": "dative",
    "acc": "accusative",
    "ins": "instrumental",
    "prep": "prepositional",
}
"""Form of a name → what it is called."""

HINTS: Mapping[str, str] = {
    "facts.says": "One sentence a line, each with {} once, where the value stands. {it} stands for any name of the subject.",
    "claims.says": "One sentence a line. {it} stands for any name of the subject, {} for any of the words below.",
    "asks": "One question a line, as people write it.",
    "not_asked": "One question a line.",
    "names": "One name a line, the one used most first.",
    "one_of": "One a line.",
    "by": "One name a line.",
    "also": "One phrase a line that is true of it, for example “that day”.",
    "instead": "One place a line.",
    "aliases": "One command a line, without the slash.",
    "unit": "The plural forms, with | between them.",
    "currency": "Three letters, for example IDR.",
    "facts.amount": "One amount, or the lowest and the highest.",
    "emoji": "One sign, before the title.",
    "order": "Small numbers come first.",
    "was": "One id a line. Followers, old links and what names them come here.",
    "zone": "For example Asia/Jakarta.",
    "colour": "For example #1F4E8C.",
    "corrections": "Readers see it beside the corrected text. A language that you leave empty says nothing.",
    "sources": "Cite one behind a statement: [@id]",
    "topics.body": "A fact stands in braces: {id}",
    "programs.body": "A fact stands in braces: {id}",
}
"""Field, or kind of entry and field → what to write into it."""

CHOICES: Mapping[str, Mapping[str, str]] = {
    "kind": {str(kind): name for kind, name in KIND_NAMES.items()},
    "verdict": EDITORS_VERDICTS,
    "period": {"hour": "hour", "day": "day", "week": "week", "month": "month", "year": "year"},
}
"""Field → what can be chosen, and what that is called."""

NONE_SAID: Mapping[str, str] = {
    "known": "Not published",
    "notes": "None of them",
    "figures": "None of them",
}
"""Field → what it says when it says "none"."""

Say = Callable[[str], str]


def kind_of(key: Key, content: Content | None, say: Say) -> str:
    """What an entry is."""
    kind = key.partition("/")[0]
    one = say(KINDS[kind][0]) if kind in KINDS else kind
    of_type = FACT_KINDS.get(str((content or {}).get("type"))) if kind == "facts" else None
    return f"{one}: {say(of_type)}" if of_type else one


def label(key: Key, place: Field, say: Say, languages: Mapping[str, str]) -> str:
    """What a field is called, with its language."""
    kind, name = key.partition("/")[0], place[0] if place else ""
    inner = ".".join(place[:2])
    found = next((LABELS[each] for each in (f"{kind}.{name}", inner, name) if each in LABELS), name)
    parts = [say(found)]
    if name == "forms":
        parts += [say(FORMS[each]) if each in FORMS else each for each in place[1:2]]
    if name == "corrections":
        parts += [each for each in place[1:2] if each != NEXT]
    if len(place) > 1 and place[-1] in languages:
        parts.append(languages[place[-1]])
    elif len(place) > 1 and inner not in LABELS and name not in ("forms", "corrections"):
        parts += place[1:]
    return " · ".join(parts)


def hint(key: Key, place: Field, say: Say) -> str:
    """What to write into a field; "" if that needs no word."""
    kind, name = key.partition("/")[0], place[0]
    found = next((HINTS[each] for each in (f"{kind}.{name}", name) if each in HINTS), "")
    return say(found) if found else ""
