"""A real IMAP server, Dovecot 2.4 of Debian's packages, on 127.0.0.1 for as long as a test runs.

with dovecot(folder) as server:
    server.append("Newsletters", letter("Title"), is_seen=True)
    server.flags("Newsletters")                 # as they are on the server
    server.url("Newsletters")
"""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote

from imapclient.imap_utf7 import encode

from tests.support.processes import free_ports, running, wait_until

PROGRAM = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
USER, PASSWORD = "reader", "hunter2 ünique"
FIRST_DAY = datetime(2026, 11, 1, 8, tzinfo=UTC)

_CONFIG = """\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols {{
  imap = yes
}}
listen = 127.0.0.1
auth_allow_cleartext = yes
default_internal_user = {internal}
default_login_user = {login}
mail_driver = maildir
mail_fsync = never
mail_home = {folder}/mail/%{{user}}
mail_path = ~/Maildir
first_valid_uid = 1
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
passdb static {{
  password = {password}
}}
userdb static {{
  fields {{
    uid = {owner}
    gid = {group}
  }}
}}
ssl = {ssl}
"""


def letter(title: str, day: int = 0, **also: str) -> bytes:
    """A letter; `also` may have `sender`, `html`, `id`."""
    message = EmailMessage()
    message["From"] = also.get("sender", "Harbour Weekly <news@harbour.example>")
    message["Subject"] = title
    message["Message-ID"] = also.get("id", f"<{quote(title)}@harbour.example>")
    message["Date"] = format_datetime(FIRST_DAY + timedelta(days=day))
    message.set_content(f"The text of {title}.")
    if html := also.get("html"):
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


class MailServer:
    """A server with one user, who has no letters yet."""

    def __init__(self, plain: int, tls: int) -> None:
        self._plain, self._tls = plain, tls

    def url(self, folder: str = "", *, tls: bool = False) -> str:
        place = f"imaps://localhost:{self._tls}" if tls else f"imap://127.0.0.1:{self._plain}"
        return f"{place}/{quote(folder)}".rstrip("/")

    @contextmanager
    def session(self, folder: str = "") -> Iterator[imaplib.IMAP4]:
        """Another program of the user, in a folder that is made if need be."""
        client = imaplib.IMAP4("127.0.0.1", self._plain)
        try:
            client.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            if folder:
                name = f'"{encode(folder).decode()}"'
                client.create(name)
                client.select(name)
            yield client
        finally:
            client.logout()

    def append(self, folder: str, *letters: bytes, is_seen: bool = False) -> None:
        """Put letters into a folder."""
        name = f'"{encode(folder).decode()}"'
        with self.session(folder) as client:
            for each in letters:
                flags = r"(\Seen)" if is_seen else ""
                assert client.append(name, flags, "", each)[0] == "OK"

    def flags(self, folder: str) -> list[set[str]]:
        """The flags of each letter of a folder, but for those of sessions."""
        with self.session(folder) as client:
            found = client.fetch("1:*", "(FLAGS)")[1]
        texts = [each.decode() for each in found if isinstance(each, bytes)]
        return [{flag for flag in ("Seen", "Flagged", "Deleted") if flag in one} for one in texts]

    def store(self, folder: str, number: int, flag: str) -> None:
        """Give a flag to a letter, by its place; what is deleted is gone then."""
        with self.session(folder) as client:
            client.store(str(number), "+FLAGS", f"\\{flag}")
            client.expunge()

    def delete(self, folder: str) -> None:
        """Delete a folder; another of its name gets other numbers."""
        with self.session() as client:
            client.delete(folder)


@contextmanager
def dovecot(certificate: Path | None = None, key: Path | None = None) -> Iterator[MailServer]:
    """Run a server; with a certificate it takes encrypted connections, too."""
    assert PROGRAM is not None
    is_root = os.geteuid() == 0
    me = pwd.getpwuid(os.geteuid()).pw_name
    owner = pwd.getpwnam("nobody" if is_root else me)
    plain, tls = free_ports(2)
    with tempfile.TemporaryDirectory(prefix="rilo-mail-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "mail").mkdir()
        if is_root:
            os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
        text = _CONFIG.format(
            folder=folder,
            internal="dovecot" if is_root else me,
            login="dovenull" if is_root else me,
            owner=owner.pw_uid,
            group=owner.pw_gid,
            password=PASSWORD,
            plain=plain,
            tls=tls if certificate else 0,
            ssl="yes" if certificate else "no",
        )
        if certificate:
            text += f"ssl_server_cert_file = {certificate}\nssl_server_key_file = {key}\n"
        (folder / "dovecot.conf").write_text(text, "utf-8")
        log = folder / "log"
        with running([PROGRAM, "-F", "-c", str(folder / "dovecot.conf")], log):
            wait_until(lambda: _answers(plain), "Dovecot does not answer", log)
            yield MailServer(plain, tls)


def _answers(port: int) -> bool:
    with suppress(OSError, imaplib.IMAP4.error):
        imaplib.IMAP4("127.0.0.1", port).shutdown()
        return True
    return False
