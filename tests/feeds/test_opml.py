"""Lists of feeds go in and out as OPML (opml.org/spec2.opml)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feeds.opml import NotOpml, Outline, read_opml, write_opml

LIST = b"""<?xml version="1.0"?>
<opml version="1.1"><head><title>Mine</title></head><body>
  <outline text="Harbours"><outline text="North" xmlUrl=" https://north.example/rss " type="rss" language="en"/></outline>
  <outline title="South" text="ignored" XMLURL="https://south.example/atom"/>
  <outline text="Again" xmlUrl="https://north.example/rss"/>
  <outline text="No feed" type="link" url="https://x.example/"/>
</body></opml>"""


def test_feeds_in_folders() -> None:
    """At any depth, each address once, whatever the case of names."""
    assert read_opml(LIST) == [
        Outline("North", "https://north.example/rss", "en"),
        Outline("South", "https://south.example/atom"),
    ]


_TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=30).filter(
    lambda text: text == text.strip() and text.isprintable()
)


@given(st.lists(st.builds(Outline, _TEXT, _TEXT, st.sampled_from(["", "id"])), unique_by=lambda each: each.url))
def test_what_is_written_is_read(outlines: list[Outline]) -> None:
    """Whatever the titles hold."""
    assert read_opml(write_opml("Feeds", outlines)) == outlines


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><opml><body/></opml>", "entities"),
        (b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><opml><body>&a;</body></opml>", "entities"),
        (b"<!DOCTYPE x [<!ENTITY % a SYSTEM 'http://127.0.0.1/'> %a;]><opml/>", "entities"),
        (b"<rss/>", "expected an opml element"),
        (b"words", "not XML"),
        (b"", "not XML"),
        (b"\xff\xfe<", "not XML"),
        (b"<?xml version='1.0' encoding='klingon'?><opml/>", "not XML"),
        (b" " * 3_000_000, "larger"),
    ],
)
def test_refused(data: bytes, why: str) -> None:
    """Bombs, other documents, rubbish."""
    with pytest.raises(NotOpml, match=why):
        read_opml(data)
