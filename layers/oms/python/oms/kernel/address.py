"""A postal address as it came, and the person at it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """`country` is ISO 3166-1 alpha-2; `region` a state or province as the channel wrote it."""

    name: str
    lines: tuple[str, ...]
    city: str
    region: str
    postal_code: str
    country: str
    company: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    name: str
    email: str
    phone: str = ""
