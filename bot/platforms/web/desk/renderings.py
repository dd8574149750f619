"""The bulletins of a change as messages on every platform and in every language, and who would get them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from markupsafe import Markup
from pydantic import ValidationError

from bot.db.changes import Change, ChangedEntry
from bot.db.fan_out import Expected, expected
from bot.db.store import Store
from bot.dossier.entries import Content, Key, fitting_bulletin
from bot.dossier.loader import Loading
from bot.dossier.models import Bulletin, BulletinId, Dossier, Language, TopicId
from bot.newsroom.change_content import NEW, Contents, corrected_on, is_withdrawal, problems, without_date
from bot.newsroom.ledger_diff import is_recent, joins
from bot.platforms.platform import Platform
from bot.platforms.web.app_markup import shown_message
from bot.replies.bulletins import Label, LabelledBulletin, bulletin_text, corrected, single_reply, withdrawal_reasons
from bot.replies.i18n import phrases_in
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


def messages(in_force: Loading, bases: Contents, contents: Contents, day: date) -> dict[Key, dict[Language, Reply]]:
    """The message with each bulletin of a change, as readers of each language get it. Takes tenths of a second.

    Args:
        in_force: the dossier in force.
        bases: the contents from which those of the change were made.
        contents: of the change's entries.
        day: from which the change would be in force.
    """
    _, after = problems(in_force, contents, day, alone=True)
    dossier = after.dossier or after.valid_part or in_force.dossier
    if dossier is None:
        return {}
    found: dict[Key, dict[Language, Reply]] = {}
    for key, content in contents.items():
        if not key.startswith("bulletins/") or content is None:
            continue
        bulletin, missing = _bulletin(dossier, key, content, day)
        withdrawn = is_withdrawal(bases.get(key), content)
        shown = replace(dossier, untranslated={bulletin.id: missing}) if bulletin else dossier
        found[key] = dict(_messages(in_force.dossier, shown, bulletin, day, withdrawn=withdrawn)) if bulletin else {}
    return found


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
            if former and bulletin.id in former.bulletins:
                text = corrected(text, bulletin_text(former, former.bulletins[bulletin.id], spoken), day, spoken)
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
