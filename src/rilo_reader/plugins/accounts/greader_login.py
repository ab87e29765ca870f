"""Calls to the Google Reader API with a login that is renewed when it ends."""

from __future__ import annotations

import asyncio
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from rilo_reader.fetch.messages import ApiClient, ApiReply, Failure, FetchError
from rilo_reader.plugins.accounts.json_api import (
    Endpoint,
    Json,
    JsonApi,
    Query,
    api_root,
    form_body,
)
from rilo_reader.plugins.accounts.service import Account

NAME = "Google Reader API"
_BASE = "/reader/api/0"
_LOGIN = "/accounts/ClientLogin"
_LOGIN_FIELDS = (
    ("accountType", "HOSTED_OR_GOOGLE"),
    ("service", "reader"),
    ("client", "rilo-reader"),
)
"""What Google asked for besides; The Old Reader still does."""
_OUTPUT = ("output", "json")
_AUTH = re.compile(r"^Auth=([!-~]{1,4096})$", re.MULTILINE)
_TOKEN = re.compile(r"[!-~]{1,4096}")
_WRONG_LOGIN = (
    "the server does not accept the user or the password: FreshRSS needs the API password from"
    " your profile, Miniflux those of Settings → Integrations → Google Reader, BazQux those of"
    " Options → Mobile login, The Old Reader a password from its settings"
)
_WRONG_ADDRESS = (
    ": check the address; FreshRSS has it at https://HOST/api/greader.php, Miniflux at https://HOST"
)
_REGISTERED_ONLY = (
    "Inoreader allows only programs that are registered with it, which rilo-reader is not;"
    " export your feeds there as OPML, and import the file"
)
_REFUSED_AFTERWARDS = (
    "the server accepts the login, but refuses what is sent with it: its web server may not pass on"
    " the Authorization header; FreshRSS tests that when you open its API in a browser"
)
_SWITCHED_OFF = ", or its API is off: see “Allow API access” in FreshRSS's authentication settings"


class LoginSession(NamedTuple):
    """A login."""

    api: JsonApi  # sends it with each call
    token: str  # the token `T` of what is posted


class GreaderLogin:
    """Calls the API of an account; logs in with the first call, and again after a 401.

    Every method raises FetchError: LOGIN if the server does not accept the user or the password.
    """

    def __init__(self, client: ApiClient, account: Account, password: str) -> None:
        self._client = client
        self._account = account
        self._password = password
        self._root = api_root(account.url)
        self._session: LoginSession | None = None
        self._secrets = (password, f"{account.user}:{password}")
        self._logging_in = asyncio.Lock()

    async def get(self, path: str, query: Query = ()) -> Json:
        """Return what the API says at a path such as "/user-info"."""
        session, reply = await self._call(path, query)
        return session.api.decoded(reply)

    async def ask(self, path: str, form: Query) -> Json:
        """Post a form; return what the API says."""
        session, reply = await self._call(path, form=form)
        return session.api.decoded(reply)

    async def post(self, path: str, form: Query) -> None:
        """Post a form that changes something."""
        session, reply = await self._call(path, form=form)
        if reply.data.lstrip().startswith(b"<"):
            # A page to log in to a network says 200 to everything; this raises.
            session.api.decoded(reply)

    def shown(self, text: str) -> str:
        """Return a text of the server as it may be shown."""
        return (self._session.api if self._session else self._api({}, self._secrets)).shown(text)

    async def _call(
        self, path: str, query: Query = (), form: Query | None = None
    ) -> tuple[LoginSession, ApiReply]:
        session = await self._logged_in()
        try:
            return session, await _called(session, path, query, form)
        except FetchError as error:
            if error.status != 401:
                raise
        # Login or token have ended; servers do not agree on how they say which.
        session = await self._logged_in(ended=session)
        try:
            return session, await _called(session, path, query, form)
        except FetchError as error:
            raise _refused_afterwards(error) from None

    async def _logged_in(self, ended: LoginSession | None = None) -> LoginSession:
        """Return the login, a new one if there is none or it is the one that has ended."""
        async with self._logging_in:
            if self._session is None or self._session is ended:
                self._session = None
                self._session = await self._new_session()
            return self._session

    async def _new_session(self) -> LoginSession:
        auth = await self._auth()
        secrets = (*self._secrets, auth)
        headers = {"Authorization": f"GoogleLogin auth={auth}"}
        api = self._api(headers, secrets)
        try:
            reply = await api.call(f"{_BASE}/token")
        except FetchError as error:
            raise _refused_afterwards(error) from None
        token = reply.data.decode(errors="replace").strip()
        if not _TOKEN.fullmatch(token):
            raise FetchError(Failure.BROKEN, "the server sent something that is not a token")
        return LoginSession(self._api(headers, (*secrets, token)), token)

    async def _auth(self) -> str:
        """Log in; return what identifies the login."""
        host = (urlsplit(self._root).hostname or "").rstrip(".")
        if f".{host}".endswith(".inoreader.com"):  # which would be sent the password
            raise FetchError(Failure.ADDRESS, _REGISTERED_ONLY)
        api = self._api({}, self._secrets)
        form = (("Email", self._account.user), ("Passwd", self._password), *_LOGIN_FIELDS)
        try:
            reply = await api.call(_LOGIN, body=form_body(form))
        except FetchError as error:
            if error.status == 404 and self._root.endswith("/reader"):
                # Some servers tell people an address that ends so.
                self._root = self._root.removesuffix("/reader")
                return await self._auth()
            raise _explained(error, self._root) from None
        match = _AUTH.search(reply.data.decode(errors="replace").replace("\r\n", "\n"))
        if match:
            return match[1]
        if b"Error=" in reply.data[:1000]:
            raise FetchError(Failure.LOGIN, _WRONG_LOGIN, status=reply.status)
        reason = f"what {self._root} sent is not an answer of a {NAME}{_WRONG_ADDRESS}"
        raise FetchError(Failure.BROKEN, reason, status=reply.status)

    def _api(self, headers: dict[str, str], secrets: tuple[str, ...]) -> JsonApi:
        endpoint = Endpoint(NAME, self._root, self._account.private)
        return JsonApi(self._client, endpoint, headers=headers, secrets=secrets)


async def _called(session: LoginSession, path: str, query: Query, form: Query | None) -> ApiReply:
    # Where a form is read only in part, its beginning is: the token comes first.
    body = (b"", "") if form is None else form_body((("T", session.token), *form))
    return await session.api.call(_BASE + path, (*query, _OUTPUT), body=body)


def _refused_afterwards(error: FetchError) -> FetchError:
    """Return an error of a call with a login that is new."""
    if error.status != 401:
        return error
    return FetchError(Failure.LOGIN, _REFUSED_AFTERWARDS, status=401)


def _explained(error: FetchError, root: str) -> FetchError:
    """Return an error of the login with what to do."""
    match error.status:
        # FreshRSS answers 400 to a user that can be none.
        case 400 | 401 | 403:
            return FetchError(Failure.LOGIN, _WRONG_LOGIN, status=error.status)
        case 404 | 405:
            reason = f"there is no {NAME} at {root}{_WRONG_ADDRESS}"
            return FetchError(Failure.ADDRESS, reason, status=error.status)
        case 503:
            reason = error.reason + _SWITCHED_OFF
            return FetchError(error.failure, reason, status=503, retry_after=error.retry_after)
        case _:
            return error


def freshrss_address(url: str) -> str:
    """Return the address of a FreshRSS's API, of any that a browser or its profile shows."""
    root = api_root(url).removesuffix("/i").removesuffix("/api")
    return root if ".php" in root else f"{root}/api/greader.php"
