"""One POST to a subscriber: to the address that was checked, with one end to every wait."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

from oms.notifications.delivery import Answer
from oms.notifications.safe_address import Reach, Resolve, Target, UnsafeAddress, look_up

TIMEOUT_SECONDS = 5.0
# Status and headers, and what comes along with them of a body that is not read.
_MOST_READ = 24 * 1024
_AGENT = "oms-webhooks/1"
_TRIES = 3  # addresses of one name


class HttpSender:
    """`Sender` over the network. Follows no redirect and keeps no answer's body.

    `context` is what https is checked with; this process's trusted roots by default.
    """

    def __init__(
        self,
        reach: Reach,
        *,
        resolve: Resolve = look_up,
        timeout_seconds: float = TIMEOUT_SECONDS,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._reach, self._resolve = reach, resolve
        self._timeout, self._context = timeout_seconds, context

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        began = time.monotonic()
        answer = self._ask(url, headers, body, began + self._timeout)
        elapsed = round((time.monotonic() - began) * 1000)
        return Answer(answer.status, answer.error, elapsed, answer.retry_after)

    def _ask(self, url: str, headers: Mapping[str, str], body: bytes, end: float) -> Answer:
        try:
            target = self._reach.target(url)
            addresses = self._reach.addresses(target, self._resolve)
            line = self._connect(target, addresses, end)
        except UnsafeAddress as refused:
            return Answer(error=f"not sent: {refused}")
        except TimeoutError:
            return Answer(error="no connection in time")
        except ssl.SSLError:
            return Answer(error="no secure connection: is the certificate valid?")
        except OSError:
            return Answer(error="no connection")
        try:
            return _exchange(target, line, headers, body)
        except TimeoutError:
            return Answer(error="no answer in time")
        except (OSError, http.client.HTTPException, ValueError):
            return Answer(error="no sound answer")
        finally:
            line.close()

    def _connect(self, target: Target, addresses: list[str], end: float) -> _Line:
        """To the first of `addresses` that takes us. Raises OSError."""
        *others, last = addresses[:_TRIES]
        for address in others:
            try:
                return self._line(target, address, end)
            except OSError:
                continue
        return self._line(target, last, end)

    def _line(self, target: Target, address: str, end: float) -> _Line:
        plain = socket.create_connection((address, target.port), timeout=_left(end))
        if target.scheme == "http":
            return _Line(plain, end)
        try:
            plain.settimeout(_left(end))
            context = self._context or _trusting()
            return _Line(context.wrap_socket(plain, server_hostname=target.host), end)
        except BaseException:
            plain.close()
            raise


class _Line(io.RawIOBase):
    """A connection whose every wait ends at `end`, and of which little is read."""

    def __init__(self, connected: socket.socket, end: float) -> None:
        self._socket, self._end, self._unread = connected, end, _MOST_READ

    def sendall(self, data: Any) -> None:
        self._socket.settimeout(_left(self._end))
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._unread <= 0:
            raise http.client.HTTPException("the answer is too long")
        self._socket.settimeout(_left(self._end))
        size = self._socket.recv_into(memoryview(buffer)[: self._unread])
        self._unread -= size
        return size

    def close(self) -> None:
        self._socket.close()
        super().close()


class _Connection(http.client.HTTPConnection):
    """Speaks HTTP over a line that is there already."""

    def __init__(self, target: Target, line: _Line) -> None:
        super().__init__(target.host, target.port)
        # It sends and makes a file of what it is given, and that is all.
        self.sock: Any = line

    def connect(self) -> None:
        raise http.client.NotConnected


def _exchange(target: Target, line: _Line, headers: Mapping[str, str], body: bytes) -> Answer:
    connection = _Connection(target, line)
    given = {**headers, "Host": _host(target), "User-Agent": _AGENT, "Connection": "close"}
    connection.request("POST", target.path, body, given)
    answered = connection.getresponse()
    return Answer(answered.status, retry_after=_seconds(answered.headers.get("Retry-After", "")))


def _host(target: Target) -> str:
    usual = {"https": 443, "http": 80}[target.scheme]
    return target.host if target.port == usual else f"{target.host}:{target.port}"


def _seconds(retry_after: str) -> int:
    """Of a number or a date (RFC 9110); 0 for anything else."""
    if retry_after.isascii() and retry_after.isdigit():
        return int(retry_after[:9])
    try:
        at = parsedate_to_datetime(retry_after)
        aware = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(0, round((aware - datetime.now(UTC)).total_seconds()))
    except (TypeError, ValueError, OverflowError):
        return 0


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


@cache
def _trusting() -> ssl.SSLContext:
    return ssl.create_default_context()
