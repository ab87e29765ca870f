"""A login or a secret in the address of a feed is in feeds.toml, and shown nowhere."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.feeds.world import PAGE, rss
from tests.support.command_line import Outcome, User
from tests.support.plugins import every_plugin
from tests.support.servers import Server, serving
from tests.support.terminal import config_file

SECRET = "xHIDDENx"
QUERY = f"format=rss&token={SECRET}&api_key={SECRET}&auth={SECRET}"
SHOWN = "token=…"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        server.page(f"/feed?{QUERY}", rss("One", "Two"), etag='"1"')
        server.page(f"/broken?{QUERY}", status=500)
        server.page(f"/denied?{QUERY}", status=401)
        loop = {"Location": f"/loop?{QUERY}"}
        server.page(f"/loop?{QUERY}", status=302, headers=loop)
        server.page(f"/page?{QUERY}", PAGE, headers={"Content-Type": "text/html"})
        yield server


def secret_url(server: Server, path: str) -> str:
    return server.url(f"{path}?{QUERY}").replace("http://", f"http://me:{SECRET}@")


def feeds_toml(user: User) -> Path:
    return config_file(user.home, "feeds.toml")


def check(said: Outcome, *words: str) -> None:
    assert SECRET not in said.out
    assert SECRET not in said.err
    assert [word for word in words if word not in said.out + said.err] == [], said


def commands(server: Server, user: User) -> list[tuple[str, ...]]:
    """Every command that prints an address, as it is asked by people, by scripts and by mistake."""
    feed, broken = (secret_url(server, path) for path in ("/feed", "/broken"))
    opml = user.home / "feeds.opml"
    wrong = user.home / "wrong.opml"
    outlines = (
        f'<outline xmlUrl="{url.replace("&", "&amp;")}"/>' for url in (broken, f"htp:{feed}")
    )
    wrong.write_text(f"<opml><body>{''.join(outlines)}</body></opml>", encoding="utf-8")
    urls_file = user.home / "newsboat" / "urls"
    urls_file.parent.mkdir()
    urls_file.write_text(
        f'{broken}\nhtp://me:{SECRET}@h/?key={SECRET} "tag"\n"query:A:{feed}"\n'
        f'"exec:fetch {feed}"\n"filter:cat:{feed}"\n',
        encoding="utf-8",
    )
    return [
        *(
            ("import", "newsboat", str(urls_file.parent), "--dry-run"),
            ("import", "--json", "newsboat", str(urls_file.parent)),
        ),
        *(("feeds",), ("feeds", "--json"), ("refresh",), ("refresh", "--json", "--all")),
        *(
            ("refresh", broken),
            ("refresh", "http://127.0.0.1:1/none"),
            ("refresh", "--json", broken),
        ),
        *(("add", feed), ("add", broken), ("add", "--json", broken)),
        *(
            ("add", secret_url(server, "/denied")),
            ("add", secret_url(server, "/loop")),
            ("add", secret_url(server, "/page")),
        ),
        *(("add", "--feed", secret_url(server, "/page")), ("add", secret_url(server, "/none"))),
        *(("doctor",), ("doctor", "--json"), ("list", "--json"), ("search", "one", "--json")),
        *(("feeds", "mute", feed), ("feeds", "unmute", feed), ("feeds", "pause", broken)),
        *(("feeds", "resume", broken), ("feeds", "tag", feed, "news"), ("feeds", "--json", feed)),
        *(
            ("import", str(wrong), "--dry-run"),
            ("import", str(wrong)),
            ("import", "--json", str(wrong)),
        ),
        *(("export", "--to", str(opml)), ("export", "--to", str(user.home / "all.jsonl"))),
        *(("history",), ("history", "--json"), ("rules",), ("settings",), ("sync", "status")),
        *(("account", "list"), ("account", "add", "miniflux", feed), ("account", "check", feed)),
        *(("completion", "--candidates", "feeds", ""), ("feeds", "remove", broken)),
    ]


@pytest.mark.slow
def test_no_command_prints_a_secret_and_no_file_but_one_has_it(user: User, server: Server) -> None:
    feed, broken = (secret_url(server, path) for path in ("/feed", "/broken"))
    before = os.umask(0o022)
    try:
        check(user.ask("add", feed))
    finally:
        os.umask(before)
    assert SECRET in feeds_toml(user).read_text(encoding="utf-8")
    assert stat.S_IMODE(feeds_toml(user).stat().st_mode) == 0o600
    with feeds_toml(user).open("a", encoding="utf-8") as toml:
        toml.write(f'\n[[feeds]]\nurl = "{broken}"\n\n[[feeds]]\nurl = "htp://{feed}"\n')
    said = []
    for command in commands(server, user):
        outcome = user.ask(*command)
        assert SECRET not in outcome.out + outcome.err, command
        said.append(outcome.out + outcome.err)
    assert SHOWN in "".join(said)
    assert user.ask("search", "one").code == 0
    # The record of feeds has the address by which it knows them, and an export is a list to follow.
    # What undo brings back is with the marks, and in their backup.
    allowed = (
        ".db",
        ".db-wal",
        ".db-shm",
        ".db.backup",
        ".db.backup-older",
        ".opml",
        "feeds.toml",
        "urls",
    )
    for file in user.home.rglob("*"):
        if (
            file.is_file()
            and not file.name.endswith(allowed)
            and file.name not in ("wrong.opml", "urls")
        ):
            assert SECRET.encode() not in file.read_bytes(), file
        elif file.is_file() and (".db" in file.name or file.suffix in (".toml", ".opml")):
            has_it = SECRET.encode() in file.read_bytes() and file.name != "wrong.opml"
            assert not has_it or stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_feed_is_named_by_its_shown_address(user: User, server: Server) -> None:
    check(user.ask("add", secret_url(server, "/feed")))
    shown = user.ask("feeds", "--json").objects[0]["url"]
    assert SHOWN in shown
    check(user.ask("refresh", shown), "0 new")
    user.ask("feeds", "remove", shown)
    assert SECRET not in feeds_toml(user).read_text(encoding="utf-8")


def test_a_file_that_gets_a_secret_is_for_its_user_alone(user: User, server: Server) -> None:
    server.page("/open", rss("One"))
    user.ask("add", server.url("/open"))
    feeds_toml(user).chmod(0o644)
    user.ask("feeds", "tag", server.url("/open"), "news")
    assert stat.S_IMODE(feeds_toml(user).stat().st_mode) == 0o644
    check(user.ask("add", server.url(f"/feed?{QUERY}")))
    assert stat.S_IMODE(feeds_toml(user).stat().st_mode) == 0o600


@pytest.mark.parametrize("field", ["headers", "header_command", "url"])
def test_a_file_with_a_secret_written_by_hand_is_for_its_user_alone_from_the_first_command_on(
    user: User, field: str
) -> None:
    values = {
        "headers": f"headers = {{ Cookie = '{SECRET}' }}",
        "header_command": f"header_command = ['echo', 'Cookie: {SECRET}']",
        "url": "",
    }
    login = f"me:{SECRET}@" if field == "url" else ""
    file = feeds_toml(user)
    file.write_text(f"[[feeds]]\nurl = 'https://{login}a.example/feed'\n{values[field]}\n")
    file.chmod(0o644)
    check(user.ask("doctor"), "other users of this computer can read it")
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    check(user.ask("list"), "now only you can")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert user.ask("list").err == ""
    assert "other users" not in user.ask("doctor").out


def test_a_file_without_a_secret_keeps_its_mode(user: User) -> None:
    file = feeds_toml(user)
    file.write_text("# headers = {}\n[[feeds]]\nurl = 'https://a.example/feed?page=1'\n")
    file.chmod(0o644)
    assert user.ask("list").err == ""
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.slow
def test_what_a_killed_process_left_is_named_and_swept_but_not_what_is_being_written(
    user: User,
) -> None:
    folder = feeds_toml(user).parent
    script = (
        "import os, pathlib, sys; from rilo_reader.files import replace_file\n"
        f"with replace_file(pathlib.Path({str(folder / 'other.toml')!r})) as out:\n"
        f"    out.write({SECRET.encode()!r}); out.flush()\n"
        "    print('1', flush=True); sys.stdin.read()\n"
    )
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdout
        writer.stdout.readline()
    before = set(folder.glob(".rilo-reader-*.tmp"))
    writers[0].kill()
    writers[0].communicate()
    check(user.ask("doctor"), "was left by a process that was killed")
    assert set(folder.glob(".rilo-reader-*.tmp")) == before
    check(user.ask("list"))
    assert len(list(folder.glob(".rilo-reader-*.tmp"))) == 1
    assert "was left by" not in user.ask("doctor").out
    writers[1].communicate()
    assert (folder / "other.toml").read_bytes() == SECRET.encode()


@every_plugin
def test_an_exported_list_with_a_login_is_for_its_user_alone(user: User) -> None:
    file = user.home / "feeds.opml"
    for login, mode in (("", 0o644), (f"me:{SECRET}@", 0o600)):
        feeds_toml(user).write_text(f"[[feeds]]\nurl = 'https://{login}a.example/feed'\n")
        file.write_text("old")
        file.chmod(0o644)
        check(user.ask("export", "--to", str(file)), "Wrote 1 feed")
        assert stat.S_IMODE(file.stat().st_mode) == mode


def test_a_lost_record_knows_the_articles_of_a_feed_with_a_secret(
    user: User, server: Server
) -> None:
    user.ask("add", secret_url(server, "/feed"))
    files = sorted(user.library.rglob("*.md"))
    for file in user.home.rglob("*.collected.db*"):
        file.unlink()
    server.page(f"/feed?{QUERY}", rss("One", "Two", "Three"), etag='"2"')
    check(user.ask("refresh"), "1 new")
    assert len(sorted(user.library.rglob("*.md"))) == len(files) + 1


# -- a secret in every place that may have one -----------------------------------------------------

PLACES = (
    "headers = {{ Cookie = {0} }}",
    "headers = {{ {0} = 'a' }}",
    "headers = {{ Cookie = [{0}] }}",
    "headers = {0}",
    "header_command = ['printf', '%s', {0}]",
    "header_command = ['printf', 'Cookie: a\\n%s: b', {0}]",
    "header_command = ['printf', 'Host: %s', {0}]",
    "header_command = ['printf', 'Cookie: %s\\377', {0}]",
    "header_command = ['sh', '-c', 'printf \"$1\"; echo \"no $1\" >&2; exit 3', 'sh', {0}]",
    "header_command = [{0}]",
    "header_command = {0}",
    "user_agent = [{0}]",
    "run = ['sh', '-c', 'exit 3', {0}]",
    "filter = ['no-such-program', {0}]",
)
"""Lines of feeds.toml, of which some are right and some are slips."""

ADDRESSES = (
    "http://me:{0}@127.0.0.1:1/feed",
    "http://{0}:x@127.0.0.1:1/feed",
    "http://127.0.0.1:1/feed?a=1&token={0}",
    "htp://me:{0}@127.0.0.1/feed",
)


@pytest.mark.slow
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.from_regex(r"[A-Za-z0-9]{3}[A-Za-z0-9+/=.(): @$-]{12,60}[A-Za-z0-9]", fullmatch=True),
    st.lists(st.sampled_from(PLACES), min_size=1, max_size=4, unique=True),
    st.sampled_from(ADDRESSES),
    st.sampled_from([0o600, 0o644]),
)
@example("p@ssw0rd(1):rest of it", [*PLACES], ADDRESSES[0], 0o644)
def test_no_part_of_a_secret_is_in_any_output_or_other_file(
    user: User, secret: str, places: list[str], address: str, mode: int
) -> None:
    for each in user.home.iterdir():
        if each.name in ("config", "state", "cache"):
            shutil.rmtree(each)
    config = config_file(user.home, "feeds.toml")
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(
        f"[[feeds]]\nurl = {json.dumps(address.format(quote(secret, safe='')))}\n"
        + "".join(
            f"[[feeds]]\nurl = 'http://127.0.0.1:1/{number}'\n{place.format(json.dumps(secret))}\n"
            for number, place in enumerate(places)
        )
    )
    config.chmod(mode)
    leftover = config.with_name(".rilo-reader-0123.tmp")
    leftover.write_text(secret)
    accounts = config.with_name("accounts.toml")
    accounts.write_text(
        f"[[accounts]]\nname = 'home'\nurl = 'http://127.0.0.1:1'\nservice = 'miniflux'\n"
        f"password_command = {json.dumps('echo ' + shlex.quote(secret))}\n"
    )
    said = [
        *(user.ask(*words) for words in (("doctor",), ("doctor", "--json"), ("refresh",))),
        *(user.ask(*words) for words in (("refresh", "--force", "--json"), ("feeds",))),
        *(user.ask(*words) for words in (("feeds", "--json"), ("account", "list"), ("history",))),
        user.ask("feeds", "pause", "http://127.0.0.1:1/0"),
        user.ask("feeds", "tag", f"http://me:{secret}@127.0.0.1:1/feed", "news"),
        user.ask("sync", "on", "--feeds", "--folder", str(user.home / "state" / "shared")),
    ]
    parts = {secret[at : at + 8] for at in range(len(secret) - 7)}
    parts |= {quote(secret, safe="")[at : at + 8] for at in range(len(secret) - 7)}
    for outcome in said:
        lines = (outcome.out + outcome.err).splitlines()
        assert not [line for line in lines if any(part in line for part in parts)]
    assert not leftover.exists()
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    for file in user.home.rglob("*"):
        # The record of feeds has the address by which it knows them.
        if file.is_file() and file not in (config, accounts) and ".collected.db" not in file.name:
            if file.name == "kept-feeds.json":
                assert stat.S_IMODE(file.stat().st_mode) == 0o600
                continue
            text = file.read_bytes().decode("utf-8", "replace")
            assert not [part for part in parts if part in text], file
