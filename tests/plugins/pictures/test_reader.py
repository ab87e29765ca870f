"""Pictures in the reader: drawn where the page has left room, fetched by a key, opened alone."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rich.segment import Segment

from rilo_reader.extras import PICTURES
from rilo_reader.plugins.pictures.controller import PictureController
from rilo_reader.plugins.pictures.layer import RESTS, PictureLayer
from rilo_reader.plugins.pictures.panel import PictureScreen
from rilo_reader.plugins.pictures.settings import PictureMode, PictureSettings
from rilo_reader.tui.widgets.article_view import ArticleView
from tests.support.pictures import BLUE, RED, SVG, picture
from tests.support.reader import BY_HAND, Reader, paths_in, reading
from tests.support.servers import Asked, Server, serving
from tests.support.watched_library import WatchedLibrary, article

TEXT = "\n\n".join(f"Paragraph {i} " + "many words " * 30 for i in range(30))
FAR = "http://far.example/"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "p.png").write_bytes(picture(size=(640, 400)))
    (tmp_path / "q.png").write_bytes(picture(size=(200, 400)))
    (tmp_path / "v.svg").write_bytes(SVG)
    return tmp_path


@pytest.fixture(autouse=True)
def colours_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@asynccontextmanager
async def looking(
    folder: Path,
    *bodies: str,
    size: tuple[int, int] = (120, 40),
    setting: PictureMode = PictureMode.AUTO,
) -> AsyncIterator[Reader]:
    """A reader over articles with these bodies, whose first is open and drawn."""
    library = WatchedLibrary([article(i, body=body, url="") for i, body in enumerate(bodies)])
    shutil.copytree(folder, library.folder, dirs_exist_ok=True)
    config = BY_HAND.with_plugin_values(PictureSettings(setting))
    async with reading(library, config, size=size, paths=paths_in(folder / "home")) as reader:
        await reader.settle()
        yield reader
        await reader.controller(PictureController).stop()


def row(reader: Reader, line: int) -> list[Segment]:
    """The segments of a line of a picture, without the spaces beside it."""
    drawn = reader.view.layer_of(PictureLayer).draw_replacement(line)
    return [segment for segment in drawn or () if segment.text.strip()]


def colours(segment: Segment) -> tuple[object, object]:
    assert segment.style is not None
    assert segment.style.color is not None
    assert segment.style.bgcolor is not None
    return tuple(segment.style.color.triplet or ()), tuple(segment.style.bgcolor.triplet or ())


@pytest.mark.slow
async def test_a_file_beside_the_article_is_drawn_where_the_page_left_room(folder: Path) -> None:
    async with looking(folder, "Before.\n\n![A wall](p.png)\n\nAfter.") as reader:
        [shown] = reader.view.page.pictures
        assert shown.rows == reader.view.size.height // 2
        upper, lower = row(reader, shown.line), row(reader, shown.line + shown.rows - 1)
        assert sum(len(segment.text) for segment in upper) == shown.columns <= 72
        assert [colours(segment) for segment in (upper[0], upper[-1])] == [(BLUE, BLUE), (RED, RED)]
        assert [colours(segment) for segment in lower] == [(RED, RED)]
        text = "\n".join(reader.text())
        assert "▀▀▀" in text
        assert "image:" not in text
        assert reader.view.page.lines[shown.line + shown.rows].text == "A wall"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "body"),
    [
        (PictureMode.NEVER, "![A wall](p.png)"),
        (PictureMode.BLOCKS, "![A drawing](v.svg)"),
        (PictureMode.BLOCKS, "![Missing](m.png)"),
        (PictureMode.BLOCKS, "![Outside](../p.png)"),
    ],
)
async def test_elsewhere_there_is_a_caption(folder: Path, setting: PictureMode, body: str) -> None:
    async with looking(folder, body, setting=setting) as reader:
        [shown] = reader.view.page.pictures
        assert shown.rows == 0
        assert "▀" not in "".join(reader.text())
        assert "[image: " in "".join(reader.text())


@pytest.mark.slow
async def test_a_picture_on_the_screen_has_a_hint(folder: Path) -> None:
    async with looking(folder, f"![A wall](p.png)\n\n![Far]({FAR}x.png)\n\n{TEXT}") as reader:
        assert "[image: Far · p shows it]" in "\n".join(reader.text())
        assert "enter picture" not in reader.text()[-1]
        await reader.press("l")
        assert reader.text()[-1].startswith(" enter picture")
        await reader.press("G")
        assert "enter picture" not in reader.text()[-1]


@pytest.mark.slow
async def test_another_setting_shows_or_hides_them_at_once(folder: Path) -> None:
    async with looking(folder, "![A wall](p.png)") as reader:
        for setting, is_shown in ((PictureMode.NEVER, False), (PictureMode.BLOCKS, True)):
            reader.screen.use_settings(
                reader.screen.config.with_plugin_values(PictureSettings(setting))
            )
            await reader.settle()
            assert (reader.view.page.pictures[0].rows > 0) == is_shown
            assert ("▀" in "".join(reader.text())) == is_shown


@pytest.mark.slow
async def test_without_the_extra_there_are_captions_and_the_key_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, PICTURES.module, None)
    async with looking(folder, f"![A wall](p.png) ![Far]({FAR}x.png)") as reader:
        assert [shown.rows for shown in reader.view.page.pictures] == [0, 0]
        await reader.press("p")
        assert PICTURES.install_advice.startswith(reader.message.removesuffix("…")[:60])
        assert 'the extra "pictures"' in reader.message


@pytest.mark.slow
async def test_what_is_damaged_says_so_in_its_place(folder: Path) -> None:
    (folder / "p.png").write_bytes(picture(size=(640, 400))[:60])
    async with looking(folder, "![A wall](p.png)") as reader:
        assert "! It is damaged" in "\n".join(reader.text())


@pytest.mark.slow
async def test_pictures_fit_the_screen_when_that_changes(folder: Path) -> None:
    async with looking(folder, f"{TEXT[:500]}\n\n![A wall](q.png)\n\n{TEXT}") as reader:
        await reader.press("l", *["j"] * 6)
        first = reader.view.page.lines[reader.view.top_line].text
        [before] = reader.view.page.pictures
        for size in ((120, 20), (90, 20), (120, 40)):
            await reader.pilot.resize_terminal(*size)
            await reader.settle()
            [shown] = reader.view.page.pictures
            assert shown.rows <= reader.view.size.height // 2
            assert sum(len(s.text) for s in row(reader, shown.line)) == shown.columns
        assert reader.view.page.pictures == (before,)
        assert reader.view.page.lines[reader.view.top_line].text == first


@pytest.mark.slow
async def test_the_page_comes_first_and_nothing_moves_when_the_picture_comes(folder: Path) -> None:
    async with looking(folder, f"{TEXT}\n\n![A wall](p.png)\n\nEnd.") as reader:
        [shown] = reader.view.page.pictures
        assert not row(reader, shown.line)  # it is drawn once it is near
        page, height = reader.view.page, reader.view.virtual_size
        await reader.press("l", "G")
        assert row(reader, shown.line)
        assert reader.view.page is page
        assert reader.view.virtual_size == height


@pytest.mark.slow
async def test_links_finding_and_another_theme_leave_them(folder: Path) -> None:
    body = "A [link](https://a.example/).\n\n![A wall](p.png)\n\nWords to find."
    async with looking(folder, body) as reader:
        await reader.press("l", "f")
        assert row(reader, reader.view.page.pictures[0].line)
        await reader.press("escape", "ctrl+f")
        await reader.type("find")
        await reader.press("enter")
        assert "1/1" in "".join(reader.text())
        reader.app.theme = "paper"
        await reader.settle()
        assert row(reader, reader.view.page.pictures[0].line)


@pytest.mark.slow
async def test_enter_opens_one_alone_and_others_follow(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browsed: list[str] = []

    async def browse(url: str) -> bool:
        browsed.append(url)
        return True

    monkeypatch.setattr("rilo_reader.plugins.pictures.controller.open_in_browser", browse)
    body = "![A drawing](v.svg) ![A wall](p.png)\n\n![A door](q.png)"
    async with looking(folder, body, size=(120, 60)) as reader:
        await reader.press("enter")
        assert reader.view.has_focus
        await reader.press("enter")
        screen = reader.app.screen
        assert isinstance(screen, PictureScreen)
        text = "\n".join(reader.text())
        assert "A wall" in text
        assert "Picture 1 of 2" in text
        assert "esc back   o browser" in text
        assert max(line.count("▀") for line in reader.text()) > 100
        await reader.press("n", "n")
        text = "\n".join(reader.text())
        assert "Picture 2 of 2" in text
        assert "A door" in text
        assert "▀" in text
        await reader.press("o")
        assert browsed == [(reader.library.folder / "q.png").as_uri()]
        await reader.press("escape")
        assert reader.view.has_focus
        # Where captions only precede it, a click opens the one that was clicked.
        shown = reader.view.page.pictures[2]
        await reader.press("g")
        await reader.pilot.click(ArticleView, offset=(4, shown.line + 2))
        await reader.settle()
        assert "A door" in "\n".join(reader.text())
        await reader.press("escape", "h", "enter")
        assert not isinstance(reader.app.screen, PictureScreen)


@pytest.mark.slow
async def test_enter_without_a_picture_stays_in_the_article(folder: Path) -> None:
    async with looking(folder, TEXT) as reader:
        await reader.press("enter", "enter")
        assert reader.view.has_focus


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Callable[[Server], None]:
    """Makes a server the proxy that leads to every other."""

    def use(server: Server) -> None:
        monkeypatch.setenv("http_proxy", server.url(""))
        monkeypatch.setenv("no_proxy", "")

    return use


@pytest.mark.slow
async def test_the_web_is_asked_by_a_key_only_and_the_line_one_reads_stays(
    folder: Path, proxied: Callable[[Server], None]
) -> None:
    body = f"![A wall]({FAR}p.png) ![None]({FAR}none.png)\n\n{TEXT}"
    with serving() as server:
        proxied(server)
        server.page(f"{FAR}p.png", picture(size=(640, 400)))
        async with looking(folder, body, "Other.") as reader:
            await reader.press("J", "K", "l", *["j"] * 9)
            assert server.asked == []
            first = reader.view.page.lines[reader.view.top_line].text
            await reader.press("p")
            assert reader.message.startswith("Fetched 1 picture. 1 picture could not be fetched: ")
            await reader.until(lambda: any(shown.rows for shown in reader.view.page.pictures))
            assert sorted(server.paths()) == [f"{FAR}none.png", f"{FAR}p.png"]
            assert [shown.rows > 0 for shown in reader.view.page.pictures] == [True, False]
            assert reader.view.page.lines[reader.view.top_line].text == first
            await reader.press("g")
            assert row(reader, reader.view.page.pictures[0].line)
        # What is kept is there at once the next time.
        async with looking(folder, body) as reader:
            assert row(reader, reader.view.page.pictures[0].line)
    assert len(server.asked) == 2


@pytest.mark.slow
async def test_each_is_drawn_as_it_comes(folder: Path, proxied: Callable[[Server], None]) -> None:
    """One that never comes holds back no other."""

    async def never(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    pictures = "\n\n".join(f"![x]({FAR}{name}.png)" for name in ("slow", "a", "b"))
    with serving() as server:
        proxied(server)
        server.route(f"{FAR}slow.png", never)
        for name in "ab":
            server.page(f"{FAR}{name}.png", picture(size=(640, 400)))
        async with looking(folder, pictures) as reader:
            reader.controller(PictureController).fetch_web_pictures()
            while [shown.rows > 0 for shown in reader.view.page.pictures] != [False, True, True]:
                await reader.pilot.pause(0.01)
            assert "Fetching 3 pictures" in reader.text()[-1]


@pytest.mark.slow
async def test_private_addresses_are_not_asked(folder: Path) -> None:
    with serving() as server:
        server.page("/p.png", picture())
        async with looking(folder, f"![A wall]({server.url('/p.png')})") as reader:
            await reader.press("p")
            assert reader.message == (
                "1 picture could not be fetched: 127.0.0.1 is on your own network; "
                "pictures are fetched only from the internet."
            )
    assert server.asked == []


@pytest.mark.slow
async def test_there_may_be_nothing_to_fetch(folder: Path) -> None:
    async with looking(folder, "![A drawing](v.svg)") as reader:
        await reader.press("p")
        assert reader.message == "There are no pictures to fetch in this article."


async def test_what_is_within_the_text_is_explained(folder: Path) -> None:
    async with looking(folder, f"![A dot](data:image/png;base64,{'A' * 200})") as reader:
        await reader.press("p")
        assert reader.message == "1 picture within the text itself cannot be shown."


@pytest.mark.slow
async def test_what_scrolls_on_is_sharp_again_when_it_rests(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("rilo_reader.plugins.pictures.layer.monotonic", lambda: now)
    async with looking(folder, f"![A wall](p.png)\n\n{TEXT}", setting=PictureMode.SIXEL) as reader:
        layer = reader.view.layer_of(PictureLayer)

        def is_sharp() -> bool:
            """Whether the last line of the picture is, in the next frame."""
            [shown] = reader.view.page.pictures
            drawn = layer.draw_replacement(shown.line + shown.rows - 1) or ()
            return "\x1bP" in layer.rewrite_frame("".join(segment.text for segment in drawn))

        await reader.until(is_sharp)
        reader.view.scroll_to_top_line(1)
        assert is_sharp()
        now += RESTS / 2
        reader.view.scroll_to_top_line(2)
        assert not is_sharp()
        assert is_sharp()  # nothing has moved since
        now += 2 * RESTS
        reader.view.scroll_to_top_line(3)
        assert is_sharp()
