"""What Discord refuses of a message and of commands, by its documentation (docs.discord.com/developers).

Written apart from ``bot/platforms/discord/limits.py``, so that a wrong number there fails a test.
"""

import unicodedata
from collections.abc import Iterator
from typing import Any

EPHEMERAL = 1 << 6
CHAT_INPUT, USER, MESSAGE = 1, 2, 3


def message_refusals(message: dict[str, Any]) -> list[str]:
    """Why the API would answer 400 to a message (resources/message, components/reference); empty if it would not."""
    return [*_embed_refusals(message.get("embeds", [])), *_component_refusals(message.get("components", []))] or (
        [] if any(message.get(key) for key in ("content", "embeds", "components")) else ["Cannot send an empty message"]
    )


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _embed_refusals(embeds: list[dict[str, Any]]) -> Iterator[str]:
    if len(embeds) > 10:
        yield "embeds: at most 10"
    total = 0
    for embed in embeds:
        texts = [("title", embed.get("title", ""), 256), ("description", embed.get("description", ""), 4096)]
        texts += [("footer", embed.get("footer", {}).get("text", ""), 2048)]
        for field in embed.get("fields", []):
            if not field["name"].strip() or not field["value"].strip():
                yield "fields: required"
            texts += [("name", field["name"], 256), ("value", field["value"], 1024)]
        for name, text, most in texts:
            if _units(text) > most:
                yield f"{name}: {_units(text)} of {most}"
            total += _units(text)
        if len(embed.get("fields", [])) > 25:
            yield "fields: at most 25"
        if not 0 <= embed.get("color", 0) <= 0xFFFFFF:
            yield "color: not a colour"
    if total > 6000:
        yield f"embeds: {total} of 6000"


def _component_refusals(rows: list[dict[str, Any]]) -> Iterator[str]:
    if len(rows) > 5:
        yield "components: at most 5 rows"
    seen: set[str] = set()
    for row in rows:
        children = row.get("components", [])
        kinds = [child["type"] for child in children]
        if row.get("type") != 1 or not 1 <= len(children) <= 5 or (3 in kinds and len(kinds) > 1):
            yield "components: a row of 1 to 5 buttons or one menu"
        for child in children:
            yield from _button_refusals(child) if child["type"] == 2 else _menu_refusals(child)
            if "custom_id" in child:
                if child["custom_id"] in seen:
                    yield f"custom_id {child['custom_id']!r}: twice"
                seen.add(child["custom_id"])


def _button_refusals(button: dict[str, Any]) -> Iterator[str]:
    if not 1 <= _units(button.get("label", "")) <= 80:
        yield "label: 1 to 80"
    if button.get("style") == 5:
        if not button.get("url", "").startswith(("https://", "http://")) or len(button["url"]) > 512:
            yield "url: an address of at most 512"
        if "custom_id" in button:
            yield "custom_id: not on a link"
    elif button.get("style") not in (1, 2, 3, 4) or not 1 <= _units(button.get("custom_id", "")) <= 100:
        yield "custom_id: 1 to 100"


def _menu_refusals(menu: dict[str, Any]) -> Iterator[str]:
    options = menu.get("options", [])
    if menu["type"] != 3 or not 1 <= len(options) <= 25 or not 1 <= _units(menu.get("custom_id", "")) <= 100:
        yield "menu: 1 to 25 options and a custom_id"
    if _units(menu.get("placeholder", "")) > 150:
        yield "placeholder: at most 150"
    for option in options:
        if not 1 <= _units(option["label"]) <= 100 or not 1 <= _units(option["value"]) <= 100:
            yield "option: 1 to 100"
    if len({option["value"] for option in options}) != len(options):
        yield "option: a value twice"
    if sum(option.get("default", False) for option in options) > menu.get("max_values", 1):
        yield "option: too many defaults"


def modal_refusals(modal: dict[str, Any]) -> list[str]:
    """Why the API would answer 400 to a modal (interactions/receiving-and-responding#interaction-response-object-modal)."""
    return list(_modal_refusals(modal))


def _modal_refusals(modal: dict[str, Any]) -> Iterator[str]:
    if not 1 <= _units(modal.get("custom_id", "")) <= 100 or not 1 <= _units(modal.get("title", "")) <= 45:
        yield "custom_id of 1 to 100, title of 1 to 45"
    labels = modal.get("components", [])
    if not 1 <= len(labels) <= 5:
        yield "components: 1 to 5"
    fields = [label.get("component", {}) for label in labels]
    if len({field.get("custom_id") for field in fields}) != len(fields):
        yield "custom_id: each once"
    for label, input_ in zip(labels, fields, strict=True):
        yield from _label_refusals(label)
        if input_.get("disabled"):
            yield "disabled: not in a modal (components/reference#string-select-string-select-structure)"
        match input_.get("type"):
            case 3:
                yield from _menu_refusals(input_)
                yield from _range_refusals(input_)
            case 4:
                yield from _text_input_refusals(input_)
            case _:
                yield "component: a select or a text input"


def _label_refusals(label: dict[str, Any]) -> Iterator[str]:
    """components/reference#label-label-structure."""
    if label.get("type") != 18:
        yield "components: labels"
    if not 1 <= _units(label.get("label", "")) <= 45:
        yield f"label of {_units(label.get('label', ''))}"
    if "description" in label and not 1 <= _units(label["description"]) <= 100:
        yield f"description of {_units(label['description'])}"


def _range_refusals(menu: dict[str, Any]) -> Iterator[str]:
    """components/reference#string-select-string-select-structure, with its first footnote."""
    least, most, count = menu.get("min_values", 1), menu.get("max_values", 1), len(menu.get("options", []))
    if not 0 <= least <= most <= 25 or most > count:
        yield f"values: {least} to {most} of {count}"
    if menu.get("required", True) and least < 1:
        yield "min_values: at least 1 where an answer is required"


def _text_input_refusals(text: dict[str, Any]) -> Iterator[str]:
    """components/reference#text-input-text-input-structure."""
    if text.get("style") not in (1, 2) or not 1 <= _units(text.get("custom_id", "")) <= 100:
        yield "text input: a style and a custom_id"
    if not 0 <= text.get("min_length", 0) <= 4000 or not 1 <= text.get("max_length", 4000) <= 4000:
        yield "text input: lengths up to 4000"
    if _units(text.get("placeholder", "")) > 100 or _units(text.get("value", "")) > 4000:
        yield "text input: a placeholder of 100, a value of 4000"
    if "label" in text:
        yield "label: deprecated on a text input"


LOCALES = {"id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl"}
LOCALES |= {"pt-BR", "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja"}
LOCALES |= {"zh-TW", "ko"}


def command_refusals(commands: list[dict[str, Any]]) -> list[str]:
    """Why the API would answer 400 to a bulk overwrite (interactions/application-commands)."""
    return list(_command_refusals(commands))


def _command_refusals(commands: list[dict[str, Any]]) -> Iterator[str]:
    """Limits and unique names are for each type (#registering-a-command)."""
    for kind, most in ((CHAT_INPUT, 100), (USER, 15), (MESSAGE, 15)):
        of_kind = [command for command in commands if command.get("type", CHAT_INPUT) == kind]
        if len(of_kind) > most:
            yield f"at most {most} commands of type {kind}"
        for locale in (None, *sorted(LOCALES)):
            names = [_in(command, "name", locale) for command in of_kind]
            if len(set(names)) != len(names):
                yield f"a name twice in {locale}"
    for command in commands:
        if command.get("type", CHAT_INPUT) != CHAT_INPUT:
            yield from _menu_command_refusals(command)
            continue
        yield from _named_refusals(command)
        if _size(command) > 8000:
            yield "at most 8000 characters in all"
        yield from _option_refusals(command.get("options", []))


def _menu_command_refusals(command: dict[str, Any]) -> Iterator[str]:
    """Capitals and spaces are allowed, a description and options are not (#message-commands, #application-command-naming)."""
    if command.get("description") or command.get("description_localizations") or command.get("options"):
        yield "description, options: not on a message command"
    for locale in (None, *LOCALES):
        if not 1 <= len(_in(command, "name", locale).strip()) <= 32:
            yield f"name of {len(_in(command, 'name', locale))}"


def _option_refusals(options: list[dict[str, Any]]) -> Iterator[str]:
    if len(options) > 25 or len({option["name"] for option in options}) != len(options):
        yield "options: at most 25, each once"
    required = [option.get("required", False) for option in options]
    if required != sorted(required, reverse=True):
        yield "options: required ones first"
    for option in options:
        yield from _named_refusals(option)
        if option.get("choices") and option.get("autocomplete"):
            yield "choices: not with autocomplete"
        if any(not 1 <= len(choice["name"]) <= 100 for choice in option.get("choices", [])):
            yield "choices: a name of 1 to 100"


def _in(named: dict[str, Any], key: str, locale: str | None) -> str:
    return str(named.get(f"{key}_localizations", {}).get(locale, named[key]))


def _size(command: dict[str, Any]) -> int:
    """Names, descriptions and values, the longest language counted."""
    own = sum(
        max(map(len, (command.get(key, ""), *command.get(f"{key}_localizations", {}).values())))
        for key in ("name", "description")
    )
    parts = (*command.get("options", ()), *command.get("choices", ()))
    return own + len(str(command.get("value", ""))) + sum(map(_size, parts))


def _named_refusals(named: dict[str, Any]) -> Iterator[str]:
    for key in ("name_localizations", "description_localizations"):
        if unknown := set(named.get(key, {})) - LOCALES:
            yield f"{key}: {unknown}"
    for locale in (None, *LOCALES):
        name, description = _in(named, "name", locale), _in(named, "description", locale)
        if not 1 <= len(name) <= 32 or name != name.lower() or not all(map(_may_name, name)):
            yield f"name {name!r}"
        if not 1 <= len(description) <= 100:
            yield f"description of {len(description)}"


def _may_name(sign: str) -> bool:
    """A letter or number of any script, all of Devanagari and Thai, and three signs (#application-command-naming)."""
    of_script = unicodedata.name(sign, "").startswith(("DEVANAGARI ", "THAI CHARACTER "))
    return sign in "-_'" or unicodedata.category(sign)[0] in "LN" or of_script
