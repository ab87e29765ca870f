"""The line that says what is wrong with a query."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Static

from rilo_reader.query.tree import QueryFault


class FaultLine(Static):
    """A caret below the fault in the query, with the reason; hidden without a fault."""

    DEFAULT_CSS = """
    FaultLine {
        display: none;
        height: auto;
        padding: 0 2 0 3;
        color: $page-error;
    }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)

    def show_faults(self, query: str, faults: Sequence[QueryFault]) -> None:
        """Show the first fault below its position in the query, or hide."""
        self.display = bool(faults)
        if not faults:
            return
        fault = faults[0]
        before = cell_len(query[: fault.start])
        carets = "^" * max(1, cell_len(query[fault.start : fault.end]))
        text = " " * before + carets + " " + fault.reason
        if cell_len(text) > (width := self.size.width) > 0:
            if before > len(fault.reason) + 1:
                text = fault.reason.rjust(before - 1) + " " + carets
            else:
                text = f"{' ' * before}{carets[: width - before]}\n{fault.reason}"
        self.update(Content(text))
