"""SVG → PNG by resvg, in a child process.

resvg holds the interpreter lock while it renders, so a thread would delay answers. A child process does not; a crash costs one picture, and its memory
is freed when it ends. It starts in about 10 ms, because this file, run as a program, imports nothing else of Nota.
"""

import subprocess
import sys
from collections.abc import Sequence

TIMEOUT_SECONDS = 10

PNG_START, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


class RasterError(Exception):
    """resvg did not render an SVG. The message is its output."""


def rasterise(svg: str, fonts: Sequence[str], timeout_seconds: float = TIMEOUT_SECONDS) -> bytes:
    """The PNG of an SVG, with the given font files. Blocks until the child process has ended.

    Raises:
        RasterError: the SVG is invalid, the child process fails, or it takes longer than ``timeout_seconds``.
    """
    from bot.subprocesses import child_environment  # noqa: PLC0415  not importable when this file runs as a program

    command, environment = [sys.executable, "-I", __file__, *fonts], child_environment()
    try:
        done = subprocess.run(  # noqa: S603
            command, input=svg.encode(), capture_output=True, timeout=timeout_seconds, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RasterError(str(error)) from error
    if not is_complete(done.stdout):
        raise RasterError(done.stderr.decode(errors="replace")[-500:] or f"exit {done.returncode}")
    return done.stdout


def is_complete(png: bytes) -> bool:
    """Whether the bytes are a complete PNG (PNG specification, 5.2 and 11.2.5)."""
    return png.startswith(PNG_START) and png.endswith(PNG_END)


def main(fonts: list[str]) -> None:
    """Reads SVG from standard input and writes PNG to standard output."""
    import resvg_py  # noqa: PLC0415  only the child process needs it

    svg = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write(bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=fonts)))


if __name__ == "__main__":
    main(sys.argv[1:])
