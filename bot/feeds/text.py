"""Links as a reader should get them: to the page, without what follows readers about. PURE."""

import html
import re
import unicodedata
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

import nh3

MAX_TITLE = 200


MAX_LINE = 200


_READ = 20_000
"""How many characters of a text are looked at: the line is made of the first of them."""


_BREAKS = re.compile(
    r"<(?=/?(?:p|br|div|li|ul|ol|h[1-6]|tr|td|th|blockquote|section|article|figure|hr)\b)", re.IGNORECASE
)


_SPACES = re.compile(r"\s+")


_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


_JOINERS = frozenset("\u200c\u200d")
"""Invisible characters that some scripts and emoji are spelt with."""


_PACKED = 3
"""How many times over HTML is unpacked: twice is common, in plain text by mistake."""


_UNSPOKEN = {"script", "style", "head", "title", "noscript", "iframe", "svg", "template", "textarea"}


_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,5});", re.IGNORECASE)


_ENDS = re.compile(r"[.!?…]+[\"'”»)]*\s")


def plain(text: str) -> str:
    """Plain text on one line: spaces unified, nothing invisible, no direction marks."""
    unified = unicodedata.normalize("NFC", _SPACES.sub(" ", text[:_READ]))
    return "".join(char for char in unified if _shown(char)).strip()


def from_html(text: str) -> str:
    """The words of a piece of HTML, without scripts and tags, on one line."""
    spaced = _BREAKS.sub(" <", text[:_READ])
    bare = nh3.clean(spaced, tags=set(), attributes={}, clean_content_tags=_UNSPOKEN)
    return plain(html.unescape(bare))


def words_of(text: str, is_html: bool) -> str:
    """The words of a text, without tags.

    One that is said to be plain but holds tags is read as HTML too, and HTML that was packed twice is unpacked twice; what
    still holds tags after :data:`_PACKED` rounds was made to, and loses its angle brackets.
    """
    found = from_html(text) if is_html else plain(text)
    for _ in range(_PACKED):
        if not (nh3.is_html(found) or _ENTITY.search(found)):
            return found
        found = from_html(found)
    return found.replace("<", "").replace(">", "") if nh3.is_html(found) else found


def title_of(words: str) -> str:
    """The words as a headline: at most :data:`MAX_TITLE` characters, cut between words."""
    return shortened(words, MAX_TITLE)


def line_of(words: str, title: str) -> str:
    """The words as the one line below a headline: at most :data:`MAX_LINE` characters; "" where they say no more than it."""
    if words.casefold().startswith(title.rstrip("…").casefold()):
        words = words[len(title.rstrip("…")) :].lstrip(" .:–—-|")
    return _whole_sentences(words, MAX_LINE)


def shortened(words: str, most: int) -> str:
    """The words, cut between two of them with an ellipsis where there are more than ``most`` characters."""
    if len(words) <= most:
        return words
    cut = words[: most - 1]
    head, _, _ = cut.rpartition(" ")
    return f"{(head if len(head) > most // 2 else cut).rstrip(' ,;:–—-')}…"


def _whole_sentences(words: str, most: int) -> str:
    """Whole sentences if they fill half of the space, else cut between words."""
    if len(words) <= most:
        return words
    ends = [match.end() for match in _ENDS.finditer(words[: most + 1])]
    if ends and ends[-1] > most // 2:
        return words[: ends[-1]].strip()
    return shortened(words, most)


def _shown(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) not in _DROPPED


MAX_LINK = 1000


_SCHEMES = {"http": 80, "https": 443}


_TRACKING_STARTS = (
    "utm_",
    "mtm_",
    "pk_",
    "piwik_",
    "matomo_",
    "hsa_",
    "at_medium",
    "at_campaign",
    "at_custom",
    "ns_mchannel",
)


_TRACKING = frozenset(
    {"fbclid", "gclid", "dclid", "gbraid", "wbraid", "gclsrc", "msclkid", "yclid", "ysclid", "twclid", "ttclid"}
    | {"igshid", "igsh", "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "_openstat", "_ga", "_gl", "srsltid"}
    | {"from_rss", "fromrss", "rss_source", "source_rss", "wt_mc", "wt.mc_id", "cmpid", "ocid", "ito", "xtor", "s_cid"}
    | {"spm", "guccounter", "__twitter_impression", "ref_src", "ref_url"}
)
"""Parameters that name a campaign, a click or a referrer, never a page."""


_UNQUOTED = re.compile(r"[\x00-\x20<>\"\\^`{}|]")


def canonical(link: str, base: str = "") -> str | None:
    """The link, made whole by ``base`` and freed of tracking parameters and its fragment.

    None where it is no http or https link, names nobody's host, or is longer than any page's should be.
    """
    try:
        parts = urlsplit(urljoin(base, link.strip()) if base else link.strip())
        port = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme.lower(), parts.hostname or ""
    if scheme not in _SCHEMES or not host or any(not char.isprintable() or char in ' <>"\\' for char in parts.netloc):
        return None
    place = f"[{host}]" if ":" in host else host
    if port not in (None, _SCHEMES[scheme]):
        place += f":{port}"
    fragment = parts.fragment if parts.fragment.startswith("!") else ""  # "#!" names a page, others a place on it
    whole = urlunsplit((scheme, place, _quoted(parts.path) or "/", _kept(parts.query), fragment))
    return whole if len(whole) <= MAX_LINK else None


def same_page(link: str) -> str:
    """What two canonical links to one page share: not the scheme, ``www.``, a last slash, the parameters' order."""
    parts = urlsplit(link)
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    tail = f"#{parts.fragment}" if parts.fragment else ""
    return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}?{query}{tail}"


def _kept(query: str) -> str:
    """The query without tracking; left as it is written where nothing is taken out."""
    pairs = query.split("&") if query else []
    return "&".join(_quoted(pair) for pair in pairs if not _tracks(pair.partition("=")[0].lower()))


def _tracks(name: str) -> bool:
    return name in _TRACKING or name.startswith(_TRACKING_STARTS)


def _quoted(text: str) -> str:
    """Without characters that no address holds, which a chat might take for something else, or that nobody sees."""
    seen = text if text.isprintable() else "".join(map(_visible, text))
    return _UNQUOTED.sub(lambda match: f"%{ord(match[0]):02X}", seen)


def _visible(char: str) -> str:
    return char if char.isprintable() else quote(char, errors="replace")
