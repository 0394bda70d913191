"""Stripe's form encoding: `metadata[oms_order]=A&expand[0]=latest_charge` to nested data."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from local.standins.stripe_ledger import Refusal

Form = dict[str, Any]


def parse_form(text: str) -> Form:
    form: Form = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        _put(form, re.findall(r"[^\[\]]+", name), value)
    return form


def _put(form: Form, keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        form = form.setdefault(key, {})
    form[keys[-1]] = value


def number(form: Form, name: str) -> int | None:
    text = form.get(name)
    if text is None:
        return None
    if not str(text).isdigit():
        raise Refusal(f"Invalid integer: {text}", "parameter_invalid_integer", saved=False)
    return int(text)


def required(form: Form, name: str) -> str:
    if not form.get(name):
        raise Refusal(f"Missing required param: {name}.", "parameter_missing", saved=False)
    return str(form[name])


def expansions(form: Form) -> list[str]:
    return list(form.get("expand", {}).values())
