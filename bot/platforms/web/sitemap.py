"""The sitemap. PURE."""

from xml.sax.saxutils import escape, quoteattr

from bot.dossier.model import Language
from bot.platforms.web.site import Site


def sitemap(site: Site, _language: Language) -> str:
    """sitemaps.org/protocol.html, with each page's other languages (developers.google.com/search/docs/specialty/international)."""
    paths = ["", *(f"/bulletins/{name}" for name in site.dossier.bulletins)]
    entries = (_location(site, path, language) for path in paths for language in site.dossier.languages)
    head = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">'
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{"".join(entries)}</urlset>'


def _location(site: Site, path: str, language: Language) -> str:
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{each}" href={quoteattr(f"{site.origin}/{each}{path}")}/>'
        for each in site.dossier.languages
    )
    return f"<url><loc>{escape(f'{site.origin}/{language}{path}')}</loc>{others}</url>"
