"""What a page is about, for search engines: schema.org as JSON-LD. PURE."""

import json
from datetime import date
from typing import Any

from markupsafe import Markup

from bot.answers.composing import Composer
from bot.dossier.model import Bulletin, Dossier, Language
from bot.platforms.web.feeds import bulletin_url


def of_page(dossier: Dossier, origin: str, today: date, language: Language) -> Markup:
    """A WebPage."""
    composer = Composer(dossier, language)
    return _json_ld(
        {
            "@type": "WebPage",
            "name": composer.line(dossier.header.title[language]),
            "inLanguage": language,
            "url": f"{origin}/{language}",
            "dateModified": today.isoformat(),
        }
    )


def of_bulletin(dossier: Dossier, origin: str, bulletin: Bulletin, language: Language) -> Markup:
    """A NewsArticle."""
    composer = Composer(dossier, language)
    url = bulletin_url(origin, language, bulletin.id)
    return _json_ld(
        {
            "@type": "NewsArticle",
            "headline": composer.line(bulletin.title[language])[:110],
            "inLanguage": language,
            "datePublished": bulletin.date.isoformat(),
            "url": url,
            "mainEntityOfPage": url,
            "image": [f"{origin}/pictures/{language}/bulletin/{bulletin.id}"],
            "author": {"@type": "Organization", "name": "Nota", "url": origin},
            "citation": [source.url for source in composer.sources(bulletin.sources, ())],
        }
    )


def _json_ld(thing: dict[str, Any]) -> Markup:
    """schema.org as JSON-LD; no text in it can end the element it stands in."""
    text = json.dumps({"@context": "https://schema.org", **thing}, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704  json.dumps and the replacement leave no markup
