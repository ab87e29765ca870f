"""`doctor`: what it found of terminal, folders, index, state and articles, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rilo_reader.cli import examine
from rilo_reader.cli.examine import Finding
from rilo_reader.cli.output import Output, Piece, Style, output

if TYPE_CHECKING:
    from rilo_reader.cli.verbs import Options

SHOWN = 20
"""How many files of a kind are listed without --all."""


def run(options: Options) -> int:
    """Print the report as it is found; returns 1 where there is something to mend."""
    out = output()
    wrong = 0
    for title, findings in examine.everything(options.library):
        out.line(Piece(title, Style.BOLD))
        wrong += _print_section(out, findings, None if options.all else SHOWN)
        out.line()
        out.flush()
    if wrong:
        out.line(Piece(f"{wrong:,} to mend; what to do stands after each arrow.", Style.BOLD))
        return 1
    out.line(Piece("All is well.", Style.BOLD))
    return 0


def _print_section(out: Output, findings: Iterable[Finding], most: int | None) -> int:
    """Print one section, files after the first `most` only counted; returns how many are wrong."""
    seen = wrong = files = 0
    advice = ""
    for finding in findings:
        seen += 1
        wrong += finding.wrong
        files += finding.file
        if finding.file and most is not None and files > most:
            continue
        # The same advice for file after file is said once, after the last of them.
        if advice and finding.advice != advice:
            _print_advice(out, advice)
        sign = Piece("✗ ", Style.ERROR) if finding.wrong else Piece("  ")
        out.line("  ", sign, " ".join(finding.text.split()))
        advice = finding.advice
    if most is not None and files > most:
        out.line(f"    … and {files - most:,} more; --all lists them.")
    if advice:
        _print_advice(out, advice)
    if not seen:
        out.line("    none")
    return wrong


def _print_advice(out: Output, advice: str) -> None:
    out.line(Piece(f"      → {advice}", Style.DIM))
