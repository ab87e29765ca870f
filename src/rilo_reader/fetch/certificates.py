"""Find the file of certificates that this system trusts."""

from __future__ import annotations

import ssl
from pathlib import Path

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
)
"""Files of systems for which the OpenSSL of a Python from elsewhere has no path."""


def find_bundle() -> str | None:
    """Return the file of certificates, that of `SSL_CERT_FILE` first; None if there is none."""
    default = ssl.get_default_verify_paths().cafile
    return default or next((each for each in _BUNDLES if Path(each).is_file()), None)
