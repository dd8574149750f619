"""The entries of a change as readers see them, on every platform and in every language, and who would get its bulletins."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from markupsafe import Markup
from pydantic import ValidationError

from bot.claims.check import Checker
from bot.claims.declared_check import with_value
from bot.db.changes import Change, ChangedEntry
from bot.db.fan_out import Expected, expected
from bot.db.store import Store
from bot.dossier.entries import Content, Key, fitting_bulletin
from bot.dossier.entry_fields import Use, topic_of, uses
from bot.dossier.models import Bulletin, BulletinId, Claim, ClaimId, Dossier, FactId, Language, TopicId
from bot.dossier.yaml_reader import Value
from bot.live_dossier import LiveDossier
from bot.newsroom.change_content import NEW, Contents, corrected_on, is_withdrawal, problems, without_date
from bot.newsroom.consequences import reply_to
from bot.newsroom.ledger_diff import is_recent, joins
from bot.platforms.platform import Platform
from bot.platforms.web.app_markup import shown_message
from bot.replies.bulletins import Label, LabelledBulletin, bulletin_text, corrected, single_reply, withdrawal_reasons
from bot.replies.claims import claim_words
from bot.replies.i18n import phrases_in
from bot.replies.question import AboutTopic, CheckText, Command, Question
from bot.replies.reply import Reply
from bot.schedule import Traits


@dataclass(frozen=True, slots=True)
class Rendering:
    """One message as one platform shows it in one language."""

    platform: str
    language: Language
    html: Markup


def renderings(
    found: Mapping[Key, Mapping[Language, Reply]], platforms: Sequence[Platform[Any]], editors: Language
) -> dict[Key, list[Rendering]]:
    """Messages as the platforms show them, made from the very payloads. ``editors``: the language of what is not in a message."""
    say, now = phrases_in(editors).say, datetime.now(UTC)

    def shown(platform: Platform[Any], reply: Reply) -> Markup:
        return shown_message(platform, reply, reply.language, now, beside=say, beside_language=editors)

    return {
        key: [
            Rendering(each.name, language, shown(each, reply))
            for language, reply in of_it.items()
            for each in platforms
        ]
        for key, of_it in found.items()
    }


def messages(live: LiveDossier, bases: Contents, contents: Contents, day: date) -> dict[Key, dict[Language, Reply]]:
    """What shows each entry of a change to readers of each language that it has. Takes tenths of a second.

    Of a bulletin it is its message, of a claim its verdict; of a fact, a source or an example the answer of the first topic that has it.

    Args:
        live: what is in force.
        bases: the contents from which those of the change were made.
        contents: of the change's entries.
        day: from which the change would be in force.
    """
    former = live.complete
    filled = {key: content and _filled(key, content, former) for key, content in contents.items()}
    _, after = problems(live.loading, filled, day, alone=True)
    valid = after.dossier or after.valid_part
    dossier = valid or former
    has_others = any(not key.startswith("bulletins/") for key in contents)
    used = uses({**live.contents, **contents}, {}) if has_others else {}
    found: dict[Key, dict[Language, Reply]] = {}
    for key, content in contents.items():
        if content is None:
            continue
        if not key.startswith("bulletins/"):
            whole = replace(valid, bulletins=former.bulletins, withdrawn=former.withdrawn) if valid else None
            found[key] = dict(_replies(key, content, whole, day, used)) if whole else {}
            continue
        bulletin, missing = _bulletin(dossier, key, content, day)
        withdrawn = is_withdrawal(bases.get(key), content)
        shown = replace(dossier, untranslated={bulletin.id: missing}) if bulletin else dossier
        found[key] = dict(_messages(former, shown, bulletin, day, withdrawn=withdrawn)) if bulletin else {}
    return found


def _texts(content: Content, dossier: Dossier) -> dict[str, dict[str, Value]]:
    """The fields of a content that have a text for each language."""
    known = set(dossier.written_languages)
    maps = {name: each for name, each in content.items() if isinstance(each, dict) and each.keys() <= known}
    return {name: each for name, each in maps.items() if each and all(isinstance(text, str) for text in each.values())}


def _filled(key: Key, content: Content, dossier: Dossier) -> Content:
    """The content with the words of another language where it has none yet, so that what is written can be shown. Bulletins do without."""
    texts = {} if key.startswith("bulletins/") else _texts(content, dossier)
    first = {name: dict.fromkeys(dossier.languages, next(iter(each.values()))) for name, each in texts.items()}
    return {**content, **{name: first[name] | each for name, each in texts.items()}}


def _replies(
    key: Key, content: Content, dossier: Dossier, day: date, used: Mapping[Key, Sequence[Use]]
) -> Iterator[tuple[Language, Reply]]:
    """The reply that shows an entry, in each language in which all its texts are written."""
    kind, _, name = key.partition("/")
    claim, fact = dossier.claims.get(ClaimId(name)), dossier.facts.get(FactId(name))
    topic = None if kind == "claims" else _topic_showing(key, used, dossier)
    whole: Question | None = Command("start") if kind == "header" else AboutTopic(topic) if topic else None
    own = claim if kind == "claims" else fact if kind == "facts" and whole is None else None
    facts = {each: one if one is own else one.model_copy(update={"says": {}}) for each, one in dossier.facts.items()}
    alone = replace(dossier, claims={claim.id: claim} if claim is not None else {}, facts=facts)
    check = Checker(alone).check if own is not None else None  # what others declare is said among the mistakes
    texts = _texts(content, dossier).values()
    for language in dossier.languages:
        question = whole
        if isinstance(own, Claim):
            question = CheckText(claim_words(dossier, own, language))
        elif own is not None:
            said = next(iter(own.says.get(language, ())), "")
            question = CheckText(with_value(dossier, said, own, language)) if said else None
        if question is not None and all(language in each for each in texts):
            reply = reply_to(question, dossier, language, day, check)
            yield language, replace(reply, colour=dossier.header.colour)


def _topic_showing(key: Key, used: Mapping[Key, Sequence[Use]], dossier: Dossier) -> TopicId | None:
    """The topic that an entry is or belongs to, else the first that refers to it, or to a fact that cites it; None: there is none."""
    users = [each.key for each in used.get(key, ())]
    through = [each.key for other in users if other.startswith("facts/") for each in used.get(other, ())]
    kind, _, name = key.partition("/")
    own = [Key(f"{each}/{name}") for each in ("topics", "programs")] if kind == "questions" else [key]
    topics = (TopicId(topic_of(each)) for each in (*own, *users, *through) if each.startswith(("topics/", "programs/")))
    return next((each for each in topics if each in dossier.topics), None)


def _bulletin(dossier: Dossier, key: Key, content: Content, day: date) -> tuple[Bulletin | None, frozenset[Language]]:
    """The bulletin as far as it is written, None if it has no title or no text yet; and the languages that lack one of them."""
    name = BulletinId(key.removeprefix("bulletins/"))
    if key.startswith(NEW):
        name, content = BulletinId(f"{day}-{name}"), {"date": day.isoformat(), **without_date(content)}
    else:
        content = corrected_on(content, day)
    fitted, missing, _ = fitting_bulletin(Key(f"bulletins/{name}"), content, dossier.header, dossier.topics)
    sources = fitted.get("sources")
    known = [each for each in sources if each in dossier.sources] if isinstance(sources, list) else []
    needed = {each: fitted[each] for each in ("date", "title", "body") if each in fitted}
    for values in ({**fitted, "sources": known}, needed):  # the second one if a smaller field has a mistake
        try:
            return Bulletin.model_validate({**values, "id": name}), missing
        except ValidationError:
            continue
    return None, missing


def _messages(
    former: Dossier | None, dossier: Dossier, bulletin: Bulletin, day: date, *, withdrawn: bool
) -> Iterator[tuple[Language, Reply]]:
    for language in dossier.languages:
        spoken = dossier.spoken(bulletin.id, language)
        try:
            text = bulletin_text(dossier, bulletin, spoken)
            if former and not withdrawn:
                had, is_back = former.bulletins.get(bulletin.id), bulletin.id in former.withdrawn
                before = bulletin_text(former, had, spoken) if had else None
                text = corrected(text, before, day, spoken, was_withdrawn=is_back)
            label: Label = "withdrawn" if withdrawn else "corrected" if text.was_wrong(day) else "none"
            if withdrawn:
                text = replace(text, because=withdrawal_reasons(dossier, bulletin).get(spoken, ()))
            since = day if label != "none" else None
            yield language, single_reply(LabelledBulletin(text, label, since), spoken)
        except (KeyError, ValueError):  # it names a fact or source that is not there, as the diagnostics say
            continue


async def audiences(
    store: Store,
    change: Change,
    entries: Mapping[Key, ChangedEntry],
    contents: Contents,
    rates: Mapping[str, float],
    dossier: Dossier,
) -> dict[Key, list[tuple[Expected, float]]]:
    """Who would get each bulletin as new, and in how many seconds those who get it at once.

    Of corrected ones those alone that have other topics than when they were sent.
    """
    found, language = {}, dossier.header.default_language
    async with store.database.read() as connection:
        at = max(await store.database.moment(connection), change.due or change.planned or 0.0)
        for key, content in contents.items():
            if not key.startswith("bulletins/") or content is None or "withdrawn" in content:
                continue
            name, traits, groups = key.removeprefix("bulletins/"), _traits(content), list[Expected]()
            if entries[key].base is None:
                groups = await expected(connection, traits, at, language)
            else:
                row, topics = await store.bulletins.get(connection, name), traits.topics & dossier.topics.keys()
                if row is None or row.state == "scheduled" or topics == set(row.topics):
                    continue
                is_news = row.published is not None and is_recent(date.fromisoformat(row.day), row.not_before, at)
                if is_news and joins(topics, row.topics):
                    wanted = replace(traits, topics=topics)
                    groups = await expected(connection, wanted, at, language, added_to=name)
            found[key] = [(each, (each.readers - each.later) / rates.get(each.platform, 1.0)) for each in groups]
    return found


def _traits(content: Content) -> Traits:
    """Of a bulletin's content, which may be unfinished."""
    topics, title = content.get("topics"), content.get("title")
    names = frozenset(TopicId(str(name)) for name in topics) if isinstance(topics, list) else frozenset()
    languages = frozenset(language for language, words in title.items() if words) if isinstance(title, dict) else None
    return Traits(names, content.get("urgent") is True, languages)
