"""How somebody gets us: the links that install us, and the permissions they ask for. PURE."""

from urllib.parse import urlencode

from bot.answers.phrases import phrases
from bot.answers.reply import Button
from bot.dossier.model import Language
from bot.platforms.discord.payloads import (
    ATTACH_FILES,
    EMBED_LINKS,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
)

AUTHORIZE = "https://discord.com/oauth2/authorize"
"""topics/oauth2#bot-authorization-flow-url-example."""

FOR_BULLETINS = VIEW_CHANNEL | SEND_MESSAGES | SEND_MESSAGES_IN_THREADS | EMBED_LINKS
"""What sending and editing bulletins in channels, threads and forum posts takes, publishing our own ones included
(resources/message#crosspost-message), and answers to messages; answering commands in words takes none."""

PERMISSIONS = FOR_BULLETINS | ATTACH_FILES
"""All that we ask for: pictures in answers are files, those of bulletins addresses."""


def server_link(application_id: int) -> str:
    """Adds us to a server, with the permissions that we need and no other."""
    given = {"client_id": application_id, "scope": "bot applications.commands", "permissions": PERMISSIONS}
    return f"{AUTHORIZE}?{urlencode(given | {'integration_type': 0})}"


def user_link(application_id: int) -> str:
    """Adds us to one's own account: our answers then come along into every server and message."""
    given = {"client_id": application_id, "scope": "applications.commands", "integration_type": 1}
    return f"{AUTHORIZE}?{urlencode(given)}"


def invitations(application_id: int, language: Language) -> tuple[Button, ...]:
    """Both links as buttons."""
    tongue = phrases(language)
    return (
        Button(f"➕ {tongue.say('Add to a Discord server')}", url=server_link(application_id)),
        Button(f"👤 {tongue.say('Add to my Discord')}", url=user_link(application_id)),
    )
