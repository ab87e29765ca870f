"""The list of the panels: what its lines say stands in columns, whatever the words are."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult

from rilo_reader.tui.panels.panel import fitting
from rilo_reader.tui.themes.colours import page_variables
from rilo_reader.tui.widgets.colours import Colours
from rilo_reader.tui.widgets.line_list import Entry, EntryList

PLAIN = Colours._make([Style()] * (len(Colours._fields) - 1) + [(Style(),) * 4])

ENTRIES = (
    Entry("A heading", is_heading=True),
    Entry("One", "today", "1,234"),
    Entry("新闻阅读器新闻", "yesterday", ""),
    Entry("A name that is rather long", "never", "7"),
)


class Stage(App[None]):
    """Shows the list."""

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The colours that the list is drawn in."""
        return page_variables(self.current_theme)

    def compose(self) -> ComposeResult:
        """Nothing else."""
        yield EntryList(ENTRIES)


async def drawn(width: int) -> list[str]:
    """The lines of a list so wide."""
    app = Stage()
    async with app.run_test():
        entries = app.query_one(EntryList)
        lines = [entries.draw(number, width, PLAIN, False) for number in range(len(ENTRIES))]
    assert [Segment.get_line_length(line) for line in lines] == [width] * len(ENTRIES)
    return ["".join(segment.text for segment in line) for line in lines]


async def test_what_names_stand_for_stands_in_a_column() -> None:
    for width in (30, 40, 60, 100):
        _, *lines = await drawn(width)
        details = [str(entry.detail)[:3] for entry in ENTRIES[1:]]
        columns = {
            cell_len(line[: line.index(detail)])
            for line, detail in zip(lines, details, strict=True)
        }
        assert len(columns) == 1, width


async def test_counts_stand_flush_right() -> None:
    _, one, _, long = await drawn(50)
    assert one.endswith("  1,234")
    assert long.endswith("  7")


def test_whole_hints_in_as_many_lines_as_there_are() -> None:
    hints = ("a adds", "d removes", "u undoes", "esc closes")
    assert fitting(hints, 100) == "a adds  d removes  u undoes  esc closes"
    assert fitting(hints, 17) == "a adds  d removes"
    assert fitting(hints, 20, 2) == "a adds  d removes\nu undoes  esc closes"
    assert fitting(hints, 19, 2) == "a adds  d removes\nu undoes"
