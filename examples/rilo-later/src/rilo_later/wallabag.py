"""Talk to wallabag, by its API (https://doc.wallabag.org/developer/api/readme/)."""

from __future__ import annotations

import asyncio
import json
import shlex
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from rilo_later import LaterSettings
from rilo_reader.hooks import ApiRequest, FetchError, FetchLimits, HttpClient
from rilo_reader.library import LibraryError

T = TypeVar("T")

PER_PAGE, MOST_PAGES, COMMAND_SECONDS = 50, 2000, 60


class Wallabag:
    """A server, logged in to once it is asked."""

    def __init__(self, client: HttpClient, settings: LaterSettings) -> None:
        self._client, self._settings = client, settings
        self._token = ""

    async def iter_entries(self, since: int) -> AsyncIterator[dict[str, Any]]:
        """Yield entries that were changed since a second of 1970, that changed first at first."""
        order = {"sort": "updated", "order": "asc", "perPage": PER_PAGE, "since": since}
        for page in range(1, MOST_PAGES):
            found = await self.call("GET", f"entries?{urlencode({**order, 'page': page})}")
            for item in found["_embedded"]["items"]:
                yield item
            if page >= int(found.get("pages", 1)):
                return

    async def call(self, method: str, path: str, **fields: object) -> dict[str, Any]:
        """Ask something of the API, such as `"GET", "entries/3"`; return the answer."""
        name, _, query = path.partition("?")
        if not self._token:
            names = ("client_id", "client_secret", "username", "password")
            login = zip(names, read_login(self._settings.later_login_command), strict=True)
            fields_of_login = {"grant_type": "password", **dict(login)}
            reply = await self._ask("POST", "/oauth/v2/token", fields_of_login)
            self._token = str(reply.get("access_token", ""))
        return await self._ask(method, f"/api/{name}.json?{query}".rstrip("?"), fields)

    async def _ask(self, method: str, path: str, fields: Mapping[str, object]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        url = self._settings.later_url.rstrip("/") + path
        body = json.dumps(fields).encode() if fields else b""
        request = ApiRequest(url, method, headers, body, self._settings.later_private)
        reply = await self._client.call_api(request)
        if reply.status == 401 or (reply.status == 400 and not self._token):
            raise LibraryError("wallabag refuses the login; see later_login_command.")
        if reply.status >= 300:
            raise LibraryError(f"wallabag answered {reply.status} to {method} {path[:80]}.")
        try:
            return dict(json.loads(reply.data or b"{}"))
        except (ValueError, TypeError):
            said = "wallabag answered with something else than JSON; see later_url."
            raise LibraryError(said) from None


def read_login(command: str) -> list[str]:
    """Return the four lines that a command of the user prints."""
    try:
        printed = subprocess.check_output(shlex.split(command), timeout=COMMAND_SECONDS)
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        raise LibraryError("The command in later_login_command fails; try it by hand.") from None
    if len(lines := printed.decode(errors="replace").splitlines()) < 4:
        raise LibraryError("The command in later_login_command prints fewer than four lines.")
    return lines[:4]


def talk(settings: LaterSettings, does: Callable[[Wallabag], Coroutine[None, None, T]]) -> T:
    """Do something with the server, in this thread; raises LibraryError, which says what to do."""

    async def run() -> T:
        async with HttpClient(FetchLimits()) as client:
            return await does(Wallabag(client, settings))

    if not settings.later_url:
        raise LibraryError("No wallabag is set: write later_url into your settings.")
    try:
        return asyncio.run(run())
    except FetchError as error:
        raise LibraryError(f"wallabag cannot be asked: {error.reason}.") from None
    except (LookupError, TypeError):
        raise LibraryError("wallabag answered with other values than its API has.") from None
