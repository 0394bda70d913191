"""The ways our own rules say no.

A business *outcome* (out of stock, declined) is data and is returned. What stands here is
raised: the caller asked for something that cannot be done as asked. The HTTP edge maps
each class to one status in one place (`oms.platform.http`), so a use case never knows HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class OmsError(Exception):
    """Base of every error of ours. `code` is stable and names the cause in kebab-case."""

    code = "error"


class NotFound(OmsError):
    """The thing named does not exist, or is not for this caller to know of."""

    code = "not-found"


class Refused(OmsError):
    """The rules forbid this now: the transition table, a guard, a lost race."""

    code = "refused"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        if code:
            self.code = code


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field: `pointer` is a JSON pointer into the body (RFC 6901)."""

    pointer: str
    code: str
    detail: str


class Invalid(OmsError):
    """The request is well-formed but says something impossible. Nothing was written."""

    code = "invalid"

    def __init__(
        self, message: str, errors: Sequence[FieldError] = (), code: str | None = None
    ) -> None:
        super().__init__(message)
        self.errors = tuple(errors)
        if code:
            self.code = code


class Malformed(OmsError):
    """The bytes are not what the format demands (not UTF-8, not JSON, too deep ...)."""

    code = "malformed"


class TooLarge(OmsError):
    """The body is over the size limit."""

    code = "too-large"


class Unauthenticated(OmsError):
    """No proof of who is calling. Says nothing about why, on purpose."""

    code = "unauthenticated"


class Forbidden(OmsError):
    """We know who is calling, and that caller may not do this."""

    code = "forbidden"


class VersionConflict(OmsError):
    """Somebody else wrote first: load again and decide again."""

    code = "version-conflict"


class Unavailable(OmsError):
    """Something we depend on did not answer in time. Safe to try again."""

    code = "unavailable"


class Contended(Unavailable):
    """Others wrote the same items every time this was tried; nothing was written. Whoever can
    do with other items plans again, everybody else waits."""

    code = "contended"
