"""The command palette: all commands by title, with their keys."""

from __future__ import annotations

from functools import partial
from typing import Protocol, runtime_checkable

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.widgets import Input

from rilo_reader.commands import COMMANDS, MOVE, Command
from rilo_reader.tui.keys import action_of


class Palette(CommandPalette):
    """Textual's command palette in the style of the reader."""

    DEFAULT_CSS = """
    Palette {
        background: $page-ground 60%;
        align-horizontal: center;
        & > Vertical {
            width: 84;
            max-width: 100%;
            margin-top: 2;
            background: $row-ground;
            border: none;
        }
        & #--input { border: none; padding: 1 1 0 2; height: 3; background: $row-ground; }
        & SearchIcon { display: none; }
        & CommandInput, & CommandInput:focus {
            border: none;
            background: $row-ground;
            color: $page-text;
        }
        & #--results { border: none; }
        & CommandList {
            border: none;
            padding-bottom: 1;
            background: $row-ground;
            scrollbar-size-vertical: 0;
        }
        & CommandList > .option-list--option { color: $page-text; }
        & CommandList > .option-list--option-highlighted {
            color: $page-accent;
            background: $row-ground;
            text-style: bold;
        }
        & CommandList:ansi > .option-list--option-highlighted {
            color: $page-accent;
            background: $row-ground;
            text-style: bold underline;
        }
        & CommandInput > .input--placeholder { color: $page-dim; text-style: $dim-text-style; }
        & > .command-palette--help-text { color: $page-dim; text-style: not bold; }
        &:ansi > .command-palette--help-text { text-style: dim not bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__([CommandProvider], placeholder="command")

    def on_mount(self) -> None:
        """Turn off blinking."""
        self.query_one(Input).cursor_blink = False


@runtime_checkable
class NamesKeys(Protocol):
    """A screen that knows the user's keys."""

    def key_of(self, command: str) -> str:
        """The first key of a command, as people write it; "" where it has none."""
        ...


class CommandProvider(Provider):
    """The commands of the reader for Textual's palette."""

    async def discover(self) -> Hits:
        """Yield all commands before anything is typed."""
        for command in self._commands():
            yield DiscoveryHit(self._name(command), partial(self._run, command), help=command.help)

    async def search(self, query: str) -> Hits:
        """Yield the commands that match the query."""
        matcher = self.matcher(query)
        for command in self._commands():
            score = matcher.match(command.title)
            if not score and query.lower() in command.help.lower():
                score = 0.01  # what people call it, though it has another name
            if score > 0:
                # A prefix ranks before a match elsewhere.
                begins = command.title.lower().startswith(query.lower())
                yield Hit(
                    score + begins,
                    matcher.highlight(command.title),
                    partial(self._run, command),
                    text=command.title,
                    help=command.help,
                )

    def _commands(self) -> list[Command]:
        """Return the commands, common ones first, movement last."""
        found = [command for command in COMMANDS if command.id != "palette"]
        return sorted(found, key=lambda command: command.group == MOVE)

    def _name(self, command: Command) -> str:
        key = self.screen.key_of(command.id) if isinstance(self.screen, NamesKeys) else ""
        return f"{command.title}  ({key})" if key else command.title

    async def _run(self, command: Command) -> None:
        await self.screen.run_action(action_of(command.id))
