"""What tests of the core ask where a plugin may have been deleted."""

from __future__ import annotations

import pytest

from rilo_reader.plugin_list import load_plugins

OURS = {
    *("accounts", "archive", "devices", "editions", "edits", "exporters", "flat", "highlights"),
    "homes",
    *("importers", "mcp", "pictures", "programs", "serve"),
}

every_plugin = pytest.mark.skipif(
    not {plugin.name for plugin in load_plugins()} >= OURS,
    reason="pages, guide and what is public are of all plugins",
)
"""Of tests that read what is written about all of the program."""
