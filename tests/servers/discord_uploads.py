"""Callbacks with files, parsed as Discord does (reference#uploading-files, #using-attachments-within-embeds)."""

import json
from email import message_from_bytes
from email.message import Message
from typing import Any

HTTP_ANSWER_BYTES = 150_000
PNG = b"\x89PNG\r\n\x1a\n"


def callback_of(content_type: str, body: bytes) -> dict[str, Any]:
    """A callback as JSON, or as multipart/form-data with ``payload_json`` and ``files[n]``, whose sizes its attachments then name.

    Raises:
        ValueError: Discord would refuse it.
    """
    if not content_type.startswith("multipart/form-data"):
        return dict(json.loads(body))
    whole = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    parts: dict[str, Any] = {}
    for part in whole.get_payload():
        assert isinstance(part, Message)
        parts[str(part.get_param("name", header="content-disposition"))] = part
    callback = json.loads(parts.pop("payload_json").get_payload(decode=True))
    attachments = callback["data"].get("attachments", [])
    for attachment in attachments:
        file = parts.pop(f"files[{attachment['id']}]")
        if file.get_filename() != attachment["filename"] or len(attachment.get("description", "")) > 1024:
            raise ValueError("attachments")
        content = file.get_payload(decode=True)
        if not content.startswith(PNG):
            raise ValueError("no picture")
        attachment["size"] = len(content)
    if parts:
        raise ValueError(f"left over: {set(parts)}")
    images = {embed["image"]["url"] for embed in callback["data"]["embeds"] if "image" in embed}
    if images - {f"attachment://{attachment['filename']}" for attachment in attachments}:
        raise ValueError(f"images without their file: {images}")
    return dict(callback)
