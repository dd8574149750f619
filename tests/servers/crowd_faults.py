"""Faults that a chat of a crowd has in store, as the two platforms answer them.

Telegram's words are those of its server (github.com/tdlib/telegram-bot-api), Discord's codes stand in
topics/opcodes-and-status-codes#json.
"""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.servers.discord_limits import too_many

SILENCE_SECONDS = 12.0
"""Longer than any sender waits."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What becomes of one call.

    Attributes:
        status: of the answer; 200: the real one.
        is_taken: whether the call is carried out all the same.
        breaks: the connection, instead of an answer.
        seconds: until then; 0: as long as any answer takes.
        lasts: for every call to come, rather than for the next one.
        in_topics: only where the call names a forum topic.
    """

    status: int = 200
    words: str = ""
    code: int = 0
    parameters: tuple[tuple[str, int], ...] = ()
    is_taken: bool = False
    breaks: bool = False
    seconds: float = 0.0
    lasts: bool = False
    in_topics: bool = False

    def answer(self, platform: str) -> web.Response:
        """What is said instead of the real answer."""
        if platform == "discord":
            return self._on_discord()
        body: dict[str, Any] = {"ok": False, "error_code": self.status, "description": self.words}
        return web.json_response(
            body | ({"parameters": dict(self.parameters)} if self.parameters else {}), status=self.status
        )

    def _on_discord(self) -> web.Response:
        wait = dict(self.parameters).get("retry_after")
        if wait:
            return too_many(wait, {"X-RateLimit-Scope": "shared", "X-RateLimit-Bucket": "shared"})
        return web.json_response({"message": self.words, "code": self.code}, status=self.status)


_EVERYWHERE = {
    "500": Fault(500, "Internal Server Error"),
    "502": Fault(502, "Bad Gateway"),
    "504": Fault(504, "Gateway Timeout"),
    "silent": Fault(is_taken=True, breaks=True, seconds=SILENCE_SECONDS),
    "reset": Fault(breaks=True),
    "reset after": Fault(is_taken=True, breaks=True),
}
_ON_TELEGRAM = {
    "blocked": Fault(403, "Forbidden: bot was blocked by the user", lasts=True),
    "deactivated": Fault(403, "Forbidden: user is deactivated", lasts=True),
    "kicked": Fault(403, "Forbidden: bot was kicked from the supergroup chat", lasts=True),
    "deleted": Fault(403, "Forbidden: the group chat was deleted", lasts=True),
    "chat gone": Fault(400, "Bad Request: chat not found", lasts=True),
    "no rights": Fault(400, "Bad Request: not enough rights to send text messages to the chat", lasts=True),
    "topic closed": Fault(400, "Bad Request: TOPIC_CLOSED", lasts=True, in_topics=True),
    "topic deleted": Fault(400, "Bad Request: message thread not found", lasts=True, in_topics=True),
}
_ON_DISCORD = {
    "blocked": Fault(403, "Cannot send messages to this user", 50007, lasts=True),
    "kicked": Fault(403, "Missing Access", 50001, lasts=True),
    "deleted": Fault(404, "Unknown Channel", 10003, lasts=True),
    "no rights": Fault(403, "Missing Permissions", 50013, lasts=True),
}


def fault_of(platform: str, name: str) -> Fault:
    """The fault of that name. ``429 7``: too fast, again in 7 s; ``migrated -1007``: to that chat."""
    kind, _, number = name.partition(" ")
    if kind == "429":
        words = f"Too Many Requests: retry after {number}"
        return Fault(429, words, parameters=(("retry_after", int(number)),))
    if kind == "migrated":
        words = "Bad Request: group chat was upgraded to a supergroup chat"
        return Fault(400, words, parameters=(("migrate_to_chat_id", int(number)),), lasts=True)
    return (_EVERYWHERE | (_ON_TELEGRAM if platform == "telegram" else _ON_DISCORD))[name]
