"""The Bot API's methods that Nota calls, with their documented rules (core.telegram.org/bots/api)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time
from typing import Any

from telegram.constants import ReactionEmoji

from tests.servers.telegram_markup import CannotParse, parsed, units

TEXT, CAPTION, ALERT = 4096, 1024, 200
SCOPES = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators")
CHAT_SCOPES = {"chat": ("chat_id",), "chat_administrators": ("chat_id",), "chat_member": ("chat_id", "user_id")}
CHANNELS = frozenset({-1009876543210})


class Refused(Exception):
    """An answer with ``ok: false``."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


@dataclass
class State:
    """The server's state. ``members``: (chat, user) → status; ``messages``: (chat, message id) → message.

    ``hiding``: chats that show their members to admins only, which the bot is not. ``anonymous``: (chat, user) of anonymous admins.
    ``ephemeral``: (chat, receiver, ephemeral id) → message. ``strangers``: users who never opened the private chat. ``pressed`` and
    ``unseen``: when a press, and an ephemeral message of a user, came. ``now`` gives seconds. ``topics``: (chat, topic) → the words with which
    Telegram refuses messages there: of a closed topic TOPIC_CLOSED (core.telegram.org/method/messages.sendMessage#possible-errors), of a deleted
    one those of tdlib/telegram-bot-api.
    """

    me: dict[str, Any]
    messages: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    members: dict[tuple[int, int], str] = field(default_factory=dict)
    hiding: set[int] = field(default_factory=set)
    anonymous: set[tuple[int, int]] = field(default_factory=set)
    heard: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    reactions: dict[tuple[int, int], str] = field(default_factory=dict)
    answered_guests: set[str] = field(default_factory=set)
    commands: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    descriptions: dict[tuple[str, str], str] = field(default_factory=dict)
    webhook: dict[str, Any] = field(default_factory=dict)
    photos: dict[str, bytes] = field(default_factory=dict)
    answered_queries: set[str] = field(default_factory=set)
    last: dict[int, int] = field(default_factory=dict)
    ephemeral: dict[tuple[int, int, int], dict[str, Any]] = field(default_factory=dict)
    strangers: set[int] = field(default_factory=set)
    pressed: dict[str, float] = field(default_factory=dict)
    unseen: dict[tuple[int, int], float] = field(default_factory=dict)
    now: Callable[[], float] = time
    topics: dict[tuple[int, int], str] = field(default_factory=dict)

    def next_id(self, chat_id: int) -> int:
        """An id that no message of the chat has, including those that a test has put there."""
        self.last[chat_id] = self.last.get(chat_id, 1000) + 1
        while (chat_id, self.last[chat_id]) in self.messages:
            self.last[chat_id] += 1
        return self.last[chat_id]


def method_of(name: str) -> Callable[[State, dict[str, Any]], Any] | None:
    """The method of that name; they are case-insensitive."""
    return _METHODS.get(name.lower())


def _text(given: dict[str, Any], key: str, limit: int) -> str:
    text = str(given.get(key) or "")
    if given.get("parse_mode") == "HTML":
        try:
            text = parsed(text)
        except CannotParse as error:
            raise Refused(400, f"Bad Request: can't parse entities: {error}") from None
    if not text.strip():
        raise Refused(400, "Bad Request: message text is empty")
    if units(text) > limit:
        raise Refused(400, "Bad Request: message is too long")
    return text


def _keyboard(given: dict[str, Any]) -> list[list[dict[str, Any]]]:
    markup = given.get("reply_markup") or {}
    rows = markup.get("inline_keyboard", [])
    if "force_reply" in markup and not 1 <= units(str(markup.get("input_field_placeholder", "-"))) <= 64:  # #forcereply
        raise Refused(400, "Bad Request: input field placeholder is invalid")
    for key in (key for row in markup.get("keyboard", []) for key in row):  # #keyboardbuttonrequestchat
        wanted = key.get("request_chat", {})
        if not key.get("text") or not {"request_id", "chat_is_channel"} <= wanted.keys() or int(given["chat_id"]) < 0:
            raise Refused(400, "Bad Request: can't parse keyboard button: wrong request_chat")
    if sum(map(len, rows)) > 100:
        raise Refused(400, "Bad Request: reply markup is too long")
    for button in (button for row in rows for button in row):
        if not str(button.get("text", "")).strip():
            raise Refused(400, "Bad Request: text buttons are unallowed in the inline keyboard")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
        if "callback_data" not in button and not re.match(r"https?://|tg://", str(button.get("url", ""))):
            raise Refused(400, "Bad Request: BUTTON_URL_INVALID")
    return list(rows)


def _posted(state: State, given: dict[str, Any]) -> dict[str, Any]:
    """A message of the bot in a chat, without its content."""
    if "chat_id" not in given:
        raise Refused(400, "Bad Request: chat_id is empty")
    chat_id = int(given["chat_id"])
    if chat_id in state.strangers:  # core.telegram.org/bots/features#what-features-do-bots-have
        raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
    if refusal := state.topics.get((chat_id, int(given.get("message_thread_id") or 0))):
        raise Refused(400, f"Bad Request: {refusal}")
    message = {
        "message_id": state.next_id(chat_id),
        "date": int(time()),
        "from": state.me,
        "chat": {"id": chat_id, "type": "private" if chat_id > 0 else "supergroup"},
        "reply_markup": {"inline_keyboard": _keyboard(given)},
    }
    replied = (given.get("reply_parameters") or {}).get("message_id")
    if replied is not None and (chat_id, replied) in state.heard:
        heard = state.heard[chat_id, replied]  # without what it replies to itself (core.telegram.org/bots/api#message)
        message["reply_to_message"] = {key: value for key, value in heard.items() if key != "reply_to_message"}
    if given.get("message_thread_id"):
        message |= {"message_thread_id": int(given["message_thread_id"]), "is_topic_message": True}
    return message


EPHEMERAL_SECONDS = 15
"""After a press or an ephemeral command any bot may answer with an ephemeral message (#ephemeral-messages-and-commands)."""

EPHEMERAL_EDIT = 1024
"""The text of an edit, though 4,096 are documented (github.com/tdlib/telegram-bot-api/issues/881)."""


def _store(state: State, given: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    """Puts a message of the bot into its chat, or shows it to one member (#ephemeralmessageparameters)."""
    chat_id, wanted = message["chat"]["id"], given.get("ephemeral_message_parameters")
    replied = (given.get("reply_parameters") or {}).get("ephemeral_message_id")
    if wanted is None:
        if replied is not None:  # #replyparameters: a reply to an ephemeral message must itself be ephemeral
            raise Refused(400, "Bad Request: message to be replied not found")
        state.messages[chat_id, message["message_id"]] = message
        return message
    receiver, query = int(wanted["receiver_user_id"]), wanted.get("callback_query_id")
    if chat_id > 0 or chat_id in CHANNELS:
        raise Refused(400, "Bad Request: ephemeral messages can be sent only to groups and supergroups")
    if state.members.get((chat_id, receiver)) in ("left", "kicked"):
        raise Refused(400, "Bad Request: USER_NOT_PARTICIPANT")
    began = state.pressed.get(query) if query else state.unseen.get((chat_id, replied)) if replied else None
    is_admin = state.members.get((chat_id, state.me["id"])) in _ADMINS
    if not is_admin and (began is None or state.now() - began > EPHEMERAL_SECONDS):
        raise Refused(400, "Bad Request: MESSAGE_NOT_COMMAND")  # github.com/kurigram-org/kurigram/pull/337
    number = state.next_id(receiver)
    user = {"id": receiver, "is_bot": False, "first_name": "Somebody"}
    message |= {"message_id": 0, "ephemeral_message_id": number, "receiver_user": user}
    state.ephemeral[chat_id, receiver, number] = message
    return message


def _edit_ephemeral_message_text(state: State, given: dict[str, Any]) -> Any:
    """#editephemeralmessagetext."""
    if units(parsed(str(given.get("text")))) > EPHEMERAL_EDIT:
        raise Refused(400, "Bad Request: MEDIA_CAPTION_TOO_LONG")
    key = int(given["chat_id"]), int(given["receiver_user_id"]), int(given["ephemeral_message_id"])
    if key not in state.ephemeral:
        raise Refused(400, "Bad Request: message to edit not found")
    state.ephemeral[key] |= {"text": _text(given, "text", TEXT), "reply_markup": {"inline_keyboard": _keyboard(given)}}
    return True


def _send_message(state: State, given: dict[str, Any]) -> Any:
    return _store(state, given, _posted(state, given) | {"text": _text(given, "text", TEXT)})


def _edit_message_text(state: State, given: dict[str, Any]) -> Any:
    text, rows = _text(given, "text", TEXT), _keyboard(given)
    if "force_reply" in (given.get("reply_markup") or {}):  # #editmessagetext: an inline keyboard only
        raise Refused(400, "Bad Request: inline keyboard expected")
    if given.get("inline_message_id"):
        return True
    message = state.messages.get((int(given["chat_id"]), int(given["message_id"])))
    if message is None:
        raise Refused(400, "Bad Request: message to edit not found")
    if "text" not in message:
        raise Refused(400, "Bad Request: there is no text in the message to edit")
    changed = {"text": text, "reply_markup": {"inline_keyboard": rows}}
    if all(message.get(key) == value for key, value in changed.items()):
        raise Refused(
            400,
            "Bad Request: message is not modified: specified new message content and reply markup are exactly the same "
            "as a current content and reply markup of the message",
        )
    message.update(changed)
    return message


def _edit_message_reply_markup(state: State, given: dict[str, Any]) -> Any:
    """#editmessagereplymarkup."""
    rows = _keyboard(given)
    message = state.messages.get((int(given["chat_id"]), int(given["message_id"])))
    if message is None:
        raise Refused(400, "Bad Request: message to edit not found")
    if message.get("reply_markup") == {"inline_keyboard": rows}:
        raise Refused(400, "Bad Request: message is not modified")
    message["reply_markup"] = {"inline_keyboard": rows}
    return message


def _photo(state: State, given: dict[str, Any], value: Any) -> list[dict[str, Any]]:
    """The sizes of a photo, from an upload or a known file id (#sending-files)."""
    if isinstance(value, str) and value.startswith("attach://"):
        value = given.get(value.removeprefix("attach://"))
    if isinstance(value, str):
        if value not in state.photos:
            raise Refused(400, "Bad Request: wrong file identifier/HTTP URL specified")
        file_id = value
    else:
        data = value.file.read()
        if not data.startswith(b"\x89PNG\r\n\x1a\n"):
            raise Refused(400, "Bad Request: IMAGE_PROCESS_FAILED")
        file_id = f"photo-{len(state.photos) + 1}"
        state.photos[file_id] = data
    sizes = ((320, 180), (1200, 675))
    return [
        {
            "file_id": f"{file_id}" if wide == 1200 else f"{file_id}-small",
            "file_unique_id": f"u{wide}",
            "width": wide,
            "height": high,
        }
        for wide, high in sizes
    ]


def _send_photo(state: State, given: dict[str, Any]) -> Any:
    caption = _text(given, "caption", CAPTION)
    message = _posted(state, given) | {"photo": _photo(state, given, given.get("photo")), "caption": caption}
    return _store(state, given, message)


def _edit_message_media(state: State, given: dict[str, Any]) -> Any:
    media = given["media"]
    if given.get("inline_message_id") and not isinstance(media["media"], str):
        raise Refused(400, "Bad Request: can't use file of type in inline message")
    caption, rows = _text(media, "caption", CAPTION), _keyboard(given)
    message = state.messages.get((int(given["chat_id"]), int(given["message_id"])))
    if message is None:
        raise Refused(400, "Bad Request: message to edit not found")
    message.pop("text", None)
    message.update(photo=_photo(state, given, media["media"]), caption=caption, reply_markup={"inline_keyboard": rows})
    return message


def _delete_message(state: State, given: dict[str, Any]) -> Any:
    if state.messages.pop((int(given["chat_id"]), int(given["message_id"])), None) is None:
        raise Refused(400, "Bad Request: message to delete not found")
    return True


def _answer_callback_query(state: State, given: dict[str, Any]) -> Any:
    query = str(given["callback_query_id"])
    if query in state.answered_queries:
        raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
    if units(str(given.get("text") or "")) > ALERT:
        raise Refused(400, "Bad Request: MESSAGE_TOO_LONG")
    state.answered_queries.add(query)
    return True


def _set_message_reaction(state: State, given: dict[str, Any]) -> Any:
    """#setmessagereaction: a bot sets at most one reaction, and an emoji only from the list of #reactiontypeemoji."""
    reactions = given.get("reaction") or []
    if len(reactions) > 1:
        raise Refused(400, "Bad Request: REACTIONS_TOO_MANY")
    if any(each["type"] != "emoji" or each["emoji"] not in {e.value for e in ReactionEmoji} for each in reactions):
        raise Refused(400, "Bad Request: REACTION_INVALID")
    at = int(given["chat_id"]), int(given["message_id"])
    if at not in state.heard and at not in state.messages:
        raise Refused(400, "Bad Request: message to react not found")
    state.reactions[at] = "".join(each["emoji"] for each in reactions)
    return True


def _answer_guest_query(state: State, given: dict[str, Any]) -> Any:
    """#answerguestquery: one result for each query, an inline query's. It is shown as an inline message."""
    query, result = str(given["guest_query_id"]), given["result"]
    if query in state.answered_guests:
        raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
    if result["type"] != "article" or not result["title"] or not 1 <= len(result["id"].encode()) <= 64:
        raise Refused(400, "Bad Request: can't parse inline query result")
    _text(result["input_message_content"], "message_text", TEXT)
    _keyboard(result)
    state.answered_guests.add(query)
    return {"inline_message_id": f"guest-{len(state.answered_guests)}"}


def _answer_inline_query(state: State, given: dict[str, Any]) -> Any:
    results = given["results"]
    ids = [result["id"] for result in results]
    if len(results) > 50 or len(set(ids)) != len(ids) or any(not 1 <= len(each.encode()) <= 64 for each in ids):
        raise Refused(400, "Bad Request: RESULT_ID_INVALID")
    if (button := given.get("button")) and not (
        re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(button.get("start_parameter", ""))) and button.get("text")
    ):  # #inlinequeryresultsbutton
        raise Refused(400, "Bad Request: START_PARAM_INVALID")
    for result in results:
        if result["type"] != "article" or not result["title"]:
            raise Refused(400, "Bad Request: can't parse inline query result")
        _text(result["input_message_content"], "message_text", TEXT)
        _keyboard(result)
    return True


def _get_chat_member(state: State, given: dict[str, Any]) -> Any:
    chat_id, user_id = int(given["chat_id"]), int(given["user_id"])
    if chat_id in state.hiding:
        raise Refused(400, "Bad Request: CHAT_ADMIN_REQUIRED")
    return _member(state, chat_id, user_id, state.members.get((chat_id, user_id), "member"))


def _get_chat_administrators(state: State, given: dict[str, Any]) -> Any:
    """Also if the members are hidden."""
    in_chat = {user: status for (chat, user), status in state.members.items() if chat == int(given["chat_id"])}
    chat_id = int(given["chat_id"])
    return [_member(state, chat_id, user, each) for user, each in in_chat.items() if each in _ADMINS]


_ADMINS = ("creator", "administrator")
_ADMIN_RIGHTS = (
    "can_be_edited",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
_MEMBER_RIGHTS = (
    "can_react_to_messages",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_send_messages",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_manage_topics",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_edit_tag",
)


def _member(state: State, chat_id: int, user_id: int, status: str) -> dict[str, Any]:
    """#chatmember."""
    user = {"id": user_id, "is_bot": False, "first_name": "Somebody"}
    member: dict[str, Any] = {"status": status, "user": user}
    if status == "creator":
        return member | {"is_anonymous": (chat_id, user_id) in state.anonymous}
    if status == "administrator":
        return member | dict.fromkeys(_ADMIN_RIGHTS, False) | {"is_anonymous": (chat_id, user_id) in state.anonymous}
    if status == "restricted":
        return member | dict.fromkeys(_MEMBER_RIGHTS, False) | {"is_member": True, "until_date": 0}
    if status == "kicked":
        return member | {"until_date": 0}
    return member


def _scope(given: dict[str, Any]) -> tuple[str, str]:
    """As ``chat_member:-100:5``, and the language."""
    about = given.get("scope") or {"type": "default"}
    scope = about["type"]
    if scope in CHAT_SCOPES:
        if about["chat_id"] in CHANNELS:
            raise Refused(400, "Bad Request: can't change bot commands in the chat")
        scope = ":".join([scope, *(str(about[key]) for key in CHAT_SCOPES[scope])])
    elif scope not in SCOPES:
        raise Refused(400, "Bad Request: unsupported scope")
    language = str(given.get("language_code") or "")
    if not re.fullmatch(r"([a-z]{2})?", language):
        raise Refused(400, "Bad Request: invalid language code specified")
    return scope, language


def _set_my_commands(state: State, given: dict[str, Any]) -> Any:
    commands = given["commands"]
    if (given.get("scope") or {}).get("chat_id") in state.strangers:
        raise Refused(400, "Bad Request: chat not found")
    if len(commands) > 100:
        raise Refused(400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
            raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= units(command["description"]) <= 256:
            raise Refused(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    state.commands[_scope(given)] = commands
    return True


def _delete_my_commands(state: State, given: dict[str, Any]) -> Any:
    state.commands.pop(_scope(given), None)
    return True


def _get_chat(state: State, given: dict[str, Any]) -> Any:
    chat_id = int(given["chat_id"])
    kind = "private" if chat_id > 0 else "channel" if chat_id in CHANNELS else "supergroup"
    gifts = dict.fromkeys(_GIFTS, False)
    return {"id": chat_id, "type": kind, "accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}


_GIFTS = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")


def _set_description(key: str, limit: int) -> Callable[[State, dict[str, Any]], Any]:
    def set_it(state: State, given: dict[str, Any]) -> Any:
        text = str(given.get(key) or "")
        if units(text) > limit:
            raise Refused(400, "Bad Request: the description is too long")
        state.descriptions[key, str(given.get("language_code") or "")] = text
        return True

    return set_it


def _get_description(key: str) -> Callable[[State, dict[str, Any]], Any]:
    return lambda state, given: {key: state.descriptions.get((key, str(given.get("language_code") or "")), "")}


_SETTINGS: dict[str, type] = {
    **dict.fromkeys(("supports_inline_queries", "needs_inline_query_location", "can_join_groups"), bool),
    **dict.fromkeys(("can_read_all_group_messages", "can_connect_to_business", "can_manage_bots"), bool),
    **dict.fromkeys(("supports_guest_queries", "supports_join_request_queries", "has_topics_enabled"), bool),
    **dict.fromkeys(("allows_users_to_create_topics", "has_topic_sidebar", "can_communicate_with_bots"), bool),
    "inline_query_placeholder": str,
    "inline_feedback_share_denominator": int,
    "callback_query_mode": str,
}


def _set_my_settings(state: State, given: dict[str, Any]) -> Any:
    """#setmysettings (Bot API 10.5): settings that are not given stay as they are. ``getMe`` gives no empty placeholder."""
    for name, value in given.items():
        if type(value) is not _SETTINGS.get(name):
            raise Refused(400, f"Bad Request: {name} is no setting, or not of its type")
    state.me = {name: value for name, value in {**state.me, **given}.items() if value != ""}
    return True


def _set_webhook(state: State, given: dict[str, Any]) -> Any:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", str(given.get("secret_token") or "x")):
        raise Refused(400, "Bad Request: secret token contains unallowed characters")
    if not re.match(r"https://|http://127\.0\.0\.1[:/]", given["url"]):
        raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
    state.webhook = dict(given)
    return True


def _delete_webhook(state: State, given: dict[str, Any]) -> Any:
    state.webhook = {}
    return True


def _get_webhook_info(state: State, given: dict[str, Any]) -> Any:
    url = state.webhook.get("url", "")
    there = {"url": url, "has_custom_certificate": False, "pending_update_count": 0}
    known = ("allowed_updates", "max_connections", "last_error_message", "last_error_date", "pending_update_count")
    return there | {each: state.webhook[each] for each in known if each in state.webhook}


_METHODS: dict[str, Callable[[State, dict[str, Any]], Any]] = {
    "sendphoto": _send_photo,
    "editmessagemedia": _edit_message_media,
    "deletemessage": _delete_message,
    "getme": lambda state, given: state.me,
    "sendmessage": _send_message,
    "editmessagetext": _edit_message_text,
    "editephemeralmessagetext": _edit_ephemeral_message_text,
    "editmessagereplymarkup": _edit_message_reply_markup,
    "answercallbackquery": _answer_callback_query,
    "answerguestquery": _answer_guest_query,
    "setmessagereaction": _set_message_reaction,
    "answerinlinequery": _answer_inline_query,
    "getchatmember": _get_chat_member,
    "getchatadministrators": _get_chat_administrators,
    "setmycommands": _set_my_commands,
    "deletemycommands": _delete_my_commands,
    "getchat": _get_chat,
    "getmycommands": lambda state, given: state.commands.get(_scope(given), []),
    "setmydescription": _set_description("description", 512),
    "getmydescription": _get_description("description"),
    "setmyshortdescription": _set_description("short_description", 120),
    "getmyshortdescription": _get_description("short_description"),
    "setmysettings": _set_my_settings,
    "setwebhook": _set_webhook,
    "deletewebhook": _delete_webhook,
    "getwebhookinfo": _get_webhook_info,
}
