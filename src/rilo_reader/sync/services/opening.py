"""Open the service of an account; the code of each API is imported when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.sync.services.account import Account, Api

if TYPE_CHECKING:
    from rilo_reader.fetch.values import ApiClient
    from rilo_reader.paths import Paths
    from rilo_reader.sync.services.secrets import Secret
    from rilo_reader.sync.services.service import Service


def service_of(account: Account, paths: Paths, client: ApiClient) -> Service:
    """Return the service of an account, with its secret; blocks while a program is asked for that.

    Raises:
        FetchError: there is no secret to log in with.
    """
    from rilo_reader.sync.services.secrets import secrets_of

    return open_service(account, secrets_of(paths).find(account), client)


def open_service(account: Account, secret: Secret, client: ApiClient) -> Service:
    """Return the service of an account; nothing is sent before its first method is called.

    Args:
        account: the account.
        secret: its password; its API key if it has no user.
        client: sends the requests, as long as the service is used.
    """
    if account.api is Api.MINIFLUX:
        from rilo_reader.sync.services.miniflux import Miniflux

        return Miniflux(client, account, secret.reveal())
    from rilo_reader.sync.services.greader import GoogleReader

    return GoogleReader(client, account, secret.reveal())
