"""The commands of editors and owners: who may use them, and their replies."""

from dataclasses import dataclass

from bot.commands import DRAFT, STATUS, WIRE
from bot.db.changes import Person
from bot.feeds.review import ReviewCommands
from bot.feeds.review_messages import ADMINISTRATOR, EDITORS_ONLY, notice
from bot.message import Chat, Message, Refused
from bot.newsroom.draft_command import respond_to_draft
from bot.newsroom.editors import DeskCommand
from bot.newsroom.editors_chat import EditorsChat
from bot.reader import Address, ids_on
from bot.replies.notices import outdated_button
from bot.replies.question import Command
from bot.replies.reply import Reply
from bot.status import StatusCommand


@dataclass(frozen=True, slots=True)
class Staff:
    """Answers editors and owners.

    Attributes:
        status: answers the owners' ``/status``; None without owners.
        review: answers the editors' ``/wire``; None without feeds.
        desk: answers the editors' ``/desk`` and ``/draft``; None without a desk.
    """

    status: StatusCommand | None = None
    review: ReviewCommands | None = None
    desk: DeskCommand | None = None

    @property
    def editors_chat(self) -> EditorsChat | None:
        """The editors' chat; None if neither feeds nor the desk need one."""
        if self.review is not None:
            return self.review.chat
        return self.desk.editors if self.desk is not None else None

    def editors_chat_on(self, platform: str) -> Address | None:
        """The editors' chat; None if it is not on the platform."""
        return self.editors_chat.on(platform) if self.editors_chat else None

    def editors_on(self, platform: str) -> tuple[str, ...]:
        """The ids of the editors on the platform whom the settings name."""
        return self.editors_chat.deciding_on(platform) if self.editors_chat else ()

    def owners_on(self, platform: str) -> tuple[str, ...]:
        """The ids of the owners on the platform."""
        return tuple(sorted(ids_on(platform, self.status.owners if self.status else ())))

    async def is_in_review_chat(self, chat: Chat) -> bool:
        """Whether candidates of the feeds are decided on in the chat."""
        return self.review is not None and await self.review.chat.is_at(chat.address)

    async def is_editor(self, message: Message) -> bool:
        """Whether the asker may use the desk: by the desk's own rule, or as an admin who writes in the editors' chat."""
        if self.desk is None or message.asker.account is None:
            return False
        if await self.desk.editors.includes(message.asker.account):
            return True
        return await self.is_in_review_chat(message.chat) and (await message.asker.rights()).is_admin

    async def refuse_elsewhere(self, message: Message) -> None:
        """Raises Refused for ``/wire`` in a group or channel that is not the editors' chat: there it may be meant for another bot."""
        is_elsewhere = message.is_interaction or message.chat.kind != "private"
        if is_elsewhere and not await self.is_in_review_chat(message.chat):
            raise Refused(outdated_button if message.is_interaction else None)

    async def reply(self, command: Command, message: Message) -> Reply | None:
        """The reply to the command; None: to the asker, or in this chat, it is an unknown command."""
        argument, chat, account = command.argument, message.chat, message.asker.account
        if command.name == STATUS:
            if self.status is None or account not in self.status.owners:
                return None
            return await self.status.respond(argument, account, chat.language, is_private=message.may_hold_secrets)
        if command.name == WIRE:
            if self.review is None or not await self.is_in_review_chat(chat):
                return None
            # Rights may change at any time, so the platform is asked for each decision.
            rights = await message.asker.rights()
            may_decide = rights.is_admin or account in self.review.chat.deciding
            name = ADMINISTRATOR if rights.is_anonymous else message.asker.name
            person = Person(account or f"{chat.address.platform}:?", name or "?", chat.language)
            return await self.review.respond(argument, chat.address, chat.language, person if may_decide else None)
        if self.desk and await self.is_editor(message):
            return await self._desk_reply(self.desk, command, message)
        if argument and self.editors_chat is not None and await self.editors_chat.is_at(chat.address):
            return notice(EDITORS_ONLY, chat.language)
        return None

    async def _desk_reply(self, desk: DeskCommand, command: Command, message: Message) -> Reply:
        argument, account = command.argument, message.asker.account or ""
        person = Person(account, message.asker.name or account, message.chat.language)
        is_private = message.may_hold_secrets
        if command.name == DRAFT:
            return await respond_to_draft(desk, argument, person, message.chat.cause, is_private=is_private)
        if argument and await self.is_in_review_chat(message.chat):
            return await desk.decide(argument, person)
        return await desk.respond(person, is_private=is_private)
