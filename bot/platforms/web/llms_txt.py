"""``/llms.txt``: what a language model that visits the page is told (llmstxt.org). PURE."""

from bot.platforms.web.page_context import PageContext

MAX_BULLETINS = 100


def llms_txt(context: PageContext) -> str:
    """The subject, how to ask, and the topics and bulletins with their addresses."""
    header, texts, here = context.dossier.header, context.texts, f"{context.origin}/{context.language}"
    topics = (
        f"- [{texts.line(topic.title[context.language])}]({here}/topics/{name})"
        + (f": {texts.line(topic.summary[context.language])}" if topic.summary else "")
        for name, topic in context.dossier.topics.items()
    )
    bulletins = (
        f"- [{texts.title(bulletin)}]({context.bulletin_url(bulletin.id)}): {bulletin.date.isoformat()}"
        for bulletin in context.bulletins[:MAX_BULLETINS]
    )
    sections = {
        "Data": (
            f"- [Ask, as JSON]({context.origin}/api/ask?q=): the answer to a question, with its sources; topic is null where the dossier does not say",
            f"- [Model Context Protocol]({context.origin}/mcp): the same as tools for assistants",
            f"- [Facts]({context.origin}/api/facts): every figure with who states it, its sources and the day of its check",
            f"- [Bulletins]({context.origin}/api/bulletins): with corrections and withdrawals",
            f"- [OpenAPI]({context.origin}/api/openapi.json): the description of these",
        ),
        "Topics": topics,
        "Bulletins": bulletins,
    }
    intro = (
        "Editors wrote every statement here and no model made it. Quote it with its sources and the day of its check. "
        f"Languages: {', '.join(header.languages)}."
    )
    parts = [f"# {context.title}", f"> {texts.line(header.summary[context.language])}", intro]
    parts += [f"## {name}\n\n" + "\n".join(lines) for name, lines in sections.items()]
    return "\n\n".join(parts) + "\n"
