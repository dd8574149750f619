"""Reply → subject, plain text and HTML of a mail. PURE."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.delivery.sender import Changes
from bot.dossier.markdown import without_citations
from bot.languages import direction
from bot.platforms.base import KINDS_OF_BLOCKS, block_groups, safe_url, visible, with_linked_commands
from bot.platforms.plain_text import block_lines
from bot.replies.citations import source_line, superscript
from bot.replies.formatting import short_day
from bot.replies.i18n import phrases_in
from bot.replies.reply import Reply, lines_of
from bot.replies.word_diff import Words, excerpt, marked

if TYPE_CHECKING:
    from css_inline import CSSInliner

WORDS_AROUND = 8
"""Words that are shown on each side of a change."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the text of a mail.

    Attributes:
        site: the name of the dossier.
        origin: our address without a path; "" if there is none.
        why: why the mail comes, in one sentence.
        links: label and address of the links below it.
        pages: the addresses of the bulletins that a correction or a withdrawal is of; they stand below its text.
    """

    site: str = ""
    origin: str = ""
    why: str = ""
    links: tuple[tuple[str, str], ...] = ()
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """A mail without its headers."""

    subject: str
    plain: str
    html: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changed words with some around them, as they were and as they are now."""

    before: tuple[Words, ...]
    after: tuple[Words, ...]


@lru_cache(maxsize=256)
def render(reply: Reply, frame: Frame, changes: Changes | None = None) -> Text:
    """The mail. ``changes``: what it corrects; the changed words then stand before the text."""
    say = phrases_in(reply.language).say
    title = say("Corrected: {title}", title=changes.after.title) if changes else reply.title
    compared = compare(changes.before, changes.after) if changes and changes.before else None
    linked = with_links(replace(reply, title=subject_of(title)), frame.origin)
    html = _template().render(
        reply=linked,
        blocks=linked.blocks,
        headlines=_headlines(linked),
        buttons=[button for button in linked.buttons if button.url],
        heading=linked.title,
        subject=linked.title,
        card=linked.card.address(frame.origin, linked.language) if linked.card and frame.origin else "",
        changes=compared,
        frame=frame,
        say=say,
        style=Markup(_style()),  # noqa: S704  our own style sheet
        publishers={(source.id, source.place): source.name for source in linked.sources},
        superscript=superscript,
        short_day=lambda moment: short_day(moment, linked.language),
    )
    return Text(linked.title, _plain(linked, frame, compared), _inliner().inline(html))


def subject_of(title: str) -> str:
    """The title in one line: a line break would begin another header (RFC 5322, 2.2)."""
    return " ".join(visible(title).split())


def payload(reply: Reply) -> dict[str, Any]:
    """What is sent, without the frame."""
    text = render(reply, Frame())
    return {"subject": text.subject, "text": text.plain, "html": text.html}


def words(sent: Mapping[str, Any]) -> str:
    """What a reader reads."""
    return str(sent["text"])


# ---- What has changed


def compare(before: Reply, after: Reply) -> Comparison | None:
    """The words that differ; None: only addresses, sources or marks do."""
    both = marked(_running_text(before), _running_text(after))
    if all(part.mark == "same" for part in both):
        return None
    shown = _of_the_same_lines(excerpt(both, WORDS_AROUND))
    before_it, after_it = (tuple(part for part in shown if part.mark != mark) for mark in ("inserted", "deleted"))
    return Comparison(before_it, after_it)


def _of_the_same_lines(parts: tuple[Words, ...]) -> tuple[Words, ...]:
    """The parts without the lines before the first change and after the last one."""
    first, *middle, last = (parts[0], *parts[1:-1], parts[-1]) if len(parts) > 1 else (parts[0], Words(""))
    if first.mark == "same":
        first = replace(first, text=first.text.rpartition("\n")[2])
    if last.mark == "same":
        last = replace(last, text=last.text.partition("\n")[0])
    return (first, *middle, last)


def _running_text(reply: Reply) -> str:
    return "\n".join([subject_of(reply.title), *map(without_citations, lines_of(reply.blocks))])


# ---- Commands, which nobody can give by mail


def with_links(reply: Reply, origin: str) -> Reply:
    """The reply with each command as a link to the page that answers it; ``origin`` "": unchanged."""

    def page_of(name: str) -> tuple[str, str]:
        return f"/{name}", f"{origin}/{reply.language}/ask?q={quote(f'/{name}', safe='')}"

    return with_linked_commands(reply, page_of) if origin else reply


# ---- Plain text


def _plain(reply: Reply, frame: Frame, compared: Comparison | None) -> str:
    say = phrases_in(reply.language).say
    parts = [reply.title]
    if compared:
        was, now = _in_stars(compared.before), _in_stars(compared.after)
        parts.append(f"{say('Was')}:\n{was}\n\n{say('Now')}:\n{now}")
    heads = [reply.blocks[number] for number in _headlines(reply)]
    for group in block_groups(reply.blocks):
        gap = "\n" if any(group[0] is head for head in heads) else ""
        parts.append(gap + "\n".join(line for block in group for line in block_lines(block)))
    entries = source_line(reply)
    cited = [" ".join(f"{span.text} {span.url}" for span in entry) for entry in entries[: reply.cited]]
    others = [" ".join(f"{span.text} {span.url}" for span in entry if span.url) for entry in entries[reply.cited :]]
    sources = "\n".join([*cited, *others, *filter(None, [reply.as_of_label])])
    parts += [sources] if sources else []
    parts += ["\n".join(frame.pages)] if frame.pages else []
    parts += [f"{button.label}:\n{button.url}" for button in reply.buttons if button.url]
    end = "\n".join([frame.why, *(f"{label}: {url}" for label, url in frame.links)]).strip()
    if end:
        parts.append(f"-- \n{end}")  # mail programs show what stands below as a signature (RFC 3676, 4.3)
    return "\n".join(map(visible, "\n\n".join(parts).split("\n"))) + "\n"


def _headlines(reply: Reply) -> tuple[int, ...]:
    """The numbers of the blocks that have the title of one of several bulletins, a line break, and its day."""
    return reply.heads if len(reply.heads) > 1 else ()


def _in_stars(parts: tuple[Words, ...]) -> str:
    return "".join(
        part.text if part.mark == "same" else "{}*{}*".format(*_split_space(part.text)) for part in parts
    ).strip()


def _split_space(text: str) -> tuple[str, str]:
    """The space before the first word, and the words."""
    words = text.lstrip()
    return text[: len(text) - len(words)], words


# ---- HTML


@cache
def _inliner() -> "CSSInliner":
    from css_inline import CSSInliner  # noqa: PLC0415  where e-mail is off, it is not needed

    # at-rules stay in the head: they hold the dark colours, which no element can have in itself
    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, minify_css=True)


@cache
def _style() -> str:
    return files(__package__).joinpath("mail.css").read_text("utf-8")


@cache
def _template() -> Any:
    templates = Environment(
        loader=PackageLoader(__package__, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"direction": direction, "safe_url": safe_url, "breaks": _breaks, "marked": _marked}
    templates.tests |= KINDS_OF_BLOCKS
    return templates.get_template("mail.html")


def _breaks(text: str) -> Markup:
    return Markup("<br>").join(escape(visible(line)) for line in text.split("\n"))


def _marked(parts: tuple[Words, ...], tag: str) -> Markup:
    """The words, those that changed in the tag."""
    changed = Markup(f"{{}}<{tag}>{{}}</{tag}>")  # noqa: S704  "del" or "ins"
    return Markup().join(
        _breaks(part.text) if part.mark == "same" else changed.format(*map(_breaks, _split_space(part.text)))
        for part in parts
    )
