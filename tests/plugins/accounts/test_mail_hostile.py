"""Whatever a mail server sends, an exchange ends with letters or a sentence, and nothing stays.

Its time, memory and work have limits; no word of a server is shown raw, no secret at all.
"""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import Failure, FetchError, FetchLimits
from rilo_reader.paths import user_paths
from rilo_reader.plugins.accounts import accounts
from rilo_reader.plugins.accounts.mailbox import (
    LETTER_LIMIT,
    MailAnswer,
    Mailbox,
    MailLimits,
    MailRequest,
)
from rilo_reader.plugins.accounts.places import accounts_file
from rilo_reader.plugins.accounts.service import Account, Api
from rilo_reader.secret_store import Secret
from tests.plugins.accounts.hostile_mail import DONE, Answer, Endless, HostileServer, mail_server
from tests.support.certificates import Authority
from tests.support.command_line import User
from tests.support.far_network import Names
from tests.support.processes import ended, wait_until, workers
from tests.support.terminal import Terminal, rilo

pytest.importorskip("imapclient")
pytestmark = pytest.mark.slow

PASSWORD = "hunter2 unique"
SHORT = MailLimits(silence=1.0, seconds=6.0, enough=2.0)
ALL = MailRequest(most=10)
BODY = b"* 1 FETCH (UID 1 FLAGS () BODY[]<0> "


def exchange(
    url: str,
    request: MailRequest = ALL,
    limits: MailLimits = SHORT,
    names: Mapping[str, Sequence[Sequence[str]]] | None = None,
    *,
    was_public: bool = False,
    private: bool = False,
) -> MailAnswer:
    """One exchange with a server."""
    account = Account("Letters", Api.IMAP, url, "me", private=private)
    known = {"127.0.0.1": [["127.0.0.1"]], **(names or {})}

    async def fetch() -> MailAnswer:
        async with HttpClient(FetchLimits(), proxies={}, resolve=Names(known)) as client:
            client.public_hosts |= {"mail.example"} if was_public else set()
            return await Mailbox(account, Secret(PASSWORD), client, limits).fetch(request)

    return asyncio.run(fetch())


def refused(server: HostileServer, limits: MailLimits = SHORT) -> FetchError:
    """The error of an exchange, after which nothing is left."""
    with pytest.raises(FetchError) as caught:
        exchange(server.url, limits=limits)
    wait_until(lambda: server.open_count == 0, "a connection stayed open")
    reason = caught.value.reason
    assert reason.isprintable()
    assert "127.0.0.1" in reason
    assert "hunter2" not in reason
    return caught.value


GONE: Mapping[str, Answer] = {"EXAMINE": b"TAG NO it is \x1b]0;gone\r\n"}
WILL: Mapping[str, tuple[Mapping[str, Answer], str]] = {
    "never greets": ({"GREETING": b""}, "was silent for 1 seconds when it was connected to"),
    "drips a greeting": ({"GREETING": Endless(b"*", 0.3)}, "the time was up"),
    "is of the web": (
        {"GREETING": b"HTTP/1.1 200 OK\r\n\x1b]0;x\x07\r\n"},
        "when it was connected",
    ),
    "says goodbye": ({"GREETING": b"* BYE \x1b[31mno\x1b]0;x\x07\r\n"}, "when it was connected to"),
    "capabilities": ({"CAPABILITY": b"* CAPABILITY \xff\xfe\r\n" + DONE}, "when it was connected"),
    "a wrong tag": ({"LOGIN": b"ZZZ OK in\r\n"}, "broke off at the login"),
    "repeats": ({"LOGIN": b'TAG NO "me" "hunter2 unique"\r\n'}, "does not accept the user or the"),
    "closed": ({"CAPABILITY": b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n" + DONE}, "STARTTLS"),
    "expunges at login": ({"LOGIN": Endless(b"* 1 EXPUNGE\r\n" * 1000)}, "127.0.0.1 sen"),
    "expunges": ({"EXAMINE": Endless(b"* 1 EXPUNGE\r\n" * 1000)}, "127.0.0.1 sen"),
    "drips lines": ({"SEARCH": Endless(b"* OK wait\r\n", 0.3)}, "the time was up"),
    "drips numbers": ({"SEARCH": Endless(b" 1", 0.3, b"* SEARCH")}, "the time was up"),
    "an endless line": ({"SEARCH": Endless(b"1" * 100_000, 0, b"* SEARCH ")}, "were searched"),
    "no numbers": ({"SEARCH": b"* SEARCH abc \x1b[31m -1\r\n" + DONE}, "not IMAP when new letters"),
    "large numbers": ({"SEARCH": b"* SEARCH " + b"8" * 5000 + b"\r\n" + DONE}, "new letters were"),
    "a bad list": ({"LIST": b'* LIST () "/" "&2ADcAA-&AAAA&&"\r\n' + DONE, **GONE}, "not IMAP"),
    "many brackets": ({"LIST": b"* LIST " + b"(" * 90_000 + b"\r\n" + DONE, **GONE}, "INBOX was"),
    "validity": ({"EXAMINE": b"* OK [UIDVALIDITY x] y\r\n" + DONE}, "INBOX"),
    "sizes": ({"FETCH": b"* 1 FETCH (UID x RFC822.SIZE ())\r\n" + DONE}, "letters were fetched"),
    "a giant": (
        {"BODY": Endless(b"x" * 1_000_000, 0, BODY + b"{9000000000}\r\n")},
        "127.0.0.1 sen",
    ),
    "a large one": (
        {"BODY": Endless(b"x" * 1_000_000, 0, BODY + b"{300000000}\r\n")},
        "127.0.0.1 sen",
    ),
    "a lie": ({"BODY": BODY + b"{99999999999999999999}\r\nabc"}, "when letters were fetched"),
    "a negative size": ({"BODY": BODY + b"{-5}\r\n" + DONE}, "when letters were fetched"),
    "nested": ({"BODY": b"* 1 FETCH " + b"(" * 90_000 + b"\r\n" + DONE}, "letters were fetched"),
    "not closed": ({"BODY": b"* 1 FETCH (UID 1 FLAGS (\r\n" + DONE}, "when letters were fetched"),
    "no brackets": ({"BODY": b"* 1 FETCH 7\r\n" + DONE}, "when letters were fetched"),
    "half a letter": ({"BODY": BODY + b"{500}\r\nabc"}, "was silent"),
}


@pytest.mark.parametrize("will", WILL)
def test_what_is_wrong_ends_with_what_happened_and_where(
    will: str, own_workers: Callable[[], set[int]]
) -> None:
    answers, words = WILL[will]
    limits = SHORT._replace(memory=250_000_000)
    with mail_server(answers) as server:
        assert words in refused(server, limits).reason
    assert own_workers() == set()


OFFERED = {"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n" + DONE}
STILL = {"CAPABILITY": b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n" + DONE}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates") / "authority")


@pytest.mark.parametrize("host", ["localhost", "mail.example"])
def test_a_login_waits_for_encryption_where_it_is_offered(
    authority: Authority, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOGINDISABLED before STARTTLS is believed, and so is that it is gone after it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*authority.certify(host))

    def fetch(server: HostileServer) -> MailAnswer:
        url, names = server.url.replace("127.0.0.1", host), {host: [["127.0.0.1"]]}
        return exchange(url, names=names, private=True)

    with mail_server(OFFERED, context=context) as server:
        with pytest.raises(FetchError, match=f"the certificate of {host} cannot be trusted"):
            fetch(server)
        assert server.commands == ["CAPABILITY", "STARTTLS"]
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with mail_server(OFFERED, context=context) as server:
        assert [each.uid for each in fetch(server).letters] == [1, 2, 3]
        wait_until(lambda: server.open_count == 0, "a connection stayed open")
    assert server.commands[:2] == ["CAPABILITY", "STARTTLS"]
    assert "login" in server.commands
    assert all(map(str.islower, server.commands[2:]))
    with mail_server(OFFERED, context=context, encrypted=STILL) as server:
        with pytest.raises(FetchError, match=f"{host} takes no passwords: it says LOGINDISABLED"):
            fetch(server)
        assert "login" not in server.commands


def test_one_bad_letter_costs_itself() -> None:
    with mail_server(
        {"BODY": BODY + b"NIL)\r\n* 2 FETCH (UID 2 BODY[]<0> {2}\r\nab)\r\n" + DONE}
    ) as it:
        found = exchange(it.url)
    assert [(each.uid, each.data) for each in found.letters] == [(2, b"ab")]
    assert (found.last, found.left) == (3, 0), "those that do not come are not asked for again"


WORDS = (
    *(b"* ", b"1 ", b"FETCH ", b"(", b")", b"UID ", b"{3}\r\nabc", b"SEARCH ", b'"', b"NIL "),
    *(b"99999999999 ", b"FLAGS ", b"BODY[]<0> ", b"EXISTS", b"OK ", b"[", b"]", b"\r\n"),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example("EXAMINE", b"* -5 EXISTS\r\nTAG OK\r\n")
@example("EXAMINE", b"* " + b"9" * 400 + b" EXISTS\r\nTAG OK\r\n")
@example("SEARCH", b"* SEARCH 0 1 1 4294967296\r\nTAG OK\r\n")
@example("BODY", BODY + b"{5+}\r\nabcde)\r\nTAG OK\r\n")
@given(
    st.sampled_from(["GREETING", "CAPABILITY", "LIST", "EXAMINE", "SEARCH", "FETCH", "BODY"]),
    st.one_of(
        st.binary(max_size=60).map(lambda line: line + b"\r\n" + DONE),
        st.lists(
            st.sampled_from(WORDS),
            max_size=30,
        ).map(lambda parts: b"".join(parts) + b"\r\n" + DONE),
    ),
)
def test_whatever_it_answers_is_letters_or_a_sentence(command: str, answer: bytes) -> None:
    limits = SHORT._replace(silence=0.3)
    with mail_server({command: answer}) as server:
        try:
            found = exchange(server.url, limits=limits)
        except FetchError as error:
            assert error.reason.isprintable()
            assert "127.0.0.1" in error.reason or "no folder" in error.reason
        else:
            assert all(0 < each.uid < 2**32 and each.data for each in found.letters if each.data)
        wait_until(lambda: server.open_count == 0, "a connection stayed open")


def test_letters_come_in_parts_and_none_is_left_out() -> None:
    uids = [3, 5, *range(60_001, 60_030)]
    limits = SHORT._replace(letters=7)
    with mail_server({}, uids) as server:
        request, found = MailRequest(most=20), list[int]()
        while True:
            answer = exchange(server.url, request, limits)
            found += [each.uid for each in answer.letters]
            if not answer.left:
                break
            request = MailRequest(answer.last, answer.validity, most=20)
    assert found == uids[-20:]
    assert answer.size == len(uids)


def test_a_server_that_leaves_out_the_next_number_loses_no_letter() -> None:
    opened = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 5] x\r\n" + DONE
    with mail_server({"EXAMINE": opened}, [60_001, 60_002, 60_003]) as server:
        assert [each.uid for each in exchange(server.url).letters] == [60_001, 60_002, 60_003]
        newer = MailRequest(60_002, "5", most=10)
        assert [each.uid for each in exchange(server.url, newer).letters] == [60_003]


def test_a_literal_that_is_longer_than_asked_is_cut() -> None:
    size = LETTER_LIMIT + 1_000_000
    answer = BODY + b"{%d}\r\n" % size + b"x" * size + b")\r\n" + DONE
    with mail_server({"BODY": answer}, [1]) as server:
        [letter] = exchange(server.url).letters
    assert len(letter.data) == LETTER_LIMIT


def test_who_is_known_already_needs_no_password() -> None:
    with mail_server({"GREETING": b"* PREAUTH hi\r\n"}) as server:
        assert len(exchange(server.url).letters) == 3
    assert "LOGIN" not in server.commands


@pytest.mark.parametrize("greeting", [b"* OK hi\r\n", b"* PREAUTH hi\r\n"])
def test_elsewhere_nothing_is_sent_without_encryption(greeting: bytes) -> None:
    names = {"mail.example": [["127.0.0.1"]]}
    refusal = pytest.raises(FetchError, match="write imaps://mail")
    with mail_server({"GREETING": greeting}) as server, refusal as caught:
        exchange(server.url.replace("127.0.0.1", "mail.example"), names=names, private=True)
    assert caught.value.failure is Failure.TLS
    assert {"LOGIN", "AUTHENTICATE", "EXAMINE"}.isdisjoint(server.commands)


def test_a_port_that_does_not_encrypt_names_the_address_that_may() -> None:
    with mail_server({}) as server, pytest.raises(FetchError, match="write imap://127"):
        exchange(server.url.replace("imap:", "imaps:"))


def test_a_host_that_was_on_the_internet_is_not_followed_into_the_home() -> None:
    names = {"mail.example": [["127.0.0.1"]]}
    with mail_server({}) as server:
        url = server.url.replace("127.0.0.1", "mail.example")
        with pytest.raises(FetchError, match=r"accounts\.toml") as caught:
            exchange(url, names=names, was_public=True)
        assert caught.value.failure is Failure.REFUSED
        assert not server.came.is_set()


def test_what_is_cancelled_while_it_connects_logs_in_nowhere(
    own_workers: Callable[[], set[int]],
) -> None:
    with mail_server({"GREETING": Endless(b"*", 0.1)}) as server:
        account = Account("Letters", Api.IMAP, server.url, "me")

        async def cancel() -> None:
            async with HttpClient(FetchLimits(), proxies={}) as client:
                task = asyncio.create_task(Mailbox(account, Secret(PASSWORD), client).check_login())
                await asyncio.to_thread(server.came.wait)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task

        asyncio.run(cancel())
        assert own_workers() == set()
        wait_until(lambda: server.open_count == 0, "a connection stayed open")
    assert server.commands == []


# -- the program ----------------------------------------------------------------------------------

SLOW: Mapping[str, Mapping[str, Answer]] = {
    "drips lines": {"SEARCH": Endless(b"* OK wait\r\n", 0.5)},
    "drips a greeting": {"GREETING": Endless(b"*", 0.5)},
    "never answers": {"LOGIN": b""},
}


def add_account(name: str, server: HostileServer) -> None:
    command = f"echo {PASSWORD}"
    accounts.add(accounts_file(user_paths()), Account(name, Api.IMAP, server.url, "me", command))


@pytest.mark.parametrize("will", SLOW)
def test_ctrl_c_ends_a_refresh_and_its_worker(user: User, will: str) -> None:
    with mail_server(SLOW[will]) as server:
        add_account("Letters", server)
        with user.running("refresh") as child:
            server.came.wait()
            wait_until(lambda: bool(workers(child.process.pid)), "no worker was started")
            left = workers(child.process.pid)
            os.kill(child.process.pid, signal.SIGINT)
            child.ended()
            assert all(ended(each) for each in left)
        wait_until(lambda: server.open_count == 0, "a connection stayed open")


@pytest.mark.terminal
def test_q_ends_the_reader_while_a_mailbox_drips(user: User) -> None:
    with mail_server(SLOW["drips lines"]) as server:
        add_account("Letters", server)
        with Terminal(rilo(), home=user.home) as terminal:
            terminal.wait_for("help")
            terminal.send("R")
            assert server.came.wait(60)
            terminal.send("q")
            assert terminal.wait_exit() == 0
        wait_until(lambda: server.open_count == 0, "a child outlived the reader")


def test_each_account_that_fails_is_named(user: User) -> None:
    gone = {"GREETING": b"* BYE\r\n"}
    with mail_server(gone) as one, mail_server(gone) as two:
        add_account("Letters", one)
        add_account("Notes", two)
        done = user.run("refresh")
    assert "Letters: 127.0.0.1 " in done.err
    assert "Notes: 127.0.0.1 " in done.err
