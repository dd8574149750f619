"""Publishers' texts in plain words, and links without tracking parameters. PURE."""

import html
import re
import unicodedata
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

MAX_TITLE = 200
MAX_SUMMARY = 200
MAX_LINK = 1000

_MAX_READ = 20_000
"""The number of characters of a text that are read. Summaries need only the first ones."""

_ROUNDS = 3
"""How often escaped HTML is unescaped. Twice is common, in plain text by mistake."""

_BREAKS = re.compile(
    r"<(?=/?(?:p|br|div|li|ul|ol|h[1-6]|tr|td|th|blockquote|section|article|figure|hr)\b)", re.IGNORECASE
)
_WITHOUT_CONTENT = {"script", "style", "head", "title", "noscript", "iframe", "svg", "template", "textarea"}
_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,5});", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_JOINERS = frozenset("\u200c\u200d")
"""Invisible characters that some scripts and emoji need."""

_SENTENCE_END = re.compile(r"[.!?…]+[\"'”»)]*\s")

_DEFAULT_PORTS = {"http": 80, "https": 443}
_TRACKING_PREFIXES = (
    *("utm_", "mtm_", "pk_", "piwik_", "matomo_", "hsa_", "at_medium", "at_campaign", "at_custom", "ns_mchannel"),
)
_TRACKING = frozenset(
    {"fbclid", "gclid", "dclid", "gbraid", "wbraid", "gclsrc", "msclkid", "yclid", "ysclid", "twclid", "ttclid"}
    | {"igshid", "igsh", "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "_openstat", "_ga", "_gl", "srsltid"}
    | {"from_rss", "fromrss", "rss_source", "source_rss", "wt_mc", "wt.mc_id", "cmpid", "ocid", "ito", "xtor", "s_cid"}
    | {"spm", "guccounter", "__twitter_impression", "ref_src", "ref_url"}
)
"""Query parameters that identify a campaign, a click or a referrer, but not a page."""

_UNSAFE_IN_LINK = re.compile(r"[\x00-\x20<>\"\\^`{}|]")


def plain_text(text: str) -> str:
    """The words of HTML or plain text on one line, without tags, scripts, invisible characters and direction marks.

    A text that still contains tags after :data:`_ROUNDS` rounds of unescaping loses its angle brackets.
    """
    import nh3  # noqa: PLC0415  where no feeds are read, it is not needed

    text = text[:_MAX_READ].encode(errors="replace").decode()  # JSON can spell halves of surrogate pairs
    for _ in range(_ROUNDS):
        spaced = _BREAKS.sub(" <", text)
        text = html.unescape(nh3.clean(spaced, tags=set(), attributes={}, clean_content_tags=_WITHOUT_CONTENT))
        if not (nh3.is_html(text) or _ENTITY.search(text)):
            break
    unified = unicodedata.normalize("NFC", _SPACES.sub(" ", text))
    visible = "".join(char for char in unified if char in _JOINERS or unicodedata.category(char) not in _INVISIBLE)
    return (visible.replace("<", "").replace(">", "") if nh3.is_html(visible) else visible).strip()


def shortened(words: str, limit: int = MAX_TITLE) -> str:
    """The words in at most ``limit`` characters, cut between two of them, with an ellipsis."""
    if len(words) <= limit:
        return words
    cut = words[: limit - 1]
    head, _, _ = cut.rpartition(" ")
    return f"{(head if len(head) > limit // 2 else cut).rstrip(' ,;:–—-')}…"


def summary_of(words: str, title: str) -> str:
    """The beginning of the text in at most :data:`MAX_SUMMARY` characters; "" if it only repeats the headline.

    It ends with a whole sentence if that fills half of the space.
    """
    if words.casefold().startswith(title.rstrip("…").casefold()):
        words = words[len(title.rstrip("…")) :].lstrip(" .:–—-|")
    if len(words) <= MAX_SUMMARY:
        return words
    ends = [match.end() for match in _SENTENCE_END.finditer(words[: MAX_SUMMARY + 1])]
    if ends and ends[-1] > MAX_SUMMARY // 2:
        return words[: ends[-1]].strip()
    return shortened(words, MAX_SUMMARY)


def canonical(link: str, base: str = "") -> str | None:
    """The link resolved against ``base``, without tracking parameters, credentials and fragment.

    None if it is not http or https, has no host, or is longer than :data:`MAX_LINK`.
    """
    try:
        parts = urlsplit(urljoin(base, link.strip()) if base else link.strip())
        port = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme.lower(), parts.hostname or ""
    unusable = any(not char.isprintable() or char in ' <>"\\' for char in parts.netloc)
    if scheme not in _DEFAULT_PORTS or not host or unusable:
        return None
    netloc = f"[{host}]" if ":" in host else host
    if port not in (None, _DEFAULT_PORTS[scheme]):
        netloc += f":{port}"
    fragment = parts.fragment if parts.fragment.startswith("!") else ""  # "#!" names a page, others a place on it
    query = "&".join(_quoted(pair) for pair in parts.query.split("&") if not _is_tracking(pair.partition("=")[0]))
    whole = urlunsplit((scheme, netloc, _quoted(parts.path) or "/", query, fragment))
    return whole if len(whole) <= MAX_LINK else None


def same_page(link: str) -> str:
    """The part that canonical links to one page share: without scheme, ``www.``, last slash and order of parameters."""
    parts = urlsplit(link)
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    tail = f"#{parts.fragment}" if parts.fragment else ""
    return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}?{query}{tail}"


def _is_tracking(parameter: str) -> bool:
    name = parameter.lower()
    return name in _TRACKING or name.startswith(_TRACKING_PREFIXES)


def _quoted(text: str) -> str:
    visible = "".join(char if char.isprintable() else quote(char, errors="replace") for char in text)
    return _UNSAFE_IN_LINK.sub(lambda match: f"%{ord(match[0]):02X}", visible)
