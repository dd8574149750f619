"""Links as a reader should get them: to the page, without what follows readers about. PURE."""

import re
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

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
