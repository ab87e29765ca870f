"""A line to type into, as it looks in the panels over the reader."""

from __future__ import annotations

from rilo_reader.tui.widgets.search_box import LineBox


class PanelLine(LineBox):
    """One line on the ground of the page, with air below; none on a low screen (`-low`)."""

    DEFAULT_CSS = """
    PanelLine, PanelLine:focus {
        border: none;
        height: 1;
        padding: 0;
        margin-bottom: 1;
        background: $page-ground;
        background-tint: $page-ground 0%;
        color: $page-text;
    }
    PanelLine > .input--placeholder {
        color: $page-dim;
        text-style: $dim-text-style;
    }
    .-low PanelLine { margin: 0; }
    """
