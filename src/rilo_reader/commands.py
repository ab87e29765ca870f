"""The table of commands: id, title, default keys, help and group.

Does not import Textual, so that the command line can check settings quickly.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Command(NamedTuple):
    """A command of the reader."""

    id: str  # name in settings.toml and in the palette
    title: str  # name in the palette and the help
    # default keys, in Textual's names ("j", "ctrl+d", "right_square_bracket")
    keys: tuple[str, ...]
    help: str  # one sentence for the help screen
    group: str  # heading in the help screen
    bar: str = ""  # word in the key bar, "" if it is not shown there


MOVE, READ, FIND, COLLECT = "Move", "Read", "Find", "Collect"
MARK, SHARE, PROGRAM = "Mark", "Elsewhere", "Program"

# One row each, so that the table reads as one.
# fmt: off
COMMANDS: tuple[Command, ...] = (
    Command("down", "Down", ("j", "down"), "Down one row, or one line when the article has the focus.", MOVE),
    Command("up", "Up", ("k", "up"), "Up one row, or one line when the article has the focus.", MOVE),
    Command("next_article", "Next article", ("J", "right_square_bracket"), "Go to the next article, from anywhere.", MOVE, "next"),
    Command("previous_article", "Previous article", ("K", "left_square_bracket"), "Go to the previous article, from anywhere.", MOVE),
    Command("next_hit", "Next hit or unread", ("n",), "The next hit while a search is on, else the next unread article.", MOVE),
    Command("previous_hit", "Previous hit or unread", ("N",), "The previous hit while a search is on, else the previous unread article.", MOVE),
    Command("page_on", "Page on", ("space",), "Down a page; at the end, on to the next unread article.", MOVE),
    Command("page_down", "Page down", ("pagedown",), "Down a page.", MOVE),
    Command("page_up", "Page up", ("pageup", "ctrl+b", "b"), "Up a page.", MOVE),
    Command("half_down", "Half a page down", ("ctrl+d",), "Down half a page.", MOVE),
    Command("half_up", "Half a page up", ("ctrl+u",), "Up half a page.", MOVE),
    Command("top", "Top", ("g", "home"), "To the first row, or the top of the article.", MOVE),
    Command("bottom", "Bottom", ("G", "end"), "To the last row, or the bottom of the article.", MOVE),
    Command("open", "Into the article", ("enter",), "Move the focus into the article.", READ),
    Command("switch", "List or article", ("tab",), "Move the focus between list and article.", READ),
    Command("back", "Back", ("escape",), "Back to the list; clear the search; leave the article-only view.", READ),
    Command("zen", "Article alone", ("z",), "Show the article alone; again for the list.", READ),
    Command("find", "Find in the article", ("ctrl+f",), "Find words in the article; the search of the list stays.", READ),
    Command("outline", "Outline", ("i",), "Jump to a heading of the article.", READ),
    Command("links", "Links", ("f",), "Number the links of the article; a number opens one.", READ),
    Command("related", "More like this", ("m",), "The same story elsewhere, and articles about the same.", READ),
    Command("search", "Search", ("slash",), "Search titles, texts, tags, sources and authors as you type.", FIND, "search"),
    Command("toggle_unread", "Only unread", ("U",), "Show only unread articles; again for all.", FIND),
    Command("toggle_starred", "Only starred", ("S",), "Show only starred articles; again for all.", FIND),
    Command("relevance", "Best match first", ("O",), "Show the best match first; again for the newest.", FIND),
    Command("slice_back", "Earlier period", ("less_than_sign",), "Show an earlier period of the timeline; esc shows all.", FIND),
    Command("slice_on", "Later period", ("greater_than_sign",), "Show a later period of the timeline; esc shows all.", FIND),
    Command("facets", "Sources, tags, years", ("v",), "Count the results by source, tag, year and more; choose one to see only those.", FIND),
    Command("save_search", "Save search", ("ctrl+s",), "Save the search under a name; @name in the box runs it.", FIND),
    Command("saved_searches", "Saved searches", ("apostrophe",), "Saved searches with their unread articles, and mutes: run, rename, order, remove.", FIND),
    Command("mute", "Mute", ("M",), "Hide what the search finds, for good or until a date.", FIND),
    Command("show_muted", "Show muted", ("X",), "Show muted articles; again to hide them.", FIND),
    Command("only_source", "Only this source", ("c",), "Show only articles of the open one's source; again for all.", FIND),
    Command("forget_searches", "Clear search history", (), "Clear the history of the search box, also on disk.", FIND),
    Command("refresh", "Refresh", ("R",), "Fetch what is new in your feeds; once more to stop.", COLLECT),
    Command("show_new", "Show what is new", ("full_stop",), "To the newest of the articles that came.", COLLECT),
    Command("add", "Add a feed or page", ("a",), "Follow a feed, keep a page, or add an account: paste an address.", COLLECT),
    Command("feeds", "Feeds", ("F",), "The feeds that you follow, and why one is silent: rename, file, pause, remove.", COLLECT),
    Command("accounts", "Accounts", (), "Your accounts at Miniflux, FreshRSS and others: log in to one, see how it stands, log out.", COLLECT),
    Command("import_articles", "Import", (), "Bring in files, folders, mail, OPML, or what newsboat has.", COLLECT),
    Command("read", "Read or unread", ("r",), "Mark the article read, or unread again.", MARK, "read"),
    Command("star", "Star", ("s",), "Star the article, or take the star away.", MARK, "star"),
    Command("tags", "Tags", ("t",), "Edit your own tags of the article.", MARK),
    Command("all_read", "All read", ("A",), "Mark every article shown as read; undo brings them back.", MARK),
    Command("highlight", "Highlight", ("H",), "Select a passage by keys, to highlight it and to write a note.", MARK),
    Command("next_highlight", "Next highlight", ("right_parenthesis",), "To the next highlight of the article.", MARK),
    Command("previous_highlight", "Previous highlight", ("left_parenthesis",), "To the previous highlight of the article.", MARK),
    Command("highlights", "Highlights and notes", ("quotation_mark",), "The highlights of the article and of the library, with their notes.", MARK),
    Command("undo", "Undo", ("u",), "Undo what was done last, also before a restart; again, what was done before that.", MARK, "undo"),
    Command("redo", "Redo", ("ctrl+r",), "Do again what was undone last.", MARK),
    Command("history", "What was done", ("W",), "What was done, on all your devices: take back any of it, or do it again.", MARK),
    Command("browser", "Open in browser", ("o",), "Open the article's link in the browser.", SHARE, "browser"),
    Command("copy_link", "Copy link", ("y",), "Copy the article's link to the clipboard.", SHARE),
    Command("copy_text", "Copy selection", ("ctrl+c", "super+c"), "Copy the selected text.", SHARE),
    Command("edit", "Edit file", ("e",), "Open the article's file in $VISUAL or $EDITOR.", SHARE),
    Command("sync", "Sync between devices", (), "Carry what you do to your other devices, through a folder: on, off, what waits.", SHARE),
    Command("palette", "Command palette", ("ctrl+p",), "Find and run any command by its name.", PROGRAM),
    Command("theme", "Theme", (), "Choose a theme, shown live.", PROGRAM),
    Command("help", "Help", ("question_mark",), "Show this help.", PROGRAM, "help"),
    Command("quit", "Quit", ("q", "ctrl+q"), "Leave; everything is kept.", PROGRAM, "quit"),
)
# fmt: on

BY_ID = MappingProxyType({command.id: command for command in COMMANDS})


def effective_keys(own: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The keys of every command, with `own` ones by its id in place of its default ones.

    Default keys that the user gave to another command are dropped. All are in Textual's names.
    """
    taken = {key for keys in own.values() for key in keys}
    return {
        command.id: own[command.id]
        if command.id in own
        else tuple(key for key in command.keys if key not in taken)
        for command in COMMANDS
    }
