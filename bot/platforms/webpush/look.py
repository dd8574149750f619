"""Shows a notification in the browser about as a system does."""

from pathlib import Path

from bot.platforms.platform import Look

LOOK = Look(Path(__file__).parent, "look.html", "look.css")
