"""SVG → PNG by resvg, in a process of its own.

resvg holds Python's interpreter lock while it draws, so that in a thread it would make answers wait; a process does not,
a fault in it costs one picture, and what it took of memory goes back whole when it ends. It starts in about 10 ms,
because this file, run as a program, imports nothing of ours.
"""

import subprocess
import sys
from collections.abc import Sequence

DEADLINE_SECONDS = 10


PNG_START, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


class RasterFailure(Exception):
    """resvg did not make a PNG of an SVG, and what it said of it."""


def rasterise(svg: str, fonts: Sequence[str]) -> bytes:
    """The PNG of an SVG set in the typefaces of the given files; waits for it.

    Raises:
        RasterFailure: it cannot be drawn, or not in ten seconds.
    """
    from bot.subprocesses import child_environment  # noqa: PLC0415  which this file, run as a program, does not find

    command = [sys.executable, "-I", __file__, *fonts]
    try:
        done = subprocess.run(  # noqa: S603
            command,
            input=svg.encode(),
            capture_output=True,
            timeout=DEADLINE_SECONDS,
            check=False,
            env=child_environment(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RasterFailure(str(error)) from error
    if not whole(done.stdout):
        raise RasterFailure(done.stderr.decode(errors="replace")[-500:] or f"exit {done.returncode}")
    return done.stdout


def whole(png: bytes) -> bool:
    """Whether these are the bytes of a PNG that was written to its end (PNG specification, 5.2 and 11.2.5)."""
    return png.startswith(PNG_START) and png.endswith(PNG_END)


def main(fonts: list[str]) -> None:
    """Standard input → standard output."""
    import resvg_py  # noqa: PLC0415  only the process of its own needs it

    svg = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write(bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=fonts)))


if __name__ == "__main__":
    main(sys.argv[1:])
