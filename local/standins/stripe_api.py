"""The stand-in's endpoints: parameters in, an operation on the ledger, events and JSON out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from local.standins import stripe_objects as objects
from local.standins.stripe_forms import Form, expansions, number, required
from local.standins.stripe_ledger import Intent, Ledger, Refusal

Json = dict[str, Any]
Emit = Callable[[str, Json], None]
_INTENTS = "/v1/payment_intents"


class StripeApi:
    """`emit(kind, object)` takes events. `search_lag` is in seconds, as are all times."""

    def __init__(self, ledger: Ledger, now: Callable[[], int], emit: Emit, search_lag: int) -> None:
        self._ledger, self._now = ledger, now
        self._emit, self._search_lag = emit, search_lag
        self._routes: tuple[tuple[str, str, Callable[..., Json]], ...] = (
            ("POST", _INTENTS, self._create),
            ("GET", _INTENTS, self._list),
            ("GET", f"{_INTENTS}/search", self._search),
            ("GET", f"{_INTENTS}/(pi_[^/]+)", self._retrieve),
            ("POST", f"{_INTENTS}/([^/]+)/capture", self._capture),
            ("POST", f"{_INTENTS}/([^/]+)/cancel", self._cancel),
            ("POST", "/v1/refunds", self._refund),
            ("GET", "/v1/refunds", self._refunds_of_intent),
            ("GET", "/v1/charges/([^/]+)/refunds", self._refunds_of_charge),
        )

    def answer(self, method: str, path: str, form: Form) -> Json:
        """The object asked for. Raises `Refusal`."""
        for verb, pattern, operation in self._routes:
            match = re.fullmatch(pattern, path)
            if match and verb == method:
                return operation(form, *match.groups())
        raise Refusal(f"Unrecognized request URL ({method}: {path}).", status=404, saved=False)

    def expire(self) -> None:
        for dead in self._ledger.expire(self._now()):
            self._tell("payment_intent.canceled", dead)

    def _create(self, form: Form) -> Json:
        required(form, "currency")
        if form.get("capture_method") != "manual" or form.get("confirm") != "true":
            raise Refusal("This stand-in confirms at once, captures by hand.", saved=False)
        card = form.get("payment_method_options", {}).get("card", {})
        try:
            made = self._ledger.create(
                int(number(form, "amount") or 0),
                form["currency"],
                required(form, "payment_method"),
                dict(form.get("metadata", {})),
                self._now(),
                card.get("request_multicapture") == "if_available",
            )
        except Refusal as said:
            if said.intent is not None:
                self._tell("payment_intent.payment_failed", said.intent)
            raise
        self._tell("payment_intent.amount_capturable_updated", made)
        return objects.payment_intent(made, expansions(form))

    def _capture(self, form: Form, intent_id: str) -> Json:
        final = form.get("final_capture", "true") == "true"
        wanted = number(form, "amount_to_capture")
        noted = dict(form.get("metadata", {}))
        taken = self._ledger.capture(intent_id, wanted, final, noted, self._now())
        self._emit("charge.captured", objects.charge(taken))
        open_still = taken.status == "requires_capture"
        kind = "amount_capturable_updated" if open_still else "succeeded"
        self._tell(f"payment_intent.{kind}", taken)
        return objects.payment_intent(taken, expansions(form))

    def _cancel(self, form: Form, intent_id: str) -> Json:
        voided = self._ledger.cancel(intent_id, form.get("cancellation_reason"), self._now())
        self._tell("payment_intent.canceled", voided)
        return objects.payment_intent(voided, expansions(form))

    def _refund(self, form: Form) -> Json:
        intent_id = required(form, "payment_intent")
        wanted, noted = number(form, "amount"), dict(form.get("metadata", {}))
        given = self._ledger.refund(intent_id, wanted, noted, self._now())
        paid = self._ledger.get(intent_id)
        self._emit("charge.refunded", objects.charge(paid))
        return objects.refund(paid, given)

    def _retrieve(self, form: Form, intent_id: str) -> Json:
        return objects.payment_intent(self._ledger.get(intent_id), expansions(form))

    def _list(self, form: Form) -> Json:
        since = number(form.get("created", {}), "gte") or 0
        found = [each for each in self._newest_first() if each.created >= since]
        return objects.page(_shown(found, form), _INTENTS, *_paging(form))

    def _search(self, form: Form) -> Json:
        asked = re.fullmatch(r"metadata\['(\w+)'\]:'(.*)'", required(form, "query"))
        if asked is None:
            raise Refusal("This stand-in searches one metadata key.", saved=False)
        value, indexed = re.sub(r"\\(.)", r"\1", asked[2]), self._now() - self._search_lag
        found = [
            each
            for each in self._newest_first()
            if each.created <= indexed and each.metadata.get(asked[1]) == value
        ]
        return objects.search_result(_shown(found, form), number(form, "limit") or 10)

    def _refunds_of_intent(self, form: Form) -> Json:
        paid = self._ledger.get(required(form, "payment_intent"))
        return objects.refunds(paid, "/v1/refunds", *_paging(form))

    def _refunds_of_charge(self, form: Form, charge_id: str) -> Json:
        url = f"/v1/charges/{charge_id}/refunds"
        return objects.refunds(self._ledger.of_charge(charge_id), url, *_paging(form))

    def _newest_first(self) -> Iterable[Intent]:
        return reversed(self._ledger.intents.values())

    def _tell(self, kind: str, about: Intent) -> None:
        self._emit(kind, objects.payment_intent(about))


def _shown(found: Iterable[Intent], form: Form) -> list[Json]:
    return [objects.payment_intent(each, expansions(form)) for each in found]


def _paging(form: Form) -> tuple[str, int]:
    return form.get("starting_after", ""), number(form, "limit") or 10
