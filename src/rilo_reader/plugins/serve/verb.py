"""`serve`: the reader in a browser on this machine."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from rilo_reader import config as settings
from rilo_reader.cli.choice import choose
from rilo_reader.cli.output import output
from rilo_reader.cli.verb import Verb, number, option
from rilo_reader.errors import LibraryError
from rilo_reader.extras import WEB
from rilo_reader.paths import user_paths
from rilo_reader.tui.themes import ground_of, own_themes
from rilo_reader.workers import python


class ServeVerb(Verb):
    """Show the reader in a browser on this machine."""

    heading = "For other programs"
    library_help = "the folder to open, instead of your library"
    about = """
Show the reader in a browser on this machine, and print its address. Only this
machine can reach it, and only by that address, which is a new one each time;
the page loads nothing from elsewhere. Each tab is a reader of its own; closing
it saves everything, as q does. Needs rilo-reader[web].
"""
    sections = """
From another machine, let ssh bring the port there, and open the address:

  ssh -t -L 8000:127.0.0.1:8000 HOST rilo-reader serve --port 8000

An editor needs a terminal: e, notes in the editor and settings say so. Links
open in the browser that shows the reader.
"""
    other_names = (("serve", "web server browser"),)
    examples = ("rilo-reader serve", "rilo-reader serve --port 8000 --library ~/blog/content")

    port: int = option("--port NUMBER", "the port, instead of any free one", type=number, default=0)

    def run(self) -> int:
        """Serve until Ctrl-C, which is how it ends well."""
        paths = user_paths()
        config, _ = settings.load(paths.settings_file)
        if self.library is not None:  # a wrong name is said here, and not to each tab
            where = choose(self.library, config, paths)
        if WEB.missing:
            raise LibraryError(WEB.missing)
        from rilo_reader.plugins.serve.web import HOST, serve

        folder = [] if self.library is None else [str(where.folder)]
        command = python("-m", "rilo_reader", *folder)
        ground = ground_of(config.theme, own_themes(paths.themes).themes)
        with suppress(KeyboardInterrupt):
            try:
                asyncio.run(serve(command, self.port, _announce, ground))
            except (OSError, OverflowError) as error:
                why = getattr(error, "strerror", None) or "there is no such port"
                raise LibraryError(f"{HOST} cannot be used with port {self.port}: {why}") from None
        return 0


def _announce(address: str) -> None:
    out = output()
    out.line(f"The reader is at {address}")
    out.line("Anyone with this address can read and change what you can. Ctrl-C ends it.")
    out.flush()
