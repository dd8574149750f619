"""How one gets the bot on Telegram. PURE."""

from bot.answers.phrases import phrases
from bot.answers.reply import Button
from bot.dossier.model import Language


def invitations(username: str, language: Language) -> tuple[Button, ...]:
    """Links to a private chat, and to a group that it is to be added and subscribed in.

    core.telegram.org/bots/features#deep-linking
    """
    tongue, link = phrases(language), f"https://t.me/{username}"
    return (
        Button(f"💬 {tongue.say('Ask on Telegram')}", url=link),
        Button(f"➕ {tongue.say('Add to a Telegram group')}", url=f"{link}?startgroup=subscribe"),
    )
