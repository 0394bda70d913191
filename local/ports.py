"""Free ports on this machine."""

from __future__ import annotations

import socket

from local.settings import HOST


class PortTaken(Exception):
    """The port that was asked for belongs to another program."""


def is_free(port: int) -> bool:
    """Whether we could listen there. A listener on all interfaces counts as taken too."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(preferred: int = 0) -> int:
    """`preferred` when it is free, else one that the system picks."""
    if preferred and is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
