"""What servers answer to a login: Miniflux by its own API, and by the Google Reader API."""

from __future__ import annotations

import json
from base64 import b64encode
from urllib.parse import parse_qs

from tests.support.servers import Asked, Page, Server

USER = "reader"
MARK = "greader-token"
KEY = "api-key-unique"


class LoginServer:
    """Lets the user `reader` in with a password, and anybody with the API key KEY.

    It repeats in every refusal what it was sent, as servers do that are debugged.
    """

    def __init__(self, server: Server, password: str) -> None:
        self._password = password
        self.url = server.url("").rstrip("/")
        server.answer(self._answer)

    def _answer(self, asked: Asked) -> Page:
        path = asked.path.partition("?")[0]
        if path.startswith("/v1/"):
            return self._miniflux(path, asked)
        if path == "/accounts/ClientLogin":
            form = parse_qs(asked.body.decode())
            if form.get("Email") != [USER] or form.get("Passwd") != [self._password]:
                return _refused(asked)
            return Page(f"SID={MARK}\nLSID={MARK}\nAuth={MARK}\n".encode())
        if asked.headers.get("authorization") != f"GoogleLogin auth={MARK}":
            return _refused(asked)
        if path == "/reader/api/0/token":
            return Page(b"T123456")
        if path == "/reader/api/0/user-info":
            return _json({"userId": "1", "userName": USER})
        return _refused(asked, 404)

    def _miniflux(self, path: str, asked: Asked) -> Page:
        basic = "Basic " + b64encode(f"{USER}:{self._password}".encode()).decode()
        has_key = asked.headers.get("x-auth-token") == KEY
        if not has_key and asked.headers.get("authorization") != basic:
            return _refused(asked)
        if path == "/v1/me":
            return _json({"id": 1, "username": USER, "is_admin": False})
        if path == "/v1/version":
            return _json({"version": "2.2.6"})
        if path in ("/v1/feeds", "/v1/categories"):
            return Page(b"[]", headers={"Content-Type": "application/json"})
        if path == "/v1/entries":
            return _json({"total": 0, "entries": []})
        return _refused(asked, 404)


def _json(value: object) -> Page:
    return Page(json.dumps(value).encode(), headers={"Content-Type": "application/json"})


def _refused(asked: Asked, status: int = 401) -> Page:
    sent = f"{asked.path} {dict(asked.headers)} {asked.body.decode(errors='replace')}"
    return _json({"error_message": f"Access denied: {sent}"})._replace(status=status)
