"""The words that a mapping is written in: paths, sources of text, and their errors."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from oms.channels.generic.paths import Path, parse_path


class Part(BaseModel):
    """A part of a mapping: a name that we do not know is a mistake in it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def refused(code: str, detail: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{detail}", {"detail": detail})


def _parsed(text: Any) -> Path:
    try:
        return parse_path(text)
    except ValueError as error:
        raise refused("invalid-path", str(error)) from None


def _inside(text: Any) -> Path:
    if not (path := _parsed(text)):
        raise refused("invalid-path", "a path may not be empty here")
    return path


WholePath = Annotated[Path, PlainValidator(_parsed)]  # "" is all of it
PathText = Annotated[Path, PlainValidator(_inside)]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,80}$")]
ShortText = Annotated[str, Field(max_length=200)]


class Source(Part):
    """Where a text comes from. Short: a path, or a list of paths of which the first filled counts.

    Long, one of `path`, `first`, `join` (all, with blanks between) or `fixed`; and a `default`.
    `upper`: in capitals, for shops that write `usd` and `de`.
    """

    path: PathText | None = None
    first: list[PathText] = Field(default_factory=list, max_length=10)
    join: list[PathText] = Field(default_factory=list, max_length=10)
    fixed: ShortText | None = None
    default: ShortText = ""
    upper: bool = False

    @property
    def paths(self) -> tuple[Path, ...]:
        return (self.path,) if self.path else (*self.first, *self.join)

    @model_validator(mode="before")
    @classmethod
    def _from_short(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"path": given}
        return {"first": given} if isinstance(given, list) else given

    @model_validator(mode="after")
    def _is_one(self) -> Source:
        ways = (self.path is not None, bool(self.first), bool(self.join), self.fixed is not None)
        if sum(ways) != 1:
            raise refused("one-of", "one of path, first, join and fixed is needed")
        return self


class Place(Part):
    """A header, or a path into the body."""

    header: HeaderName | None = None
    body: PathText | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Place:
        if (self.header is None) == (self.body is None):
            raise refused("one-of", "a header or a place in the body is needed")
        return self
