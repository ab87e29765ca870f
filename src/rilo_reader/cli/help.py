"""`help`: what `--help` of the program or of a command prints."""

from __future__ import annotations

from rilo_reader.cli import all_verbs, external_commands, make_main_parser, verb_of
from rilo_reader.cli.output import EXIT_DONE, PROGRAM, UsageError
from rilo_reader.cli.pager import print_paged
from rilo_reader.cli.synonyms import find_similar_commands
from rilo_reader.cli.verb import Verb, argument


class HelpVerb(Verb):
    """Explain a command, as COMMAND --help does."""

    library_help = "has no effect"
    heeds_settings = False
    about = """
Explain a command, or list them all.

On a terminal, a text longer than the screen opens in your pager: $PAGER, or
less.
"""
    examples = ("rilo-reader help", "rilo-reader help search")
    exit_codes = "0 done; 2 there is no such command."
    surplus = "One command at a time"

    command: str | None = argument(
        "COMMAND",
        "the command to explain; without it, all are listed",
        nargs="?",
        offers=tuple(all_verbs()),
    )

    def run(self) -> int:
        """Show the help of a command, or of the program."""
        name = self.command
        if name is not None and name not in all_verbs():
            if program := external_commands.find_program_of(name):
                return external_commands.run(program, ["--help"])
            similar = find_similar_commands(name, ["X"], tuple(all_verbs()))
            close = f"Did you mean {PROGRAM} help {similar[0].split()[1]}?" if similar else ""
            advice = close or f"See {PROGRAM} --help"
            raise UsageError(f"there is no command '{name}'. {advice}")
        parser = make_main_parser() if name is None else verb_of(name).make_parser()
        print_paged(parser.format_help())
        return EXIT_DONE
