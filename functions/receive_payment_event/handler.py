"""Take in what Stripe tells about a payment.

An event is a hint that something changed. What it says is not believed: the order's own steps
ask Stripe itself, and the timeline notes what they find.
"""

from oms.kernel.errors import Unauthenticated
from oms.payments.contracts import StripeEvent
from oms.payments.stripe_signature import is_signed
from oms.platform.http import Api, Reply, Request
from oms.platform.validation import read
from oms.wiring import clock, secrets, watch_payment

handler = Api()


@handler.route("POST /webhooks/payments/stripe")
def receive(request: Request) -> Reply:
    raw = request.body()
    header = request.headers.get("stripe-signature", "")
    known = secrets().get("stripe").get("webhook_secrets", ())
    if not is_signed(raw, header, known, clock().now()):
        raise Unauthenticated("the signature does not verify")
    found = watch_payment()(read(StripeEvent, raw).to_domain())
    return Reply(200, {"received": True}, log={"known": found})
