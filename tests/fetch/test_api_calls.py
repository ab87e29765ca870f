"""Calls to the API of a server where the user has an account."""

from __future__ import annotations

import gzip

import pytest

from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.values import ApiReply, ApiRequest, Failure, FetchError, Limits
from tests.support.servers import Page, serving

LIMITS = Limits(silence=5, whole=20)


async def call(request: ApiRequest, limits: Limits = LIMITS) -> ApiReply:
    async with HttpClient(limits, proxies={}) as client:
        return await client.call(request)


async def test_method_headers_and_body_are_sent_and_any_status_comes_with_its_body() -> None:
    with serving() as server:
        server.answer(lambda asked: Page(b'{"error_message": "no"}', 400))
        request = ApiRequest(
            server.url("/v1/entries?x=1"), "PUT", {"X-Auth-Token": "secret"}, b'{"status": "read"}'
        )
        reply = await call(request)
    assert (reply.status, reply.data) == (400, b'{"error_message": "no"}')
    [asked] = server.asked
    assert (asked.method, asked.path) == ("PUT", "/v1/entries?x=1")
    assert asked.body == b'{"status": "read"}'
    assert asked.headers["x-auth-token"] == "secret"


async def test_no_redirect_is_followed_so_no_secret_goes_elsewhere() -> None:
    with serving() as server:
        server.page("/old", status=301, headers={"Location": "/new"})
        reply = await call(ApiRequest(server.url("/old"), headers={"X-Auth-Token": "secret"}))
    assert (reply.status, reply.headers["location"]) == (301, "/new")
    assert server.paths() == ["/old"]


async def test_a_reply_is_decompressed_and_bounded() -> None:
    with serving() as server:
        packed = Page(gzip.compress(b"a" * 50_000), headers={"Content-Encoding": "gzip"})
        server.answer(lambda asked: packed)
        assert (await call(ApiRequest(server.url("/")))).data == b"a" * 50_000
        with pytest.raises(FetchError) as caught:
            await call(ApiRequest(server.url("/")), Limits(size=40_000))
    assert caught.value.failure is Failure.TOO_LARGE


async def test_a_server_without_content_has_an_empty_body() -> None:
    with serving() as server:
        server.answer(lambda asked: Page(status=204))
        assert await call(ApiRequest(server.url("/"), "DELETE")) == ApiReply(
            204, {"content-length": "0"}
        )
