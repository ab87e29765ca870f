"""The first settings.toml: every setting explained, commented out with its default (pure)."""

from __future__ import annotations

from itertools import groupby

from rilo_reader.commands import COMMANDS
from rilo_reader.config.toml_tables import literal
from rilo_reader.config.values import Config
from rilo_reader.keys import key_label

_HEAD = """\
# The settings of rilo-reader. A line that begins with # says what holds without it:
# take the # away and change the value. `rilo-reader doctor` checks this file.
"""
_EXPLAINED = {
    "theme": 'The theme: "ink" (dark), "paper" (light), or one of Textual\'s, such as "nord".',
    "width": "The widest line of an article, in columns: 20 to 200.",
    "date_format": 'How dates are written: "human", "iso", or a pattern such as "%d.%m.%Y".',
    "mark_read": 'When an article counts as read: "opened" (for a while), "end" or "by hand".',
    "mark_read_after": 'How many seconds make a while, for mark_read = "opened".',
    "history": "Whether searches are remembered, for the up key in the empty search box.",
    "highlight_kinds": "The names of the four kinds of highlights, for the keys 1 to 4.",
    "drafts": "Whether articles with `draft: true` are shown.",
    "refresh_every": "How many minutes between two refreshes while the reader is open; 0: only R.",
    "fetch_together": "How many addresses are fetched at one time: 1 to 256.",
    "fetch_per_host": "How many of them from one host: 1 to 32.",
    "fetch_megabytes": "The largest answer that is taken, also when unpacked: 1 to 1000.",
    "fetch_seconds": "The longest that one answer may take: 1 to 3600.",
}
_TAIL = """
# Your folders of articles; the first opens when none is named, and feeds and accounts go into it.
# folders = ["~/news"]

# Where notes on your highlights are written, a Markdown file for each article: a folder, or the
# name of one in the library; "" for none. Without it, the folder notes beside the articles.
# notes_folder = "~/vault/highlights"

# Keys: a key, a list of keys, or "" for none. They replace the default ones.
# Keys are written "J", "?", "space", "pgdn", "f5", "ctrl+d", "alt+left".
[keys]
"""


_END = """
# Saved searches, in their order, and mutes (until is the last day). The reader writes them too.
# [[searches]]
# name = "Ivory"
# query = "ivory customs after:30d"
#
# [[mutes]]
# query = "tag:football"
# until = 2026-12-31
"""


def template() -> str:
    """The text of a settings file that sets nothing."""
    default = Config()
    parts = [_HEAD]
    for name, meaning in _EXPLAINED.items():
        parts.append(f"\n# {meaning}\n# {name} = {literal(getattr(default, name))}\n")
    parts.append(_TAIL)
    for group, commands in groupby(COMMANDS, key=lambda command: command.group):
        parts.append(f"\n# -- {group}\n")
        for command in commands:
            keys = [_written(key) for key in command.keys]
            parts.append(f"# {command.id} = {literal(keys)}  # {command.help}\n")
    return "".join([*parts, _END])


def _written(key: str) -> str:
    """A key as people write it."""
    if key.startswith("ctrl+"):
        return key
    return key if key in ("up", "down", "left", "right") else key_label(key)
