"""`serve`: the reader in a browser on this machine."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass

from rilo_reader import config as settings
from rilo_reader.cli.choice import choose
from rilo_reader.cli.output import output
from rilo_reader.cli.verb import Options, Verb, number, option
from rilo_reader.errors import LibraryError
from rilo_reader.paths import user_paths
from rilo_reader.tui.themes import ground_of


@dataclass(kw_only=True)
class _ServeOptions(Options):
    port: int = option("--port NUMBER", "the port, instead of any free one", type=number, default=0)


def run(options: _ServeOptions) -> int:
    """Serve until Ctrl-C, which is how it ends well."""
    paths = user_paths()
    config, _ = settings.load(paths.settings_file)
    if options.library is not None:  # a wrong name is said here, and not to each tab
        where = choose(options.library, config, paths)
    try:
        from rilo_reader.cli.web import HOST, serve
    except ModuleNotFoundError as error:
        extra = "install rilo-reader[web], as in uv tool install 'rilo-reader[web]'"
        raise LibraryError(f"The reader in a browser needs {error.name}: {extra}") from None
    folder = [] if options.library is None else [str(where.folder)]
    command = [sys.executable, "-m", "rilo_reader", *folder]
    with suppress(KeyboardInterrupt):
        try:
            asyncio.run(serve(command, options.port, _announce, ground_of(config.theme)))
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or "there is no such port"
            raise LibraryError(f"{HOST} cannot be used with port {options.port}: {why}") from None
    return 0


def _announce(address: str) -> None:
    out = output()
    out.line(f"The reader is at {address}")
    out.line("Whoever has this address reads and changes what you can. Ctrl-C ends it.")
    out.flush()


SERVE = Verb(
    "serve",
    run,
    _ServeOptions,
    summary="the reader in a browser on this machine",
    library="the folder to open, instead of your library",
    about="""
Serve the reader to a browser on this machine, and print its address. It can
only be reached at 127.0.0.1 and by that address, which is another one each
time; the page takes nothing from elsewhere. Each tab is a reader of its own;
closing it saves everything, as q does. Needs rilo-reader[web].
""",
    sections="""
From another machine, let ssh bring the port there, and open the address:

  ssh -t -L 8000:127.0.0.1:8000 HOST rilo-reader serve --port 8000

An editor needs a terminal: e, notes in the editor and settings say so. Links
open in the browser that shows the reader.
""",
    examples=("rilo-reader serve", "rilo-reader serve --port 8000 --library ~/blog/content"),
)
