"""The line under the search box that says what was not understood."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from rilo_reader.query.tree import QueryFault


class FaultLine(Static):
    """Under the box: a caret under what was not understood, and why. Not there without a fault."""

    DEFAULT_CSS = """
    FaultLine {
        display: none;
        height: 1;
        padding: 0 2 0 3;
        color: $page-error;
    }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)

    def show_faults(self, query: str, faults: Sequence[QueryFault]) -> None:
        """Show the first fault under its place in the query, or go away."""
        self.display = bool(faults)
        if not faults:
            return
        fault = faults[0]
        before = cell_len(query[: fault.start])
        carets = "^" * max(1, cell_len(query[fault.start : fault.end]))
        text = " " * before + carets + " " + fault.reason
        if len(text) > self.size.width > 0 and before > len(fault.reason) + 1:
            text = fault.reason.rjust(before - 1) + " " + carets
        self.update(Content(text))
