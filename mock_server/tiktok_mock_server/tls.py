"""TLS for the mock: a root of its own, made anew at each start, and a certificate for this machine."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path
from typing import Any


class NoTls(RuntimeError):
    """The package that makes certificates is not installed."""


class Certificates:
    """A root that clients are told to trust, and the server's certificate under it."""

    def __init__(self, folder: Path | None = None, names: tuple[str, ...] = ()) -> None:
        try:
            import trustme
        except ModuleNotFoundError:
            raise NoTls('trustme is not installed; pip install "tiktok-openapi[mock,tls]"') from None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="tiktok-mock-tls-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.root = self.folder / "root.pem"
        """What a client has to trust: `SSL_CERT_FILE`, `NODE_EXTRA_CA_CERTS`, `curl --cacert`."""
        authority = trustme.CA(organization_name="tiktok-mock, for tests only")
        authority.cert_pem.write_to_path(str(self.root))
        known = dict.fromkeys(("localhost", "127.0.0.1", "::1", *names))
        self._certificate = authority.issue_cert(*known)

    def context(self) -> ssl.SSLContext:
        """What the server speaks."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate: Any = self._certificate
        certificate.configure_cert(made)
        return made
