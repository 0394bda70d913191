"""Reservations: stock that a cart holds until it is an order, or until its time is over."""

from oms.inventory.refusals import unknown_skus
from oms.inventory.reservation import Asked, Reservation, owned
from oms.inventory.reservation_contracts import ExtensionBody, ReservationBody
from oms.inventory.reservation_view import of_reservation
from oms.kernel.errors import Invalid, NotFound
from oms.platform.http import Api, Reply, Request
from oms.platform.validation import read
from oms.wiring import (
    clock,
    extend_reservation,
    glancing_stock,
    holds,
    release_reservation,
    reserve_stock,
    stock,
)

handler = Api()
SCOPE = "orders:write"


@handler.route("POST /reservations", scope=SCOPE)
def create(request: Request) -> Reply:
    new = read(ReservationBody, request.body()).to_domain()
    _refuse_unknown(new.asked)
    hold, known = reserve_stock()(new, request.caller.name, request.idempotency_key())
    location = {"location": f"/reservations/{hold.reservation_id}"}
    return Reply(200 if known else 201, _page(hold), location, _log(hold))


@handler.route("GET /reservations/{reservation_id}", scope=SCOPE)
def show(request: Request) -> Reply:
    hold = owned(holds().get(_id(request)), request.caller.name)
    return Reply(200, _page(hold), log=_log(hold))


@handler.route("POST /reservations/{reservation_id}/extend", scope=SCOPE)
def extend(request: Request) -> Reply:
    body = read(ExtensionBody, request.body() or b"{}")
    hold = extend_reservation()(
        _id(request), request.caller.name, body.ttl_seconds, stock().policy()
    )
    return Reply(200, _page(hold), log=_log(hold))


@handler.route("POST /reservations/{reservation_id}/release", scope=SCOPE)
def release(request: Request) -> Reply:
    hold = release_reservation()(_id(request), request.caller.name)
    return Reply(200, _page(hold), log=_log(hold))


def _refuse_unknown(asked: tuple[Asked, ...]) -> None:
    known = glancing_stock().products({each.sku for each in asked})
    if errors := unknown_skus((each.sku for each in asked), known):
        raise Invalid("the reservation names unknown SKUs", errors, "unknown-sku")


def _id(request: Request) -> str:
    name = request.path["reservation_id"]
    if len(name) > 40:
        raise NotFound("there is no reservation of that length")
    return name


def _page(hold: Reservation) -> dict[str, object]:
    # No unit is ever a kit's own: what is held under its own name needs no look.
    rest = {each.sku for each in hold.asked} - {each.sku for each in hold.claims}
    selling = stock().selling(rest) if rest else {}
    kits = {sku: each.components for sku, each in selling.items()}
    return of_reservation(hold, kits, clock().now())


def _log(hold: Reservation) -> dict[str, str]:
    return {"reservation_id": hold.reservation_id}
