"""The command palette: every command by its name, with its keys."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider

from rilo_reader.commands import COMMANDS, Command
from rilo_reader.tui.screens.desk import Desk


class CommandProvider(Provider):
    """The commands of the reader's screen for Textual's palette."""

    async def discover(self) -> Hits:
        """Every command, before anything is typed."""
        for command in self._commands():
            yield DiscoveryHit(self._name(command), partial(self._run, command), help=command.help)

    async def search(self, query: str) -> Hits:
        """The commands that match what is typed."""
        matcher = self.matcher(query)
        for command in self._commands():
            score = matcher.match(command.title)
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(command.title),
                    partial(self._run, command),
                    text=command.title,
                    help=command.help,
                )

    def _commands(self) -> list[Command]:
        return [command for command in COMMANDS if command.id != "palette"]

    def _name(self, command: Command) -> str:
        key = self.screen.key_of(command.id) if isinstance(self.screen, Desk) else ""
        return f"{command.title}  ({key})" if key else command.title

    async def _run(self, command: Command) -> None:
        await self.screen.run_action(command.id)
