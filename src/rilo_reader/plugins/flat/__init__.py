"""The reader as a prompt and lines."""

from __future__ import annotations

from rilo_reader.hooks import Plugin


class FlatPlugin(Plugin):
    name = "flat"
    needs = ("programs",)


PLUGIN = FlatPlugin()
