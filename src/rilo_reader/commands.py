"""The table of commands: id, title, default keys, help and group; plugins bring some of the rows.

Does not import Textual, so that the command line can check settings quickly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import NamedTuple, Protocol

from rilo_reader.plugin_list import plugins_with


class Command(NamedTuple):
    """A command of the reader."""

    id: str  # name in settings.toml and in the palette
    title: str  # name in the palette and the help
    # default keys, in Textual's names ("j", "ctrl+d", "right_square_bracket")
    keys: tuple[str, ...]
    help: str  # one sentence for the help screen
    group: str  # heading in the help screen
    bar: str = ""  # word in the key bar, "" if it is not shown there
    names: str = ""  # what else people call it, word by word, for the palette
    in_article: bool = False  # whether the help of who reads an article begins with it, too


MOVE, READ, FIND, COLLECT = "Move", "Read", "Find", "Collect"
MARK, SHARE, PROGRAM = "Mark", "Share", "Program"
DROPPED = ""  # the group of what was a command once; its help says what takes its place
_GROUPS = (MOVE, READ, FIND, COLLECT, MARK, SHARE, PROGRAM)

# One row each, so that the table reads as one.
# fmt: off
_OURS: tuple[Command, ...] = (
    Command("down", "Down", ("j", "down"), "Down one row in the list, or one line in the article.", MOVE),
    Command("up", "Up", ("k", "up"), "Up one row in the list, or one line in the article.", MOVE),
    Command("next_article", "Next article", ("J", "right_square_bracket"), "Go to the next article, from anywhere.", MOVE, "next", "following"),
    Command("previous_article", "Previous article", ("K", "left_square_bracket"), "Go to the previous article, from anywhere.", MOVE),
    Command("next_hit", "Next hit or unread", ("n",), "Go to the next hit of a search, else to the next unread article.", MOVE),
    Command("previous_hit", "Previous hit or unread", ("N",), "Go to the previous hit of a search, else to the previous unread article.", MOVE),
    Command("next_source", "Next source with news", ("right_curly_bracket",), "Show the next source with unread articles, from anywhere.", MOVE, names="feed following"),
    Command("previous_source", "Previous source with news", ("left_curly_bracket",), "Show the previous source with unread articles, from anywhere.", MOVE, names="feed"),
    Command("page_on", "Page on", ("space",), "Down a page; at the end, on to the next unread article.", MOVE),
    Command("page_down", "Page down", ("pagedown",), "Down a page.", MOVE),
    Command("page_up", "Page up", ("pageup", "ctrl+b", "b"), "Up a page.", MOVE),
    Command("half_down", "Half a page down", ("ctrl+d",), "Down half a page.", MOVE),
    Command("half_up", "Half a page up", ("ctrl+u",), "Up half a page.", MOVE),
    Command("top", "Top", ("g", "home"), "Go to the first row, or the top of the article.", MOVE),
    Command("bottom", "Bottom", ("G", "end"), "Go to the last row, or the bottom of the article.", MOVE),
    Command("open", "Into the article", ("enter", "l", "right"), "Move from the list into the article.", READ),
    Command("list", "Back to the list", ("h", "left"), "Move from the article back to the list; from there to your sources, and again to hide them.", READ),
    Command("sources", "Sources", (), "Go to your sources with their unread articles, from anywhere; again to hide them.", READ, names="feeds subscriptions folders tags sidebar unread counts"),
    Command("switch", "List or article", ("tab",), "Switch between list and article.", READ),
    Command("back", "Back", ("escape",), "Go back: to the list, then to all articles; leave the article-only view.", READ),
    Command("zen", "Article only", ("z",), "Show the article only; again to show the list too.", READ, names="zen bigger larger fullscreen focus wide"),
    Command("find", "Find in the article", ("ctrl+f",), "Find words in the article; the search of the list stays.", READ, names="search page within text"),
    Command("outline", "Outline", ("i",), "Jump to a heading of the article.", READ, names="contents toc headings sections"),
    Command("links", "Links", ("f",), "Number the links of the article; type a number to open one.", READ, names="urls follow"),
    Command("whole_page", "Whole page", ("plus",), "Fetch the article's page, and put its text in place of what the feed has; again to stop.", READ, names="full text fulltext content scrape download readability web"),
    Command("related", "More like this", ("m",), "Show the same story elsewhere, and similar articles.", READ, names="related similar copies duplicates"),
    Command("search", "Search", ("slash",), "Search titles, texts, tags, sources and authors as you type.", FIND, "search", "find filter query"),
    Command("toggle_unread", "Only unread", ("U",), "Show only unread articles; again for all.", FIND, names="new"),
    Command("toggle_starred", "Only starred", ("S",), "Show only starred articles; again for all.", FIND, names="favourites favorites bookmarks saved"),
    Command("relevance", "Best or oldest first", ("O",), "Show the best match first, without words the oldest; again as before. Of a source it is remembered.", FIND, names="sort order relevance rank"),
    Command("whole_word", "Whole word", ("asterisk",), "Search for the last word alone; again to include longer words.", FIND, names="exact precise narrow prefix"),
    Command("slice_back", "Earlier period", ("less_than_sign",), "Show an earlier period of the timeline; esc shows all.", FIND),
    Command("slice_on", "Later period", ("greater_than_sign",), "Show a later period of the timeline; esc shows all.", FIND),
    Command("facets", "Sources, tags, years", ("v",), "Count what the list shows by source, tag, year and more; choose one to see only that.", FIND, names="facets filter authors languages statistics count"),
    Command("save_search", "Save search", ("ctrl+s",), "Save this search under a name; type @name to search it again.", FIND, names="bookmark keep"),
    Command("saved_searches", "Saved searches", ("apostrophe",), "Saved searches with their unread articles, and mutes: open, rename, sort, remove.", FIND),
    Command("mute", "Mute", ("M",), "Hide what the search finds, forever or until a day.", FIND, names="hide block ignore"),
    Command("show_muted", "Show muted", (), "Show muted articles; again to hide them.", FIND),
    Command("only_source", "Only this source", ("c",), "Show only articles from the source of this one; again for all.", FIND, names="feed site"),
    Command("refresh", "Refresh", ("R",), "Fetch what is new in your feeds; again to stop.", COLLECT, names="update reload fetch download"),
    Command("show_new", "Show what is new", ("full_stop",), "Go to the newest new article.", COLLECT),
    Command("add", "Add a feed or page", ("a",), "Follow a feed or save a page: paste an address.", COLLECT, names="subscribe rss url new"),
    Command("feeds", "Feeds", ("F",), "Your feeds, and why one has nothing new: rename, tag, pause, remove.", COLLECT, names="subscriptions rss sources unsubscribe"),
    Command("read", "Read or unread", ("r",), "Mark the article read, or unread again.", MARK, "read"),
    Command("star", "Star", ("s",), "Star the article, or remove the star.", MARK, "star", "favourite favorite bookmark save like"),
    Command("tags", "Tags", ("t",), "Edit your own tags of the article.", MARK, names="label category"),
    Command("all_read", "All read", ("A",), "Mark every article in the list as read; undo marks them unread again.", MARK, names="catch up mark"),
    Command("above_read", "All above is read", ("minus",), "Mark every article above this one in the list as read; undo marks them unread again.", MARK, names="older newer previous catch up mark up to here before"),
    Command("below_read", "All below is read", (), "Mark every article below this one in the list as read; undo marks them unread again.", MARK, names="older newer following catch up mark from here after rest"),
    Command("undo", "Undo", ("u",), "Undo the last change, also one made before a restart; again for the one before.", MARK, "undo"),
    Command("redo", "Redo", ("ctrl+r",), "Redo the last change that was undone.", MARK),
    Command("history", "History of changes", ("W",), "List your changes; undo or redo any of them.", MARK, names="log done activity"),
    Command("browser", "Open in browser", ("o",), "Open the article's link in the browser.", SHARE, "browser", "web share original"),
    Command("copy_link", "Copy link", ("y",), "Copy the article's link to the clipboard.", SHARE, names="url yank share clipboard"),
    Command("copy_text", "Copy selection", ("ctrl+c", "super+c"), "Copy the selected text.", SHARE, names="text clipboard yank"),
    Command("edit", "Edit file", ("e",), "Open the article's file in your editor ($VISUAL or $EDITOR).", SHARE, names="editor change write vim"),
    Command("palette", "Command palette", ("ctrl+p", "colon"), "Find and run any command by its name.", PROGRAM, "commands", "menu"),
    Command("theme", "Theme", (), "Choose the colours: dark, light and others, shown as you move.", PROGRAM, names="dark light colors scheme mode appearance night day"),
    Command("settings", "Settings", (), "Theme, width, dates, keys and more: change them and see the effect; from there, the file with all settings.", PROGRAM, names="config configuration preferences options setup keys shortcuts width bigger font"),
    Command("guide", "Guide", (), "Open the guide; again to return to your articles.", PROGRAM, names="tutorial manual introduction documentation docs first steps welcome"),
    Command("changelog", "Changelog", (), "Read what is new in the versions of this program.", PROGRAM, names="whats new version update release changes about"),
    Command("help", "Help", ("question_mark",), "Show the keys; type to find one.", PROGRAM, "help", "keys shortcuts manual documentation"),
    Command("quit", "Quit", ("q",), "Quit; everything is saved.", PROGRAM, "quit", "exit leave close bye"),
    Command("forget_searches", "", (), "history = false above [keys] clears the history of searches", DROPPED),
)
# fmt: on


class CommandPlugin(Protocol):
    """A plugin that brings commands of the reader."""

    def commands(self) -> Sequence[Command]:
        """Return rows of the table, with keys."""
        ...


@cache
def all_commands() -> tuple[Command, ...]:
    """Return the commands of the core and of the plugins, by groups.

    A plugin's command whose id another has is left out, and so is a default key.
    """
    ours = [row for row in _OURS if row.group != DROPPED]
    rows, taken = {row.id: row for row in ours}, {key for row in ours for key in row.keys}
    for row in _list_of_plugins():
        if row.id not in rows and row.group != DROPPED:
            rows[row.id] = row._replace(keys=tuple(key for key in row.keys if key not in taken))
            taken.update(row.keys)
    groups = list(dict.fromkeys((*_GROUPS, *(row.group for row in rows.values()))))
    return tuple(sorted(rows.values(), key=lambda row: groups.index(row.group)))


def _list_of_plugins() -> Iterator[Command]:
    return (row for plugin in plugins_with(CommandPlugin) for row in plugin.commands())


@cache
def replacements_by_id() -> Mapping[str, str]:
    """Return what takes the place of each command that was there once, by its id."""
    rows = (*_OURS, *_list_of_plugins())
    return MappingProxyType({row.id: row.help for row in rows if row.group == DROPPED})


@cache
def commands_by_id() -> Mapping[str, Command]:
    """Return the commands by their ids."""
    return MappingProxyType({command.id: command for command in all_commands()})


def effective_keys(custom_keys: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The keys of every command, with `custom_keys` ones by its id in place of its default ones.

    Default keys that the user gave to another command are dropped. All are in Textual's names.
    """
    taken = {key for keys in custom_keys.values() for key in keys}
    return {
        command.id: custom_keys[command.id]
        if command.id in custom_keys
        else tuple(key for key in command.keys if key not in taken)
        for command in all_commands()
    }
