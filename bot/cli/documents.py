"""Documents that a dossier is proposed out of: plain text, Markdown, HTML, PDF and DOCX → their headings and paragraphs."""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from tqdm import tqdm

from bot.claims.proposals import Block, Document
from bot.cli import CommandError

_NOT_READ = frozenset(
    {"script", "style", "head", "nav", "header", "footer", "aside", "form", "noscript", "template", "svg"}
)
_BLOCKS = frozenset({"p", "li", "div", "section", "article", "blockquote", "br", "dd", "dt", "figcaption", "tr"})
_VOID = re.compile("area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4"})

_SUP = "\0"
_NOTED = re.compile(rf"(?:[^\w\s]|[^\W\d_]{{3}}){_SUP}\s*[\[(]?(?:\d{{1,3}}|[*†‡])[\])]?\s*$")
"""A raised number behind a word or a full stop leads to a footnote; in "m²" it does not."""

_HEADING = 90
"""A line of at most so many characters may be a heading."""

_PART = re.compile(
    r"(?:article|art\.|artículo|artigo|pasal|bab|bagian|статья|глава|раздел|chapter|section|capítulo|chapitre|annex)\b"
    r"|§|#{1,4} |\d{1,2}(?:\.\d{1,2})*[.)]? +[^\W\d_]",
    re.IGNORECASE,
)
"""What the heading of a part begins with, where no markup says so."""


def read(path: Path) -> Document:
    """The headings and paragraphs of a file, by its ending; what has none of the endings below is read as plain text.

    Raises:
        CommandError: it cannot be read, or holds no text.
    """
    reader = _READERS.get(path.suffix.lower(), _plain)
    try:
        document = reader(path)
    except ImportError as error:
        fix = "expected the packages of requirements-documents.txt"
        raise CommandError(f"{path}: {error.name} is not installed, {fix}") from error
    except UnicodeDecodeError as error:
        raise CommandError(
            f"{path}: it is no text in UTF-8, expected one of {', '.join(_READERS)}, .txt, .md"
        ) from error
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from error
    if not any(not block.is_heading for block in document.blocks):
        raise CommandError(f"{path}: it holds no text, as a scan does, expected a document whose words can be copied")
    return document


def _plain(path: Path) -> Document:
    return _document(path, _paragraphs(path.read_text("utf-8-sig").splitlines()))


def _html(path: Path) -> Document:
    parser = _Page()
    parser.feed(path.read_text("utf-8-sig"))
    parser.close()
    parser.end_block()
    return _document(path, parser.blocks, parser.meta)


def _pdf(path: Path) -> Document:
    from pypdf import PdfReader  # noqa: PLC0415  an extra
    from pypdf.errors import FileNotDecryptedError, PyPdfError  # noqa: PLC0415

    try:
        file = PdfReader(path)
        pages = tqdm(file.pages, desc=path.name, unit="page", disable=None, leave=False)
        texts = [(number, page.extract_text().splitlines()) for number, page in enumerate(pages, 1)]
        found = [(number, block) for number, lines in texts for block in _paragraphs(lines)]
        blocks = [Block(block.text, block.is_heading, number) for number, block in found]
        title = (file.metadata and file.metadata.title) or ""
    except FileNotDecryptedError as error:
        raise CommandError(f"{path}: it is encrypted, expected a document that opens without a password") from error
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CommandError(f"{path}: it cannot be read as PDF ({type(error).__name__})") from error
    return _document(path, blocks, {"title": title})


def _docx(path: Path) -> Document:
    import docx  # noqa: PLC0415  an extra
    from docx.opc.exceptions import PackageNotFoundError  # noqa: PLC0415

    try:
        with ZipFile(path) as packed:
            if sum(each.file_size for each in packed.infolist()) > 200_000_000:
                raise CommandError(f"{path}: it unpacks to more than 200 MB")
        file = docx.Document(str(path))
    except (PackageNotFoundError, BadZipFile, zlib.error, SyntaxError, LookupError, ValueError, RuntimeError) as error:
        raise CommandError(f"{path}: it cannot be read as DOCX") from error
    blocks: list[Block] = []
    for part in file.iter_inner_content():
        if hasattr(part, "rows"):
            blocks += (Block(" · ".join(cell.text for cell in row.cells)) for row in part.rows)
        else:
            style = part.style.name if part.style else ""
            blocks.append(Block(part.text, (style or "").startswith(("Heading", "Title"))))
    return _document(path, blocks, {"title": file.core_properties.title})


_READERS: Mapping[str, Callable[[Path], Document]] = {".html": _html, ".htm": _html, ".pdf": _pdf, ".docx": _docx}


def _document(path: Path, blocks: Iterable[Block], meta: Mapping[str, str] | None = None) -> Document:
    """The document without empty blocks; its title is the one that it names, else its first heading, else the file's name."""
    kept = [Block(text, block.is_heading, block.page) for block in blocks if (text := " ".join(block.text.split()))]
    meta = meta or {}
    first = next((block.text for block in kept if block.is_heading), path.stem.replace("-", " ").replace("_", " "))
    title = " ".join(meta.get("title", "").split())
    if not title or first in title:  # "Fares | Harbour News"
        title, meta = first, {"og:site_name": title.partition(first)[2].lstrip(" |–—-·«").rstrip("»"), **meta}
    return Document(title, kept, meta.get("og:site_name", ""), meta.get("canonical", ""))


def _paragraphs(lines: Iterable[str]) -> Iterator[Block]:
    """The blocks of plain text or Markdown. A line that ends in a hyphen goes on in the next one."""
    paragraph, stripped = list[str](), [line.strip() for line in [*lines, "", ""]]
    for text, behind in pairwise(stripped):
        is_heading = bool(text) and _is_heading(text, begins=not paragraph, stands_alone=not (paragraph or behind))
        item = _ITEM.match(text)
        if paragraph and (not text or is_heading or item):
            yield Block(" ".join(paragraph))
            paragraph = []
        if is_heading:
            yield Block(text.lstrip("# "), is_heading=True)
        elif paragraph and re.search(r"[^\W\d_]-$", paragraph[-1]) and text[:1].islower():
            paragraph[-1] = paragraph[-1][:-1] + text
        elif text:
            paragraph.append(text[item.end() :].strip("| ").replace(" | ", " · ") if item else text)


_ITEM = re.compile(r"[-*•·–—]\s+|\|")
"""Begins an item of a list, or a row of a table in Markdown."""

_TITLE = re.compile(r"[^\W\d_a-zа-яё][^\d]{2,69}(?<![.,;:!?…»”\"])")
"""A line between empty ones that may be a heading without markup: one without figures."""


def _is_heading(line: str, *, begins: bool, stands_alone: bool) -> bool:
    if len(line) > _HEADING or line[-1] in ".,;:!?" or not any(letter.isalpha() for letter in line):
        return False
    is_part = begins and (line.isupper() or _PART.match(line))
    return line.startswith("#") or bool(is_part or (stands_alone and _TITLE.fullmatch(line)))


class _Page(HTMLParser):
    """The headings and paragraphs of a page, without what stands around its text."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Block] = []
        self.meta: dict[str, str] = {}
        self._heading, self._in_title, self._not_read = False, False, _NOT_READ
        self._hidden, self._text = list[str](), list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "meta" and given.get("property", "") == "og:site_name":
            self.meta["og:site_name"] = given.get("content", "")
        elif tag == "link" and given.get("rel", "") == "canonical":
            self.meta["canonical"] = given.get("href", "")
        self._in_title = tag == "title" and "svg" not in self._hidden
        is_hidden = "hidden" in given or re.search(r"display:\s*none", given.get("style", ""))
        if tag in ("main", "article"):
            self._not_read -= {"header"}  # that of an article has its title
        elif tag == "body":
            self._hidden.clear()  # <head> may lack its end
        if (tag in self._not_read or is_hidden or tag in self._hidden) and not _VOID.fullmatch(tag):
            self._hidden.append(tag)
        elif tag in ("td", "th"):
            self._text.append(" · " if self._text else "")
        elif tag == "sup":
            self._text.append(_SUP)
        elif tag in _BLOCKS or tag in _HEADINGS:
            self.end_block()
            self._heading = tag in _HEADINGS

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
        if tag in self._hidden:
            while self._hidden.pop() != tag:
                pass
        elif tag in _BLOCKS or tag in _HEADINGS:
            self.end_block()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.meta["title"] = self.meta.get("title", "") + data
        elif not self._hidden and not _NOTED.search("".join(self._text[-2:])[-4:] + data):
            self._text.append(data)

    def end_block(self) -> None:
        """Ends the block that was read."""
        self.blocks.append(Block("".join(self._text).replace(_SUP, ""), self._heading))
        self._text, self._heading = [], False
