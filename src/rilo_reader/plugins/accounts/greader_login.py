"""Calls to the Google Reader API with a login that is renewed when it ends."""

from __future__ import annotations

import asyncio
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from rilo_reader.fetch.messages import ApiClient, ApiReply, Failure, FetchError
from rilo_reader.plugins.accounts.json_api import (
    Endpoint,
    JsonApi,
    JsonValue,
    Query,
    make_form_body,
    root_of_api,
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
"""More fields that Google asked for; The Old Reader still does."""
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
_SWITCHED_OFF_TEXT = (
    ", or its API is off: see “Allow API access” in FreshRSS's authentication settings"
)


class LoginSession(NamedTuple):
    """A login at the server."""

    api: JsonApi  # sends it with each call
    token: str  # the token `T` of what is posted


class GreaderApi:
    """Calls the API of an account; logs in with the first call, and again after a 401.

    Every method raises FetchError: LOGIN if the server does not accept the user or the password.
    """

    def __init__(self, client: ApiClient, account: Account, password: str) -> None:
        self._client = client
        self._account = account
        self._password = password
        self._root = root_of_api(account.url)
        self._session: LoginSession | None = None
        self._secrets = (password, f"{account.user}:{password}")
        self._login_lock = asyncio.Lock()

    async def get_json(self, path: str, query: Query = ()) -> JsonValue:
        """Return the reply of the API at a path such as "/user-info"."""
        session, reply = await self._call_logged_in(path, query)
        return session.api.decode_reply(reply)

    async def post_for_json(self, path: str, form: Query) -> JsonValue:
        """Post a form; return the reply of the API."""
        session, reply = await self._call_logged_in(path, form=form)
        return session.api.decode_reply(reply)

    async def post_form(self, path: str, form: Query) -> None:
        """Post a form that changes something."""
        session, reply = await self._call_logged_in(path, form=form)
        if reply.data.lstrip().startswith(b"<"):
            # A page to log in to a network says 200 to everything; this raises.
            session.api.decode_reply(reply)

    def clean_text_of_server(self, text: str) -> str:
        """Return a text of the server as it may be shown."""
        api = self._session.api if self._session else self._make_api({}, self._secrets)
        return api.clean_text_of_server(text)

    async def _call_logged_in(
        self, path: str, query: Query = (), form: Query | None = None
    ) -> tuple[LoginSession, ApiReply]:
        session = await self._ensure_session()
        try:
            return session, await _call_api(session, path, query, form)
        except FetchError as error:
            if error.status != 401:
                raise
        # Login or token have ended; servers do not agree on how they say which.
        session = await self._ensure_session(ended=session)
        try:
            return session, await _call_api(session, path, query, form)
        except FetchError as error:
            raise _explain_refusal(error) from None

    async def _ensure_session(self, ended: LoginSession | None = None) -> LoginSession:
        """Return the login, a new one if there is none or it is the one that has ended."""
        async with self._login_lock:
            if self._session is None or self._session is ended:
                self._session = None
                self._session = await self._open_session()
            return self._session

    async def _open_session(self) -> LoginSession:
        auth = await self._log_in()
        secrets = (*self._secrets, auth)
        headers = {"Authorization": f"GoogleLogin auth={auth}"}
        api = self._make_api(headers, secrets)
        try:
            reply = await api.call_api(f"{_BASE}/token")
        except FetchError as error:
            raise _explain_refusal(error) from None
        token = reply.data.decode(errors="replace").strip()
        if not _TOKEN.fullmatch(token):
            raise FetchError(Failure.BROKEN, "the server sent something that is not a token")
        return LoginSession(self._make_api(headers, (*secrets, token)), token)

    async def _log_in(self) -> str:
        """Log in; return what identifies the login."""
        host = (urlsplit(self._root).hostname or "").rstrip(".")
        if f".{host}".endswith(".inoreader.com"):  # which would be sent the password
            raise FetchError(Failure.ADDRESS, _REGISTERED_ONLY)
        api = self._make_api({}, self._secrets)
        form = (("Email", self._account.user), ("Passwd", self._password), *_LOGIN_FIELDS)
        try:
            reply = await api.call_api(_LOGIN, body=make_form_body(form))
        except FetchError as error:
            if error.status == 404 and self._root.endswith("/reader"):
                # Some servers tell people an address that ends so.
                self._root = self._root.removesuffix("/reader")
                return await self._log_in()
            raise _explain_login_error(error, self._root) from None
        match = _AUTH.search(reply.data.decode(errors="replace").replace("\r\n", "\n"))
        if match:
            return match[1]
        if b"Error=" in reply.data[:1000]:
            raise FetchError(Failure.LOGIN, _WRONG_LOGIN, status=reply.status)
        reason = f"what {self._root} sent is not an answer of a {NAME}{_WRONG_ADDRESS}"
        raise FetchError(Failure.BROKEN, reason, status=reply.status)

    def _make_api(self, headers: dict[str, str], secrets: tuple[str, ...]) -> JsonApi:
        endpoint = Endpoint(NAME, self._root, self._account.private)
        return JsonApi(self._client, endpoint, headers=headers, secrets=secrets)


async def _call_api(session: LoginSession, path: str, query: Query, form: Query | None) -> ApiReply:
    # Where a form is read only in part, its beginning is: the token comes first.
    body = (b"", "") if form is None else make_form_body((("T", session.token), *form))
    return await session.api.call_api(_BASE + path, (*query, _OUTPUT), body=body)


def _explain_refusal(error: FetchError) -> FetchError:
    """Return the error of a call with a new login, in words for a refusal."""
    if error.status != 401:
        return error
    return FetchError(Failure.LOGIN, _REFUSED_AFTERWARDS, status=401)


def _explain_login_error(error: FetchError, root: str) -> FetchError:
    """Return an error of the login with what to do."""
    match error.status:
        # FreshRSS answers 400 to a user that can be none.
        case 400 | 401 | 403:
            return FetchError(Failure.LOGIN, _WRONG_LOGIN, status=error.status)
        case 404 | 405:
            reason = f"there is no {NAME} at {root}{_WRONG_ADDRESS}"
            return FetchError(Failure.ADDRESS, reason, status=error.status)
        case 503:
            reason = error.reason + _SWITCHED_OFF_TEXT
            return FetchError(error.failure, reason, status=503, retry_after=error.retry_after)
        case _:
            return error


def find_freshrss_api(url: str) -> str:
    """Return the address of a FreshRSS's API, of any that a browser or its profile shows."""
    root = root_of_api(url).removesuffix("/i").removesuffix("/api")
    return root if ".php" in root else f"{root}/api/greader.php"
