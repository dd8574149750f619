"""``python -m tests.platforms.postcards …``: ``nota`` with a platform more."""

from bot.cli import main
from tests.platforms.postcards.platform import WITH_POSTCARDS

if __name__ == "__main__":
    raise SystemExit(main(platforms=WITH_POSTCARDS))
