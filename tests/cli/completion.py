"""The completion of the command line for bash, which zsh reads, too: ``python -m tests.cli.completion > docs/nota.bash``."""

import argparse

from bot.cli import COMMANDS, _parser


def options(parser: argparse.ArgumentParser) -> list[str]:
    """What may stand behind a command: its options, and the words that its own commands have."""
    words = [word for action in parser._actions for word in action.option_strings if word.startswith("--")]
    words += [
        str(word)
        for each in parser._actions
        if not each.option_strings and isinstance(each.choices, list)
        for word in each.choices
    ]
    inner = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    for action in inner:
        words += [word for name, each in action.choices.items() for word in (name, *options(each))]
    return sorted(set(words))


def completion() -> str:
    """The file."""
    [commands] = (each for each in _parser([])._actions if isinstance(each, argparse._SubParsersAction))
    cases = [f'    {name}) words="{" ".join(options(each))}" ;;' for name, each in commands.choices.items()]
    return "\n".join(
        (
            "# Completion for bash: . docs/nota.bash; for zsh: autoload -U bashcompinit && bashcompinit && . docs/nota.bash",
            "_nota() {",
            '  local words="" word="${COMP_WORDS[COMP_CWORD]}"',
            "  case $COMP_CWORD:${COMP_WORDS[1]} in",
            f'    1:*) words="{" ".join(COMMANDS)} --version --help" ;;',
            *(
                case.replace(f"    {name})", f"    *:{name})")
                for name, case in zip(commands.choices, cases, strict=True)
            ),
            "  esac",
            '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
            "}",
            "complete -o default -F _nota nota",
            "",
        )
    )


if __name__ == "__main__":
    print(completion(), end="")
