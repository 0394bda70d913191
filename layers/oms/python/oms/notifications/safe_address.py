"""Where a webhook may go: a public address, by https, under a name (OWASP API7, SSRF).

A URL is checked by its text first. Then its host is resolved once, every address it has must be
public, and the request is made to one of those very addresses, so a name that means something
else a moment later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from oms.kernel.errors import FieldError, Invalid

_LONGEST_URL = 2048
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# What browsers and resolvers read as an IPv4 address: 127.1, 0x7f000001, 2130706433, 0177.0.0.1.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORTS = {"https": 443, "http": 80}

Resolve = Callable[[str, int], list[str]]

# The IANA registries of special-purpose addresses, and what clouds keep for themselves.
_CLOSED_4 = tuple(
    map(
        IPv4Network,
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 "
        "192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 "
        "192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
        "168.63.129.16/32".split(),
    )
)
# Global unicast is 2000::/3; the rest (loopback, link-local, unique local, IPv4-mapped, NAT64,
# multicast) is outside of it. In it: Teredo and other protocols, documentation, 6to4.
_OPEN_6 = IPv6Network("2000::/3")
_CLOSED_6 = tuple(map(IPv6Network, "2001::/23 2001:db8::/32 2002::/16 3fff::/20".split()))


class UnsafeAddress(Exception):
    """We do not send there. The message may be shown to whoever named the place."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart. `path` includes the query."""

    scheme: str
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Reach:
    """How far webhooks go. `this_machine`: by http, to any port and any address, which is for
    the stand-ins of the local stage."""

    this_machine: bool = False

    def target(self, url: str) -> Target:
        """Raises UnsafeAddress for what the text alone gives away."""
        parts = _split(url)
        if parts.scheme not in (_PORTS if self.this_machine else ("https",)):
            raise UnsafeAddress("only https is sent to")
        if parts.username is not None or parts.password is not None or "@" in parts.netloc:
            raise UnsafeAddress("the URL must hold no user name")
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
        if port != _PORTS[parts.scheme] and not self.this_machine:
            raise UnsafeAddress("only port 443 is sent to")
        host = (parts.hostname or "").removesuffix(".")
        if not self.this_machine and not _is_name(host):
            raise UnsafeAddress("the host must be a full domain name")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(parts.scheme, host, port, path)

    def addresses(self, target: Target, resolve: Resolve) -> list[str]:
        """The addresses to connect to. Raises UnsafeAddress if one of them is not public:
        whoever mixes them hopes that the check sees another one than the connection."""
        found = resolve(target.host, target.port)
        if not found:
            raise UnsafeAddress("the host has no address")
        if not self.this_machine and not all(map(is_public, found)):
            raise UnsafeAddress("the host is not on the public internet")
        return found


def is_public(text: str) -> bool:
    """Whether `text` is an address on the public internet, and nothing but an address."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in each for each in _CLOSED_4)
    return _is_public_6(address)


def _is_public_6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in _OPEN_6:
        return False
    return not any(address in each for each in _CLOSED_6)


def look_up(host: str, port: int) -> list[str]:
    """Every address of `host`, IPv4 first as functions have no other way out; none if there is
    no such name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    found.sort(key=lambda each: each[0] is not socket.AF_INET)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@dataclass(frozen=True, slots=True)
class CheckAddress:
    """For a URL that somebody asks us to send to."""

    reach: Reach
    resolve: Resolve = look_up

    def __call__(self, url: str) -> None:
        try:
            self.reach.addresses(self.reach.target(url), self.resolve)
        except UnsafeAddress as refused:
            error = FieldError("/url", "unsafe-url", str(refused))
            raise Invalid("nothing is sent to this URL", [error], "unsafe-url") from None


def _split(url: str) -> SplitResult:
    # urlsplit drops tabs and newlines by itself, and other programs read \ as /.
    if len(url) > _LONGEST_URL or not re.fullmatch(r"[!-\[\]-~]+", url) or "#" in url:
        raise UnsafeAddress("the URL has characters that do not belong in one")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise UnsafeAddress("this is not a URL") from None
    return parts


def _is_name(host: str) -> bool:
    """A domain name of two labels or more that no program takes for an address."""
    labels = host.split(".")
    if len(host) > 253 or len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)):
        return False
    return not _NUMBER.fullmatch(labels[-1])
