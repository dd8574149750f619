"""Shared by all platforms: errors, detection of a second deployment, routes, text, and the findings of ``nota doctor``. PURE."""

import json
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any, Literal
from urllib.parse import urlsplit

from bot.dossier.markdown import Items, Span, Spans, is_web_address
from bot.replies.reply import Block, Note, ProgressBar, Reply, ReplyProblem, with_lines

Report = Callable[[str], None]
"""Called with the error of a running platform, for the operator; "" if there is no error."""


@dataclass(slots=True)
class StatusReporter:
    """Reports each change of an error once.

    Attributes:
        error: the error reported last; "" if there is no error; None if nothing was reported, so that even "" is reported.
    """

    report: Report
    error: str | None = ""

    def set(self, error: str) -> None:
        """Reports the error if it has changed. ``error``: "" if there is no error."""
        if error != self.error:
            self.report(error)
            self.error = error


class PlatformFailure(Exception):
    """A platform cannot run, for example because its token is wrong. Other platforms are not affected."""


class PlatformUnreachable(Exception):
    """A call to a platform failed. The message gives the reason."""


OVERLAP_SECONDS = 15 * 60.0
"""A new release ends the processes of the previous one within this time."""


@dataclass(slots=True)
class SecondDeploymentDetector:
    """Distinguishes a second deployment with the same token from our own next release, when a platform's requests go elsewhere.

    A release, or a changed PUBLIC_URL, redirects the requests once and soon ends this process. There is a second deployment if the requests came
    back and were redirected again, or if this process still runs after :data:`OVERLAP_SECONDS`.
    """

    _times_taken: int = 0
    _taken_at: float | None = None

    def check(self, *, is_ours: bool, now: float) -> bool:
        """Whether there is a second deployment. ``is_ours``: requests come to us; ``now``: any clock, in seconds."""
        if is_ours:
            self._taken_at = None
            return False
        if self._taken_at is None:
            self._times_taken += 1
            self._taken_at = now
        return self._times_taken > 1 or now - self._taken_at >= OVERLAP_SECONDS


def route_paths(path: str, public_url: str) -> tuple[str, ...]:
    """The paths at which requests to ``path`` arrive: a router may remove the path of ``public_url`` or keep it."""
    base = urlsplit(public_url).path.rstrip("/")
    return (path, base + path) if base else (path,)


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a server answers with; empty if it is none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


ELLIPSIS = "…"

_CONTROL = (range(0x09), range(0x0B, 0x20), range(0x7F, 0xA0))
_DIRECTION = (range(0x202A, 0x202F), range(0x2066, 0x206A))
_NOT_CHARACTERS = (range(0xD800, 0xE000), range(0xFFFE, 0x10000))
_INVISIBLE = dict.fromkeys(chain(*_CONTROL, *_DIRECTION, *_NOT_CHARACTERS))


def visible(text: str) -> str:
    """The text without control characters, marks that reverse its direction, and halves of surrogate pairs."""
    return text.translate(_INVISIBLE)


def log_line(text: str, limit: int) -> str:
    """What a stranger's server says, for the log: one line, at most ``limit`` characters, none that a terminal obeys."""
    return visible(" ".join(text[: 4 * limit].split()))[:limit]


def utf16_length(text: str) -> int:
    """The length in UTF-16 units: characters beyond the Basic Multilingual Plane (most emoji) are two."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, limit: int) -> str:
    """The text, cut with an ellipsis if it is longer than ``limit`` UTF-16 units."""
    return text if utf16_length(text) <= limit else start_of(text, limit - len(ELLIPSIS)).rstrip() + ELLIPSIS


def start_of(text: str, limit: int) -> str:
    """The beginning of the text in at most ``limit`` UTF-16 units: whole words if they fill half of it, never a part of a character."""
    end, size = len(text), utf16_length(text)
    while size > limit:
        end -= 1
        size -= utf16_length(text[end])
    if end == len(text):
        return text
    end_of_word = max(text.rfind(" ", 0, end + 1), text.rfind("\n", 0, end + 1))
    return text[:end_of_word] if end_of_word > end // 2 else text[:end]


SCREEN_LINES, LINE_CHARACTERS, ROW_LINES = 30, 42, 2
"""The lines of a message that a phone shows at once, the characters of a line, and the lines that a row of buttons takes."""


def too_high(text: str, rows: int, platform: str) -> Iterator[ReplyProblem]:
    """A warning if a reply does not fit on a screen. ``text``: the visible text; ``rows``: the number of rows of buttons."""
    height = screen_lines(text, rows)
    if height > SCREEN_LINES:
        fix = f"expected at most {SCREEN_LINES} of {LINE_CHARACTERS} characters, a row of buttons counts {ROW_LINES}"
        values = {"platform": platform, "n": str(height), "most": str(SCREEN_LINES)}
        yield ReplyProblem(f"{height} lines on {platform}", fix, is_warning=True, code="high", values=values)


def screen_lines(text: str, rows: int) -> int:
    """The height of a reply on a phone, in lines."""
    lines = (textwrap.wrap(line, LINE_CHARACTERS, break_on_hyphens=False) for line in text.split("\n"))
    return sum(max(1, len(line)) for line in lines) + ROW_LINES * rows


def block_groups(blocks: Iterable[Block]) -> list[list[Block]]:
    """The blocks, grouped: an empty line separates groups. A list or a bar belongs to the paragraph above it."""
    groups: list[list[Block]] = []
    for block in blocks:
        if groups and isinstance(block, Items | ProgressBar):
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


Level = Literal["ok", "note", "problem"]
"""``ok``: correct; ``note``: worth knowing; ``problem``: must be fixed before Nota can work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that ``nota doctor`` checked.

    Attributes:
        subject: the setting or other thing that was checked.
        message: the result, without secrets.
        remedy: what the operator should do; "" if there is nothing to do.
    """

    level: Level
    subject: str
    message: str
    remedy: str = ""


ok = partial(Finding, "ok")
note = partial(Finding, "note")
problem = partial(Finding, "problem")


CLOCK_NOTE_SECONDS, CLOCK_PROBLEM_SECONDS = 5.0, 60.0
"""A clock that is wrong by the first shows wrong times. If it is wrong by the second, platforms refuse certificates and signatures."""


def clock_finding(subject: str, ahead_seconds: float) -> Finding:
    """Compares our clock with that of ``subject``. ``ahead_seconds``: how far ours is ahead; negative: behind."""
    message = f"our clock is {abs(ahead_seconds):.0f} s {'ahead of' if ahead_seconds > 0 else 'behind'} the {subject}'s"
    remedy = "set this machine's clock by NTP (timedatectl set-ntp true)"
    if abs(ahead_seconds) > CLOCK_PROBLEM_SECONDS:
        return problem("clock", message, remedy)
    if abs(ahead_seconds) > CLOCK_NOTE_SECONDS:
        return note("clock", message, remedy)
    return ok("clock", f"agrees with the {subject}'s")


MAX_NAME = 48
"""The most characters of a person's name that are shown. The account's name is never cut."""


def display_name(name: str, account: str) -> str:
    """A person's name with the account behind it, because people can choose any name."""
    stripped = name.strip()
    if stripped in ("", account, account.removeprefix("@")):
        return account
    shown = stripped if len(stripped) <= MAX_NAME else f"{stripped[: MAX_NAME - 1].rstrip()}…"
    return f"{shown} ({account})" if account else shown


_BRACKETED = r"\([^\s<>()]*\)"
WEB_ADDRESS = rf"https?://(?:{_BRACKETED}|[^\s<>()])*(?:{_BRACKETED}|[^\s<>().,:;!?'\"\]])"
"""A pattern that matches a web address in running text. A bracket belongs to it where both of a pair do."""


def safe_url(url: str) -> str:
    """The URL of a button or link; ``#`` unless it is a web address."""
    return url if is_web_address(url) else "#"


KINDS_OF_BLOCKS: Mapping[str, Callable[[object], bool]] = {
    "list_block": lambda block: isinstance(block, Items),
    "progress_bar": lambda block: isinstance(block, ProgressBar),
    "note": lambda block: isinstance(block, Note),
}
"""What a template may ask of a block."""


# ---- Commands where they cannot be given

_COMMAND = re.compile(r"(?<![\w/<])/([^\W\d]\w*)")


def with_linked_commands(reply: Reply, page_of: Callable[[str], tuple[str, str] | None]) -> Reply:
    """The reply with commands as links. ``page_of``: the name of a command → words and address of its link; None: it stays as it is."""

    def parts(span: Span) -> Iterator[Span]:
        end = 0
        for match in _COMMAND.finditer(span.text):
            if (page := page_of(match[1])) is not None:
                yield replace(span, text=span.text[end : match.start()])
                yield replace(span, text=page[0], url=page[1])
                end = match.end()
        yield replace(span, text=span.text[end:])

    def linked(spans: Spans) -> Spans:
        whole = (part for span in spans for part in ([span] if span.url else parts(span)))
        return tuple(part for part in whole if part.text)

    return replace(reply, blocks=with_lines(reply.blocks, linked))


def too_long(what: str, size: int, most: int, platform: str) -> dict[str, Any]:
    """What a :class:`ReplyProblem` and a :class:`~bot.dossier.diagnostics.Diagnostic` say of a text that is too long."""
    values = {"platform": platform, "n": str(size), "most": str(most)}
    message = f"{size} characters{f' of {what}' if what else ''} on {platform}"
    return {"message": message, "fix": f"expected at most {most}", "code": "long", "values": values}
