"""The input for what is to be found in an article."""

from rilo_reader.tui.widgets.search_box import LONGEST_QUERY, LineBox


class FindBox(LineBox):
    """The input for what is to be found in the article, above the last line."""

    DEFAULT_CSS = """
    FindBox, FindBox:focus {
        dock: bottom;
        margin: 0 2 1 1;
        padding: 0 1;
        background: $row-ground;
    }
    """

    def __init__(self) -> None:
        super().__init__(placeholder="find in this article", max_length=LONGEST_QUERY)
