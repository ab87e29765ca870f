"""Certificates made for a test by openssl: an authority of one's own, and what it signed."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Authority:
    """An authority that nobody else knows; `certificate` is its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self.certificate = folder / "authority.crt"
        self._key = folder / "authority.key"
        _openssl("req", "-x509", "-subj", "/CN=An authority of tests", "-days", "2",
                 "-addext", "keyUsage=critical,keyCertSign",  # which Python 3.13 wants
                 "-newkey", "rsa:2048", "-noenc", "-keyout", self._key,
                 "-out", self.certificate)  # fmt: skip

    def certify(self, name: str) -> tuple[Path, Path]:
        """Return the certificate of a host and its key."""
        certificate, key = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        _openssl("req", "-x509", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
                 "-days", "2", "-newkey", "rsa:2048", "-noenc", "-keyout", key,
                 "-CA", self.certificate, "-CAkey", self._key, "-out", certificate)  # fmt: skip
        return certificate, key


def _openssl(*arguments: str | Path) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
