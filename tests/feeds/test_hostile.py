"""Malicious publishers: no request to an address that is not public, bounded cost, plain words only."""

import re
from functools import partial

import pytest

from bot.feeds.documents import FeedDocument
from bot.feeds.fetcher import Fetcher, FetchLimits, open_fetcher
from bot.feeds.parser import parse
from bot.feeds.parser_process import parse_in_child
from bot.feeds.ssrf import policy
from tests.feeds.hostile import CASES, CONFUSING, EXHAUSTING, REACHING, Case, Stage, outcome
from tests.servers.publisher import HOME, Door, Names, Publisher

_UNSPEAKABLE = re.compile(r"<\w|[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\ufeff\ud800-\udfff]")


@pytest.fixture
def stage(publisher: Publisher, door: Door, names: Names) -> Stage:
    """What a hostile publisher has to play with; the door on 127.0.0.1 must not be knocked at."""
    return Stage(publisher, door, names)


async def parse_here(body: bytes, media_type: str, address: str) -> FeedDocument:
    """In this process, for what takes neither time nor memory."""
    return parse(body, media_type, address)


def harmless(document: FeedDocument | None) -> bool:
    """Whether all of it is short plain words and links to the web."""
    return all(
        len(item.title) <= 200
        and len(item.line) <= 200
        and not _UNSPEAKABLE.search(item.title + item.line)
        and (item.link is None or item.link.startswith(("http://", "https://")))
        for item in (document.items if document else ())
    )


class TestReaching:
    """No request reaches an address that is not public."""

    @pytest.mark.parametrize("case", REACHING, ids=str)
    async def test_goes_nowhere(self, case: Case, stage: Stage, fetching: Fetcher) -> None:
        """Refused with a reason, and nobody knocked."""
        said, document = await outcome(case, stage, fetching, parse_here)
        assert case.is_met_by(said), said
        assert document is None


@pytest.mark.slow
class TestExhausting:
    """Nothing costs more than its share of bytes, seconds and memory."""

    @pytest.mark.parametrize("case", EXHAUSTING, ids=str)
    async def test_is_given_up_or_cut(self, case: Case, stage: Stage, fetching: Fetcher) -> None:
        """Refused, or cut to a thousand items."""
        said, document = await outcome(case, stage, fetching, partial(parse_in_child, cpu=2))
        assert case.is_met_by(said), said
        assert harmless(document)


class TestConfusing:
    """Whatever stands in the body, readers get plain words or nothing."""

    @pytest.mark.parametrize("case", CONFUSING, ids=str)
    async def test_makes_no_nonsense(self, case: Case, stage: Stage, fetching: Fetcher) -> None:
        """No tag, no control character, no link but to the web."""
        said, document = await outcome(case, stage, fetching, parse_here)
        assert case.is_met_by(said), said
        assert harmless(document)


@pytest.mark.chaos
async def test_table(stage: Stage, names: Names) -> None:
    """All of them with a real second for each, as a table."""
    async with open_fetcher(policy([HOME]), limits=FetchLimits(seconds=2), resolver=names) as fetching:
        for case in CASES:
            said, _ = await outcome(case, stage, fetching, partial(parse_in_child, cpu=2))
            print(f"{case.name:32} {said}")
            assert case.is_met_by(said), said
    print(f"{'connections to 127.0.0.1':32} {stage.door.knocks}")
