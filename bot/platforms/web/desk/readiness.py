"""How far the dossier is, at the desk: what it lacks, what each would bring, and the entry to mend."""

import asyncio

from aiohttp import web

from bot.dossier.entries import HEADER, Key
from bot.dossier.entry_fields import topic_key
from bot.platforms.web.desk.frame import Frame, paged
from bot.platforms.web.desk.sign_in import HOME, Visit
from bot.replies.readiness import Lack, readiness

READINESS = f"{HOME}/readiness"

LACKS_PER_PAGE = 50


class ReadinessPage:
    """What the dossier in force lacks. ``frame``: what all pages share."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    async def show(self, visit: Visit) -> web.Response:
        """What it lacks, the questions first."""
        dossier, titles = self.frame.dossier, self.frame.titles(visit)
        every = await asyncio.to_thread(lambda: [*readiness(dossier, visit.person.language)])
        lacks = paged(every, visit.request.query.get("page", ""), LACKS_PER_PAGE)
        keys = [_entry_of(lack) for lack in lacks.rows]
        return await self.frame.page(
            visit,
            "desk_readiness.html",
            lacks=lacks,
            rows=[(key, titles.of(key), titles.value(key), lack) for key, lack in zip(keys, lacks.rows, strict=True)],
            contents=titles.contents,
        )


def _entry_of(lack: Lack) -> Key:
    """The entry in which the lack is mended."""
    if lack.about == "topic":
        return topic_key(lack.name)
    return Key(f"{lack.about}s/{lack.name}") if lack.about in ("fact", "source", "bulletin") else HEADER
