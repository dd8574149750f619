"""What the desk calls kinds of entries, their fields and what can be chosen, in English: the catalogues have the rest."""

from collections.abc import Callable, Mapping

from bot.dossier.entries import Content, Field, Key
from bot.dossier.entry_fields import NEXT, label_of
from bot.dossier.schema import FACT_TYPES, KINDS
from bot.replies.citations import KIND_NAMES
from bot.replies.claims import EDITORS_VERDICTS

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

CHOICES: Mapping[str, Mapping[str, str]] = {
    "kind": {str(kind): name for kind, name in KIND_NAMES.items()},
    "verdict": EDITORS_VERDICTS,
    "period": {"hour": "hour", "day": "day", "week": "week", "month": "month", "year": "year"},
}
"""Field → what can be chosen, and what that is called."""

Say = Callable[[str], str]


def kind_of(key: Key, content: Content | None, say: Say) -> str:
    """What an entry is."""
    kind = key.partition("/")[0]
    one = say(KINDS[kind].one) if kind in KINDS else kind
    of_type = FACT_TYPES.get(str((content or {}).get("type"))) if kind == "facts" else None
    return f"{one}: {say(of_type.called)}" if of_type else one


def label(key: Key, place: Field, say: Say, languages: Mapping[str, str]) -> str:
    """What a field is called, with its language."""
    about, steps = label_of(key.partition("/")[0], place)
    name = place[0] if place else ""
    parts = [say(about.label) if about else name]
    if name == "forms":
        parts += [say(FORMS[each]) if each in FORMS else each for each in place[1:2]]
    if name == "corrections":
        parts += [each for each in place[1:2] if each != NEXT]
    if len(place) > 1 and place[-1] in languages:
        parts.append(languages[place[-1]])
    elif len(place) > steps and name not in ("forms", "corrections"):
        parts += place[1:]
    return " · ".join(parts)


def hint(key: Key, place: Field, say: Say) -> str:
    """What to write into a field; "" if that needs no word."""
    about, _ = label_of(key.partition("/")[0], place)
    return say(about.hint) if about and about.hint else ""
