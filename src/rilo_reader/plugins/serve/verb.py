"""`serve`: the reader in a browser on this machine."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from rilo_reader import config as settings
from rilo_reader.cli.library_context import choose_library
from rilo_reader.cli.output import output
from rilo_reader.cli.verb import Verb, option, parse_number
from rilo_reader.errors import LibraryError
from rilo_reader.extras import WEB
from rilo_reader.paths import user_paths
from rilo_reader.tui.themes import background_of, read_own_themes
from rilo_reader.workers import python_command


class ServeVerb(Verb):
    """Show the reader in a browser on this machine."""

    library_help = "the folder to open, instead of your library"
    about = """
Show the reader in a browser on this machine.

It prints the address to open, a new one each time. Only this machine can reach
it, and the page loads nothing from elsewhere. Each tab is a separate reader;
closing it saves everything, as q does. Needs rilo-reader[web].
"""
    sections = """
To use it from another machine, forward the port, and open the address there:

  ssh -t -L 8000:127.0.0.1:8000 HOST rilo-reader serve --port 8000

Editing an article, your own programs and the guide need a terminal, and do not
work here. Links open in the browser that shows the reader.
"""
    examples = ("rilo-reader serve", "rilo-reader serve --port 8000 --library ~/blog/content")

    port: int = option(
        "--port NUMBER", "the port to use, instead of a free one", type=parse_number, default=0
    )

    def run(self) -> int:
        """Serve until Ctrl-C, which is how it ends well."""
        paths = user_paths()
        config, _ = settings.load(paths.settings_file)
        if self.library is not None:  # a wrong name is said here, and not to each tab
            context = choose_library(self.library, config, paths)
        if WEB.install_advice:
            raise LibraryError(WEB.install_advice)
        from rilo_reader.plugins.serve.web import HOST, serve_until_cancelled

        folder = [] if self.library is None else [str(context.folder)]
        command = python_command("-m", "rilo_reader", *folder)
        ground = background_of(config.theme, read_own_themes(paths.themes_folder).themes)
        with suppress(KeyboardInterrupt):
            try:
                asyncio.run(serve_until_cancelled(command, self.port, _print_address, ground))
            except (OSError, OverflowError) as error:
                why = getattr(error, "strerror", None) or "there is no such port"
                raise LibraryError(f"Port {self.port} of {HOST} cannot be used: {why}") from None
        return 0


def _print_address(address: str) -> None:
    out = output()
    out.line(f"The reader is at {address}")
    out.line("Anyone with this address can read and change what you can. Press Ctrl-C to stop.")
    out.flush()
