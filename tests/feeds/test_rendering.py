"""Whatever a publisher writes in a headline, every message that carries it is one that Telegram and Discord take."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.db.feeds import Candidate, CandidateId, CandidateState, Story
from bot.dossier.entries import Key, fitting_bulletin
from bot.dossier.models import Bulletin, BulletinId, Dossier, Language, Source, SourceId
from bot.feeds.documents import FeedItem
from bot.feeds.parser import parse
from bot.feeds.review_messages import CandidateMessage, candidate_panel, decision_notice, topics_panel, waiting_list
from bot.live_dossier import LiveDossier
from bot.newsroom.story_content import contents_of
from bot.platforms.discord.render import render as render_for_discord
from bot.platforms.telegram.content_check import check_reply as check_telegram
from bot.platforms.telegram.render import render
from bot.replies.answer import answer
from bot.replies.bulletins import LabelledBulletin, bulletin_text, digest_reply, single_reply
from bot.replies.question import NEWS, AboutBulletin, AboutTopic
from bot.replies.reply import Reply
from tests.clocks import MONDAY_NOON
from tests.conftest import TODAY
from tests.feeds.hostile import item, rss
from tests.feeds.test_review import STORY
from tests.platforms.telegram.oracle import needs_tdlib, parsed_by_telegram
from tests.servers.discord_rules import message_refusals
from tests.servers.telegram_markup import parsed

TITLES = [
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&lt;b&gt;unclosed &lt;i&gt;crossed&lt;/b&gt;",
    "&amp;lt;b&amp;gt; &amp;amp;amp; &amp;#60;",
    "<![CDATA[<a href='tg://user?id=1'>you</a> & <b>bold]]>",
    "*bold* _italic_ `code` ||hidden|| [link](tg://user?id=1) ~~gone~~ > quoted",
    "@everyone @here &lt;@1&gt; &lt;#2&gt; &lt;@&amp;3&gt; &lt;:e:4&gt; https://evil.example",
    "\u202eright to left\u202c \u200bhidden\ufeff &#x202e;again",
    "{fact} {} {{ }} %s %(x)s {0}",
    "W" * 5000,
    "👨‍👩‍👧‍👦" * 300,
    "А" * 199 + "&lt;b&gt;",
    "&#xD83D; &#0; &#x1F600; &#1114112;",
    "\\ \\\\ \\n \\* -- ... 1. - + #",
]
STATES: list[CandidateState] = ["waiting", "published", "rejected", "expired", "withdrawn"]


def items() -> list[FeedItem]:
    """The titles as publishers bring them, in headline and text."""
    entries = (
        item(title, f"<description>{title} {title}</description><guid>{n}</guid>") for n, title in enumerate(TITLES)
    )
    return list(parse(rss("".join(entries)).encode("utf-8", "surrogatepass")).items)


def candidates() -> Iterator[Candidate]:
    """Each as a candidate, in every state, decided by somebody with such a name."""
    for found in items():
        story: Story = replace(STORY, title=found.title, line=found.line, publisher=found.title[:40])
        for number, state in enumerate(STATES, start=1):
            yield Candidate(
                CandidateId(number),
                story,
                state,
                1,
                MONDAY_NOON,
                None,
                MONDAY_NOON,
                MONDAY_NOON,
                found.title[:64],
                None,
            )


def taken(dossier: Dossier, candidate: Candidate) -> tuple[Dossier, Bulletin]:
    """The dossier with the candidate's bulletin and source in force."""
    header, name = dossier.header, BulletinId("2026-11-23-story")
    contents = contents_of(candidate, dossier, ())
    [(source, values)] = [(key, content) for key, content in contents.items() if key.startswith("sources/")]
    whole, _, _ = fitting_bulletin(
        Key(f"bulletins/{name}"), contents[Key("bulletins/new-1")] or {}, header, dossier.topics
    )
    bulletin = Bulletin.model_validate({**whole, "id": name, "date": "2026-11-23"})
    sources = {**dossier.sources, SourceId(source.removeprefix("sources/")): Source.model_validate(values)}
    return replace(dossier, sources=sources, bulletins={name: bulletin, **dossier.bulletins}), bulletin


def messages(dossier: Dossier) -> Iterator[Reply]:
    """All that editors and readers may see of them."""
    every = list(candidates())
    for candidate in every:
        for language in dossier.languages:
            message = CandidateMessage(dossier, language)
            yield candidate_panel(candidate, message)
            yield topics_panel(candidate, dossier, 1, language)
            yield decision_notice(candidate, message, counted=True)
            whole, bulletin = taken(dossier, candidate)
            article = bulletin_text(whole, bulletin, language)
            yield single_reply(LabelledBulletin(article), language)
            yield single_reply(LabelledBulletin(article, "withdrawn", TODAY), language)
            yield digest_reply((LabelledBulletin(article), LabelledBulletin(article, "corrected", TODAY)), language)
            yield answer(whole, AboutTopic(NEWS), language, TODAY)
            yield answer(whole, AboutBulletin(bulletin.id), language, TODAY)
    for language in dossier.languages:
        yield from (waiting_list(every, page, Language(language)) for page in (1, 5, 99))


@pytest.fixture
def all_messages(live: LiveDossier) -> list[Reply]:
    return list(messages(live.dossier))


def test_nothing_of_a_title_is_lost(live: LiveDossier) -> None:
    """Most of them survive as words."""
    assert len(items()) >= len(TITLES) - 2
    assert live.dossier.languages


@pytest.mark.slow
@needs_tdlib
def test_is_valid_to_telegram_itself(all_messages: list[Reply]) -> None:
    """By its own parser, and says to readers what it says to us."""
    for reply in all_messages:
        text = render(reply)["text"]
        assert parsed_by_telegram(text) == parsed(text)


@pytest.mark.slow
def test_is_within_every_limit(all_messages: list[Reply]) -> None:
    """Of both platforms: lengths, buttons, tokens. A story of a publisher may be higher than a screen."""
    assert [fault for reply in all_messages for fault in check_telegram(reply) if not fault.is_warning] == []
    assert [fault for reply in all_messages for fault in message_refusals(render_for_discord(reply))] == []
