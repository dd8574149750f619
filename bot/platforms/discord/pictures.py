"""A reply with its picture as the embed's image: a file that goes with the callback, in either mode.

See docs.discord.com/developers, reference#uploading-files and reference#using-attachments-within-embeds.
"""

import asyncio

from aiohttp import FormData

from bot.answers.reply import Reply
from bot.gallery import Gallery
from bot.pictures.studio import Shown
from bot.platforms.discord.calls import Call, File, call
from bot.platforms.discord.limits import FILE_DESCRIPTION, clip
from bot.platforms.discord.payloads import ADMINISTRATOR, ATTACH_FILES, Interaction
from bot.platforms.discord.render import render

PATIENCE_SECONDS = 1.5
"""How long a picture may take: half of the time within which Discord wants its answer."""


async def picture_for(gallery: Gallery, interaction: Interaction, reply: Reply) -> Shown | None:
    """The picture, dark as Discord is; None where there is none in time, or we may not attach it."""
    if not _may_attach(interaction):
        return None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await gallery.of_reply(reply, "dark")
    except TimeoutError:
        return None


def with_picture(words: Call, reply: Reply, shown: Shown) -> Call:
    """The callback that shows the picture in the way in which ``words`` would show the words, which stand in for it."""
    name = f"{reply.shows or 'picture'}-{shown.language}.png".replace(":", "-")
    data = render(reply)
    data["embeds"][0]["image"] = {"url": f"attachment://{name}"}
    data["attachments"] = [{"id": 0, "filename": name, "description": clip(shown.alt, FILE_DESCRIPTION)}]
    flags = {"flags": words.data["flags"]} if words.data and "flags" in words.data else {}
    return call(words.type, data | flags, File(name, shown.png), words)


def form_of(body: bytes, file: File) -> FormData:
    """The callback as multipart/form-data."""
    form = FormData(quote_fields=False)
    form.add_field("payload_json", body.decode(), content_type="application/json")
    form.add_field("files[0]", file.content, filename=file.name, content_type="image/png")
    return form


def _may_attach(interaction: Interaction) -> bool:
    ours = interaction.permissions
    return interaction.guild_id is None or ours is None or bool(ours & (ADMINISTRATOR | ATTACH_FILES))
