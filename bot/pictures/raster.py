"""SVG on standard input → PNG on standard output; run as a program of its own, see :mod:`bot.pictures.studio`.

resvg holds Python's interpreter lock while it draws, so a thread would make answers wait; and what a process took of
memory goes back whole when it ends. The arguments are the typefaces' files.
"""

import sys

import resvg_py


def main(fonts: list[str]) -> None:
    svg = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write(bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=fonts)))


if __name__ == "__main__":
    main(sys.argv[1:])
