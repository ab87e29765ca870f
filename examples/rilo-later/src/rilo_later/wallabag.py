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

    async def save(self, **fields: str) -> str | None:
        """Save an article; return its number there, or None if it was there before."""
        if (await self.call("GET", f"entries/exists?{urlencode({'url': fields['url']})}"))[
            "exists"
        ]:
            return None
        return str((await self.call("POST", "entries", **fields))["id"])

    async def call(self, method: str, path: str, **fields: object) -> dict[str, Any]:
        """Ask something of the API, such as `"GET", "entries/3"`; return the answer."""
        name, _, query = path.partition("?")
        if not self._token:
            login = {"grant_type": "password", **read_login(self._settings.later_login_command)}
            reply = await self._ask("POST", "/oauth/v2/token", login)
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
            raise LibraryError("It sent something else than JSON; see later_url.") from None


def read_login(command: str) -> dict[str, str]:
    """Return what a command of the user prints, as the server wants it."""
    names = ("client_id", "client_secret", "username", "password")
    try:
        printed = subprocess.check_output(shlex.split(command), timeout=COMMAND_SECONDS)
        return dict(zip(names, printed.decode().splitlines()[:4], strict=True))
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        raise LibraryError("later_login_command fails or prints too few lines.") from None


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
    except (LookupError, TypeError, ValueError):
        raise LibraryError("wallabag answered with other values than its API has.") from None
