"""Forms keep their keys in view and what was typed, whatever is refused."""

from __future__ import annotations

import ast
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import rilo_reader
from rilo_reader.commands import all_commands
from rilo_reader.config import MUTES, SEARCHES, Mute, SavedSearch, load
from rilo_reader.tui.panels.panel import EntryPanel, FormScreen, PanelLine
from rilo_reader.tui.widgets.article_list import BAR
from tests.support.reader import FedCollector, Reader, paths_in, reading
from tests.tui.test_feeds import User

pytestmark = pytest.mark.slow

PAGE = {"url": "https://example.org/", "title": "A page"}


def foot(reader: Reader) -> str:
    """The last line with text of the form."""
    box = reader.app.screen.query_one("#panel").region
    rows = reader.text()[box.y : box.bottom]
    inside = [row[box.x : box.right].strip(" │╭╮╰╯─") for row in rows]
    return [row for row in inside if row][-1]


def saved(folder: Path) -> dict[str, Any]:
    """Settings with two saved searches, for a reader."""
    paths = paths_in(folder)
    for each in ("one", "two"):
        SEARCHES.put(paths.settings_file, SavedSearch(each, f"word{each}"))
    return {"config": load(paths.settings_file)[0], "paths": paths}


# By name: the keys that open it (words are typed), what is refused, and the line of keys.
FORMS = {
    "add": (["a"], "", "enter find feeds"),
    "account": (["a", "greader", "enter"], "", "enter log in"),
    "mute": (["M"], "(", "enter mute"),
    "save": (["slash", "word3", "enter", "ctrl+s"], "@@", "enter save"),
    "rename": (["apostrophe", "r"], "two", "enter rename"),
    "tags": (["t"], None, "enter save"),
}


@pytest.mark.parametrize("name", FORMS)
async def test_a_refused_form_keeps_its_line_of_keys(tmp_path: Path, name: str) -> None:
    begin, wrong, keys = FORMS[name]
    async with reading(**saved(tmp_path), collector=FedCollector(), size=(120, 40)) as reader:
        for each in begin:
            await (reader.type(each) if each in ("greader", "word3") else reader.press(each))
        await reader.settle()
        form = reader.app.screen
        assert form is not reader.screen
        for size in ((120, 40), (80, 24), (60, 20)):
            await reader.pilot.resize_terminal(*size)
            assert foot(reader).startswith(keys)
            assert "esc cancel" in foot(reader)
        if wrong is None:
            return
        before = reader.text()
        await reader.type(wrong)
        await reader.press("enter")
        assert reader.app.screen is form
        assert reader.text() != before, "it says what is wrong"
        assert foot(reader).startswith(keys)


async def test_who_goes_back_from_what_was_found_goes_on_typing_the_address() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        collector.end({**PAGE, "feeds": [], "page": PAGE})
        await reader.press("a")
        await reader.type("example.org")
        await reader.press("enter")
        await reader.press("escape")
        await reader.type("/b")
        collector.end({"error": "There is no such page."})
        await reader.press("enter")
        assert [verb[-1] for verb in collector.verbs] == ["example.org", "example.org/b"]
        await reader.press("tab", "shift+tab")
        await reader.type("c")
        await reader.press("enter")
        assert collector.verbs[-1][-1] == "example.org/bc"


async def test_a_choice_keeps_its_keys_when_what_was_begun_is_stopped() -> None:
    collector = FedCollector()
    async with reading(collector=collector) as reader:
        collector.end({**PAGE, "feeds": [PAGE, {**PAGE, "url": "https://b.org/"}], "page": None})
        await reader.press("a", "x", "enter")
        assert foot(reader).startswith("j k move")
        await reader.press("enter")
        assert foot(reader) == "esc stop"
        await reader.press("escape")
        assert foot(reader).startswith("j k move")
        await reader.press("escape")
        assert foot(reader).startswith("enter find feeds")


async def test_a_refused_name_is_mended_and_not_typed_again(tmp_path: Path) -> None:
    how = saved(tmp_path)
    async with reading(**how) as reader:
        await reader.press("apostrophe", "r")
        await reader.type("two")
        await reader.press("enter")
        await reader.type("s")
        await reader.press("enter")
        searches = load(how["paths"].settings_file)[0].searches
        assert [each.name for each in searches] == ["twos", "two"]


# -- every form -----------------------------------------------------------------------------------

SOURCE = Path(rilo_reader.__file__).parent
NOT_HERE = {"quit", "guide", "edit", "browser"}  # begin a program, or end this one
NOT_PRESSED = {"escape", "q", "d", "delete", "u"}  # of panels: leave, remove, undo


def list_form_makers() -> set[str]:
    """The functions in the source that make a form, by their names."""
    trees = [ast.parse(file.read_text("utf-8")) for file in SOURCE.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    kinds, before = {"FormScreen"}, 0
    while before != len(kinds):
        before = len(kinds)
        kinds |= {
            node.name
            for node in nodes
            if isinstance(node, ast.ClassDef)
            and any(ast.unparse(base).rpartition(".")[2] in kinds for base in node.bases)
        }
    return {
        function.name
        for function in nodes
        if isinstance(function, ast.FunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in kinds
    }


class FormWalk:
    """Opens every form that commands and the keys of panels open, and holds each to the rules."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.tried: set[tuple[object, ...]] = set()
        self.titles: list[str] = []
        self.query = ""  # of the list in which commands are run

    @property
    def form(self) -> FormScreen | None:
        top = self.reader.app.screen
        return top if isinstance(top, FormScreen) else None

    async def walk(self, command: str) -> None:
        """Open what a command opens, and try each key of a panel once."""
        before = -1
        while before != len(self.tried):
            before = len(self.tried)
            await self._begin(command)
            panel = self.reader.app.screen
            if self.form is not None:
                await self._try(partial(self._begin, command), command)
            elif isinstance(panel, EntryPanel):
                await self._walk_panel(panel)

    async def _begin(self, command: str) -> None:
        while self.reader.app.screen is not self.reader.screen:
            await self.reader.press("escape")
        self.reader.screen.controllers.search.change_query(self.query)
        await self.reader.settle()
        await self.reader.press("g", "enter")
        await self.reader.screen.controllers.run(command)
        await self.reader.settle()

    async def _walk_panel(self, panel: EntryPanel[Any]) -> None:
        for _ in range(max(1, len(panel.entries))):
            for key in {key for each in panel.panel_keys for key in each.keys.split(",")}:
                name = (type(panel), str(type(panel.current_payload)), self._hints(panel), key)
                if key in NOT_PRESSED or name in self.tried:
                    continue
                self.tried.add(name)
                await self.reader.press(key)
                if self.form is not None:
                    await self._try(partial(self.reader.press, key), *name)
                if self.reader.app.screen is not panel:
                    return
            await self.reader.press("j")

    @staticmethod
    def _hints(panel: EntryPanel[Any]) -> tuple[str, ...]:
        return tuple(each.hint for each in panel.panel_keys)

    async def _try(self, open_again: Callable[..., Awaitable[None]], *name: object) -> None:
        """Hold the form that is open to the rules, and leave it; the same again with `enter`."""
        self.tried.add(name)
        form = self.form
        assert form is not None
        self.titles.append(str(form.title))
        below = self.reader.app.screen_stack[-2]
        await self._hold_lines(form)
        await self.reader.press("escape")
        assert self.reader.app.screen is below, form.title
        await open_again()
        form = self.form
        assert form is not None
        said = form.note
        await self.reader.press("enter")
        with suppress(TimeoutError):  # some ask a thread first
            await self.reader.until(lambda: self.form is not form or form.note != said)
        assert self.form is not form or form.note != said, f"{form.title}: enter says nothing"
        if self.form is form:
            await self.reader.press("escape")

    async def _hold_lines(self, form: FormScreen) -> None:
        lines = [box for box in form.boxes if box.display]
        for line in (*lines, lines[0]):
            assert line.has_focus, form.title
            mark = self.reader.text()[line.region.y][line.region.x]
            assert mark == BAR, f"{form.title}: the line where one is has no bar"
            if line.value and not self._is_list(form, line):
                assert line.selected_text == line.value, f"{form.title}: it is not replaced"
            await self.reader.press("tab")
        if len(lines) > 1:
            await self.reader.press("shift+tab")
        value = lines[0].value
        await self.reader.press("x")
        assert lines[0].value == (f"{value}x" if self._is_list(form, lines[0]) else "x")

    @staticmethod
    def _is_list(form: FormScreen, line: PanelLine) -> bool:
        return form._questions[form.boxes.index(line)].is_list


async def test_every_form_behaves_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cursor in the first line, suggestions selected, `tab` goes round, `enter` acts or speaks.

    Every form is found: each function of the source that makes one is reached.
    """
    reached: set[str] = set()
    create = FormScreen.__init__

    def record(form: FormScreen, *arguments: Any, **more: Any) -> None:
        reached.update(frame.name for frame in traceback.extract_stack())
        create(form, *arguments, **more)

    monkeypatch.setattr(FormScreen, "__init__", record)
    user = User(tmp_path)
    SEARCHES.put(user.paths.settings_file, SavedSearch("ships", "Title"))
    MUTES.put(user.paths.settings_file, Mute("zebra"))
    config = load(user.paths.settings_file)[0]
    how: dict[str, Any] = {
        "paths": user.paths,
        "collects_into": user.folder,
        "collector": FedCollector(),
    }
    async with reading(user.library, config, size=(120, 40), **how) as reader:
        walk = FormWalk(reader)
        for command in all_commands():
            if command.id not in {*NOT_HERE, "save_search", "mute"}:
                await walk.walk(command.id)
        walk.query = "Title"
        for name in ("save_search", "mute"):
            await walk.walk(name)
        for addition in (each.addition for each in reader.screen.controllers.all):
            if addition is not None:
                await walk._begin("add")
                await reader.type(addition.note.split(": ")[1].split()[0])
                await reader.press("enter")
                form = walk.form
                assert form is not None
                await walk._hold_lines(form)
    assert list_form_makers() <= reached
    assert len(walk.titles) > 5
