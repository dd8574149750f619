"""``nota new dossier NAME --from FILE…``: the files of a dossier that is proposed out of documents."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.app.content_check import load_checked, today
from bot.claims.proposals import MOST_FACTS, Document, Proposals, propose
from bot.claims.words import listed_languages
from bot.cli import CommandError
from bot.cli.documents import read as document_of
from bot.dossier.entries import free_name, slug
from bot.dossier.markdown import is_web_address
from bot.dossier.models import FactId, Language, TopicId
from bot.dossier.yaml_writer import written
from bot.matching.lexicon import lexicon

_UNKNOWN = {"publisher": "?", "url": "https://example.com"}
"""What a source says while the rest of a dossier is checked, if nobody said it; it is not written."""

_OF_SOURCES = "# publisher and url: look whether they are right.\n"
_OF_DOCUMENTS = "# Proposed out of documents, and not in force before it is deployed: mend or drop what is not right.\n"


def proposed_files(
    folder: Path,
    name: str,
    documents: Sequence[Path],
    languages: Sequence[str] | None,
    publisher: str = "",
    addresses: Sequence[str] = (),
) -> dict[Path, str]:
    """The files of a dossier with this id out of documents, by path. What does not pass the check is left out.

    ``publisher``: of documents that name none; "": asked for in a terminal. ``addresses``: of the documents, in their order; of others asked for.
    What nobody says stays out, so that the check refuses the dossier until somebody writes it.

    Raises:
        CommandError: a document cannot be read, or is in another language than the first one.
    """
    existing = [str(file) for file in (folder / "dossier.yaml", folder / "facts.yaml") if file.exists()]
    if existing:
        raise CommandError(f"{', '.join(existing)}: exists already; nothing is written")
    read = [document_of(path) for path in documents]
    language = Language(languages[0] if languages else _language_of(read[0]))
    sources = dict[str, Document]()
    for path, document in zip(documents, read, strict=True):
        if languages is None and (its_own := _language_of(document)) != language:
            raise CommandError(f"{path}: it is in {its_own}, expected {language} as in the first document")
        sources[free_name(slug(path.stem, 40) or "document", sources)] = document
    proposals = propose(sources, language, today())
    if not proposals.topics:
        raise CommandError(f"{documents[0]}: no sentence was found under a heading, expected a text of sentences")
    for dropped in _dropped(proposals) if sys.stdin.isatty() else ():
        proposals.drop(dropped)
    header: dict[str, Any] = {
        "id": name,
        **{key: {language: read[0].title[:100]} for key in ("title", "summary")},
        "names": {language: [read[0].title[:100]]},
        "languages": [language],
        "default_language": language,
        "checked": today(),
    }
    header |= {"languages_in_preparation": list(languages[1:])} if languages and languages[1:] else {}
    listed = dict(zip(sources, _listed(documents, sources.values(), language, publisher, addresses), strict=True))
    complete = {source: {**_UNKNOWN, **said} for source, said in listed.items()}
    while True:
        files = {
            folder / "dossier.yaml": _OF_DOCUMENTS + written(header),
            folder / "sources.yaml": written(complete),
            folder / "facts.yaml": "".join(_with_evidence(proposals, fact) for fact in proposals.facts),
            **{folder / "topics" / f"{topic}.yaml": written(fields) for topic, fields in proposals.topics.items()},
        }
        if not _left_out(proposals, folder, files):
            counts = (len(proposals.facts), MOST_FACTS, len(proposals.topics), len(proposals.left_out))
            print("proposed facts: {} (at most {}), topics: {}; values left out: {}".format(*counts))
            for source, lacking in ((source, [*(_UNKNOWN.keys() - said)]) for source, said in listed.items()):
                if lacking:
                    print(
                        f"sources.yaml: {source}: fill in {' and '.join(sorted(lacking))}; nota check refuses it until then"
                    )
            return files | {folder / "sources.yaml": _OF_SOURCES + written(listed)}


def _listed(
    paths: Sequence[Path], documents: Iterable[Document], language: Language, publisher: str, addresses: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """What is known of each document as a source: what it says itself, what was given, what is typed in a terminal."""
    for number, (path, document) in enumerate(zip(paths, documents, strict=True)):
        own = document.address if is_web_address(document.address) else ""
        by = document.publisher or publisher or _typed(f"publisher of {path}: ")
        address = addresses[number] if number < len(addresses) else own or _typed(f"address of {path}: ")
        if address and not is_web_address(address):
            raise CommandError(f"{address!r}: expected the address of a page, as in https://example.org/report")
        said = {"publisher": {language: by} if by else None, "title": document.title[:200], "url": address or None}
        yield {name: value for name, value in said.items() if value}


def _typed(prompt: str) -> str:
    """A line that is typed at the terminal; "" if nobody sits there, or nothing is typed."""
    try:
        return input(prompt).strip() if sys.stdin.isatty() else ""
    except EOFError:
        return ""


def _left_out(proposals: Proposals, folder: Path, files: Mapping[Path, str]) -> bool:
    """Whether something did not pass the check, and was taken out: first what people say, then the fact, then the topic."""
    with TemporaryDirectory(prefix="nota-") as place:
        for file, text in files.items():
            target = Path(place) / file.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
        wrong = [each for each in load_checked(Path(place), today()).diagnostics if not each.is_warning]
    for each in wrong:
        if each.path == "facts.yaml" and each.place:
            fact = FactId(str(each.place[0]))
            if fact in proposals.facts and proposals.facts[fact].pop("says", None) is None:
                proposals.drop(fact)
        elif each.path.startswith("topics/"):
            proposals.topics.pop(TopicId(Path(each.path).stem), None)
        else:
            raise CommandError(f"{each.path}: {each.message}, {each.fix}")
    return bool(wrong)


def _with_evidence(proposals: Proposals, fact: FactId) -> str:
    said = (f"# “{e.sentence}” — {e.source}{', ' * bool(e.place)}{e.place}\n" for e in proposals.evidence[fact])
    return "".join(said) + written({fact: proposals.facts[fact]})


def _dropped(proposals: Proposals) -> Iterator[FactId]:
    """The facts that whoever sits at the terminal does not want."""
    print("Enter keeps a fact, d drops it, k keeps this one and all the others.")
    for fact, fields in list(proposals.facts.items()):
        shown = ", ".join(str(value) for name, value in fields.items() if name not in ("sources", "checked", "says"))
        print(f"\n{fact}: {shown}\n  {proposals.evidence[fact][0].sentence}")
        try:
            key = input("  keep? ").strip().lower()
        except EOFError as error:
            raise CommandError("the input ended before k or the last fact; nothing is written") from error
        if key == "k":
            return
        if key == "d":
            yield fact


def _language_of(document: Document) -> str:
    """The language with word lists that has most of the document's words."""
    words = {word for block in document.blocks[:200] for word in re.findall(r"[^\W\d_]+", block.text.lower())}
    return max(listed_languages(), key=lambda language: len(words & lexicon(language).words))
