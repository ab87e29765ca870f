"""The form that adds an account at a feed service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from rilo_reader.sync.services.account import Api
from rilo_reader.sync.services.secrets import Secret
from rilo_reader.tui.panels.base import LOW, Form
from rilo_reader.tui.widgets.search_box import PanelLine

KEPT_NOTE = "The password is kept in the keyring of your system, else in a file for you alone."
KEYS_NOTE = "enter logs in   tab next   esc closes"
TITLES: Mapping[Api, str] = MappingProxyType(
    {
        Api.MINIFLUX: "Add an account at Miniflux",
        Api.GREADER: "Add an account by the Google Reader API",
    }
)
NOTES: Mapping[Api, str] = MappingProxyType(
    {
        Api.MINIFLUX: "Without a user it takes an API key.",
        Api.GREADER: "FreshRSS wants the API password of your profile there.",
    }
)


class AccountForm(NamedTuple):
    """What the user has filled in.

    Attributes:
        api: the API of the server.
        url: its address, perhaps with a login.
        user: the user there, or "".
        secret: the password or API key.
        name: what to call the account; "" for its host.
    """

    api: Api
    url: str
    user: str
    secret: Secret
    name: str


class PasswordLine(PanelLine):
    """An input that shows dots."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder=placeholder, password=True)

    def cleaned(self, text: str) -> str:
        """Keep a pasted password as it is, up to the end of its line."""
        return text.partition("\n")[0].removesuffix("\r")


class AccountScreen(Form[None]):
    """Asks for an account and shows what comes of it; a controller does the work."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", show=False),
        Binding("tab,down", "on(1)", show=False),
        Binding("shift+tab,up", "on(-1)", show=False),
    ]

    def __init__(
        self, api: Api, address: str, add: Callable[[AccountForm], None], stop: Callable[[], None]
    ) -> None:
        """Create a form.

        Args:
            api: the API of the server.
            address: its address as far as it is known.
            add: called with what was filled in.
            stop: called to cancel what is in progress.
        """
        super().__init__()
        self._api, self._add, self._stop = api, add, stop
        has_keys = api.has_keys
        self._address = PanelLine(address, placeholder="https://reader.example.org")
        self._user = PanelLine(placeholder="user, or none for an API key" if has_keys else "user")
        self._password = PasswordLine("password, or API key" if has_keys else "password")
        self._account_name = PanelLine(placeholder="what you call it, if you like")
        self._boxes = (self._address, self._user, self._password, self._account_name)
        self._is_busy = False

    def compose(self) -> ComposeResult:
        """Compose the title, the inputs and the note."""
        with Vertical(classes="form"):
            yield Static(TITLES[self._api], classes="title", markup=False)
            yield from self._boxes
            yield Static(id="note", markup=False)

    def on_mount(self) -> None:
        """Focus the first empty input."""
        self.set_class(self.app.size.height < LOW, "-low")
        self.set_focus(next(box for box in self._boxes if not box.value))
        self._show_hints()

    # -- display ---------------------------------------------------------------------------------

    def _show_hints(self) -> None:
        kept = [] if self.has_class("-low") else [KEPT_NOTE]
        self._show_note("\n".join([NOTES[self._api], *kept, KEYS_NOTE]))

    def _show_note(self, text: str, *, wrong: bool = False) -> None:
        note = self.query_one("#note", Static)
        note.update(text)
        note.set_class(wrong, "-wrong")

    def show_fault(self, reason: str) -> None:
        """Show what is wrong; everything can be edited."""
        self._is_busy = False
        self._show_note(reason, wrong=True)

    # -- keys -------------------------------------------------------------------------------------

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Log in, or go to what is missing."""
        event.stop()
        if self._is_busy:
            return
        needed = {self._address: "the address of the server", self._password: "the password"}
        if not self._api.has_keys:
            needed = {self._address: needed[self._address], self._user: "the user", **needed}
        for box, what in needed.items():
            if not box.value.strip():
                if box.has_focus:
                    self._show_note(f"Type {what} first.", wrong=True)
                self.set_focus(box)
                return
        self._is_busy = True
        self._show_note("Logging in…   esc stops")
        address, user, password, name = (box.value for box in self._boxes)
        self._add(AccountForm(self._api, address, user.strip(), Secret(password), name.strip()))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Discard the note on another login."""
        event.stop()
        if not self._is_busy:
            self._show_hints()

    def action_on(self, step: int) -> None:
        """Focus the next input, cyclically."""
        here = next((i for i, box in enumerate(self._boxes) if box.has_focus), 0)
        self.set_focus(self._boxes[(here + step) % len(self._boxes)])

    def action_back(self) -> None:
        """Cancel what is in progress; else close."""
        if self._is_busy:
            self._is_busy = False
            self._stop()
            self._show_note("Stopped.")
        else:
            self.dismiss(None)
