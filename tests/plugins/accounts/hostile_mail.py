"""A mail server on 127.0.0.1 that answers as a test wants it to.

with mail_server({"SEARCH": b"* SEARCH abc\\r\\nTAG OK\\r\\n"}) as server:
    server.url; server.commands; server.open_count

It has three letters. An answer stands for the command of its name, or the GREETING; TAG in it is
the tag of the command. `Endless` is sent again and again, until the client leaves. With a context
for TLS it encrypts after STARTTLS, and answers then as `encrypted` says; commands that came so are
recorded in small letters.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NamedTuple

LETTER = (
    b"From: Weekly <weekly@news.example>\r\nSubject: Hello %d\r\nMessage-ID: <m%d@x>\r\n"
    b"Date: Mon, 01 Jan 2024 10:00:00 +0000\r\n\r\nBody of letter %d.\r\n"
)
DONE = b"TAG OK done\r\n"


class Endless(NamedTuple):
    """What is sent again and again, after a beginning."""

    piece: bytes
    pause: float = 0.0  # seconds between two
    begin: bytes = b""


Answer = bytes | Endless


class HostileServer:
    """The server, and what it has seen."""

    def __init__(
        self,
        answers: Mapping[str, Answer],
        letters: Mapping[int, bytes],
        context: ssl.SSLContext | None = None,
        encrypted: Mapping[str, Answer] | None = None,
    ) -> None:
        self.commands: list[str] = []
        self.open_count = 0  # connections that are open
        self.came = threading.Event()  # once somebody has connected
        self._answers = answers
        self._letters = letters
        self._context = context
        self._encrypted = encrypted or {}
        self._stopped = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.url = f"imap://127.0.0.1:{self.port}/INBOX"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()
        self._socket.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                self.open_count += 1
                self.came.set()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, ValueError), client:
            self._send(client, self._answers.get("GREETING", b"* OK hi\r\n"), b"*")
            if self._answer_lines(client, self._answers) and self._context:
                with self._context.wrap_socket(client, server_side=True) as safe:
                    self._answer_lines(safe, self._encrypted)
        self.open_count -= 1

    def _answer_lines(self, client: socket.socket, answers: Mapping[str, Answer]) -> bool:
        """Answer until the client leaves, or wants to encrypt."""
        with client.makefile("rb") as lines:
            while line := lines.readline():
                tag, command, *rest = line.split(None, 2)
                text = rest[0] if rest else b""
                if command.upper() == b"UID":
                    command, text = text.split(None, 1)
                name = command.decode().upper()
                self.commands.append(name.lower() if isinstance(client, ssl.SSLSocket) else name)
                answer = answers.get(name)
                is_body = name == "FETCH" and b"BODY" in text
                answer = answers.get("BODY", answer) if is_body else answer
                self._send(client, self._answer(name, text) if answer is None else answer, tag)
                if name == "STARTTLS" and self._context:
                    return True
        return False

    def _send(self, client: socket.socket, answer: Answer, tag: bytes) -> None:
        if isinstance(answer, bytes):
            client.sendall(answer.replace(b"TAG", tag))
            return
        client.sendall(answer.begin)
        while not self._stopped.wait(answer.pause):
            client.sendall(answer.piece)

    def _answer(self, name: str, text: bytes) -> bytes:
        if name == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n" + DONE
        if name == "LIST":
            return b'* LIST () "/" "INBOX"\r\n' + DONE
        if name == "EXAMINE":
            size, following = len(self._letters), max(self._letters, default=0) + 1
            return b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT %d] x\r\n%s" % (
                size,
                following,
                DONE,
            )
        if name == "SEARCH":
            found = b" ".join(b"%d" % uid for uid in self._letters if _has_uid(text, uid))
            return b"* SEARCH " + found + b"\r\n" + DONE
        if name == "FETCH":
            return b"".join(self._fetch(text)) + DONE
        return DONE

    def _fetch(self, text: bytes) -> Iterator[bytes]:
        wanted = set(map(int, text.split()[0].split(b",")))
        for place, (uid, letter) in enumerate(self._letters.items(), 1):
            if uid in wanted:
                fields = b"UID %d FLAGS () RFC822.SIZE %d" % (uid, len(letter))
                body = b" BODY[]<0> {%d}\r\n%s" % (len(letter), letter) if b"BODY" in text else b""
                yield b"* %d FETCH (%s%s)\r\n" % (place, fields, body)


def _has_uid(text: bytes, uid: int) -> bool:
    found = re.search(rb"UID (\d+):(\d+|\*)", text)
    if found is None:
        return False
    return int(found[1]) <= uid and (found[2] == b"*" or uid <= int(found[2]))


@contextmanager
def mail_server(
    answers: Mapping[str, Answer],
    uids: Iterable[int] = (1, 2, 3),
    letters: Mapping[int, bytes] | None = None,
    context: ssl.SSLContext | None = None,
    encrypted: Mapping[str, Answer] | None = None,
) -> Iterator[HostileServer]:
    """Run a server, with letters of these numbers or with some of one's own."""
    own = {uid: LETTER % (uid, uid, uid) for uid in uids}
    server = HostileServer(answers, letters or own, context, encrypted)
    try:
        yield server
    finally:
        server.stop()
