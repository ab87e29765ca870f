"""The verb of the sample."""

from __future__ import annotations

from rilo_reader.cli.output import output
from rilo_reader.cli.verb import Verb


class SampleVerb(Verb):
    """Say that the sample works."""

    about = "Say that the sample works."
    examples = ("rilo-reader sample",)

    def run(self) -> int:
        output().line("The sample works.")
        return 0
