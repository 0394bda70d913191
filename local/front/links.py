"""Addresses as the world sees them, and where they lead behind the front.

The emulator listens on a port that changes and serves S3 there. A browser knows the front
address only, so a redirect to an S3 link is turned into a path on it and back.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from local.settings import HOST

FILES = "/_files"
_SIGNED = ("X-Amz-Signature", "Signature")  # version 4 and version 2


@dataclass(frozen=True, slots=True)
class Backend:
    """The emulator's port, and the HTTP API that the front stands for."""

    port: int
    api_id: str

    def api_path(self, target: str) -> str:
        """`target` (path and query as received, not a byte changed) as the emulator takes it."""
        return f"/_aws/execute-api/{self.api_id}/$default{target}"

    def outward(self, location: str) -> str:
        """A redirect's Location for the browser."""
        for host in (HOST, "localhost"):
            inner = f"http://{host}:{self.port}/"
            if location.startswith(inner):
                return f"{FILES}/{location[len(inner) :]}"
        return location


def file_path(target: str) -> str | None:
    """What to ask S3 for; None unless the link is a signed one below FILES."""
    if not target.startswith(f"{FILES}/"):
        return None
    query = parse_qs(urlsplit(target).query)
    return target[len(FILES) :] if any(name in query for name in _SIGNED) else None


def origin_form(target: str) -> str:
    """The request target as a path: a proxy-minded client may send a whole address."""
    if target.startswith("/"):
        return target
    parts = urlsplit(target)
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path


def is_this_machine(host: str | None) -> bool:
    """Whether a Host header names this machine.

    Any other name is a page elsewhere whose DNS was pointed at us, and the local secrets are
    no secrets.
    """
    name = urlsplit(f"//{host or HOST}").hostname or ""
    return name in ("127.0.0.1", "localhost", "::1") or name.endswith(".localhost")
