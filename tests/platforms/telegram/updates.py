"""Updates as Telegram sends them, with the fields that a test needs."""

from typing import Any

ADA, BUDI, VERA = 1001, 1002, 1003
GROUP, CHANNEL = -1001234567890, -1009876543210
ANONYMOUS_ADMIN = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}


def user(number: int = ADA, language: str | None = "en") -> dict[str, Any]:
    """An account; ``language``: of its app."""
    tag = {"language_code": language} if language else {}
    return {"id": number, "is_bot": False, "first_name": "<b>Ada & Co"} | tag


def chat(number: int) -> dict[str, Any]:
    """A private chat, the group or the channel, by its id."""
    kind = "private" if number > 0 else "channel" if number == CHANNEL else "supergroup"
    return {"id": number, "type": kind} | ({"first_name": "<i>"} if number > 0 else {"title": "<a href=x>&"})


def message(text: str, where: int = ADA, who: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A user writes; ``more``: further fields of the message."""
    return {"message": {"message_id": 77, "date": 1, "from": who or user(), "chat": chat(where), "text": text} | more}


def topic(number: int) -> dict[str, Any]:
    """Fields of a message in a forum topic."""
    return {"message_thread_id": number, "is_topic_message": True}


def post(text: str, **more: Any) -> dict[str, Any]:
    """The channel posts."""
    channel = chat(CHANNEL)
    return {"channel_post": {"message_id": 5, "date": 1, "sender_chat": channel, "chat": channel, "text": text} | more}


def press(data: str | None, under: dict[str, Any] | None, who: dict[str, Any] | None = None, **more: Any) -> Any:
    """A user presses a button below a message."""
    query = {"id": f"query-{data}", "from": who or user(), "chat_instance": "1", "data": data}
    return {"callback_query": query | ({"message": under} if under else {}) | more}


def inline_query(text: str, who: dict[str, Any] | None = None) -> dict[str, Any]:
    """A user types behind the bot's name."""
    return {"inline_query": {"id": "inline-1", "from": who or user(), "query": text, "offset": ""}}


def member(status: str, where: int = GROUP, **more: Any) -> dict[str, Any]:
    """The bot's own status in a chat changes."""
    me = {"user": {"id": 1, "is_bot": True, "first_name": "N"}, "status": status} | more
    return {
        "my_chat_member": {"chat": chat(where), "from": user(), "date": 1, "old_chat_member": me, "new_chat_member": me}
    }
