"""The connections to sales channels: how they are, how they are set up, and what people do to
them."""

from datetime import timedelta

from oms.channels.model import ChannelAccount
from oms.channels.setup_contracts import LONGEST_SETUP, SetupBody, check_settings, since_of
from oms.channels.view import report_view
from oms.kernel.errors import NotFound
from oms.platform.http import OPS, Api, Reply, Request
from oms.platform.validation import read
from oms.wiring import channel_account, clock
from oms.wiring_channels import (
    compare_books,
    poll_channel,
    push_everything,
    setups,
    show_health,
    try_out,
)

handler = Api()
_BUDGET = timedelta(seconds=20)


@handler.route("GET /channels", scope=OPS)
def show_list(request: Request) -> Reply:
    return Reply(200, {"items": show_health()()})


@handler.route("GET /channels/{channel}/{account}", scope=OPS)
def show(request: Request) -> Reply:
    return _shown(_account(request))


@handler.route("PUT /channels/{channel}/{account}", scope=OPS)
def set_up(request: Request) -> Reply:
    account, body = _account(request), read(SetupBody, request.body(LONGEST_SETUP), LONGEST_SETUP)
    check_settings(account.channel, body.settings)
    setups().save(account.channel, account.account, body.to_domain())
    return _shown(account)


@handler.route("POST /channels/{channel}/{account}/poll", scope=OPS)
def poll(request: Request) -> Reply:
    poll_channel()(_account(request), clock().now() + _BUDGET, told=False)
    return _shown(_account(request))


@handler.route("POST /channels/{channel}/{account}/push-stock", scope=OPS)
def push_stock(request: Request) -> Reply:
    """All figures again; a large catalogue in several calls, each going on `after` the last."""
    after = str(request.json_object().get("after", ""))
    listed, after = push_everything()(_account(request), after)
    return Reply(202, {"listed": listed, "after": after or None})


@handler.route("POST /channels/{channel}/{account}/reconcile", scope=OPS)
def reconcile(request: Request) -> Reply:
    now = clock().now()
    since = since_of(request.json_object(), now)
    report = compare_books()(_account(request), since, now + _BUDGET)
    return Reply(200, report_view(report, since))


@handler.route("POST /channels/{channel}/{account}/try", scope=OPS)
def try_document(request: Request) -> Reply:
    """What an order of the channel would become; nothing is stored."""
    return Reply(200, try_out()(_account(request), request.body()))


def _account(request: Request) -> ChannelAccount:
    found = channel_account(request.path["channel"], request.path["account"])
    if found is None:
        raise NotFound("no such channel account")
    return found


def _shown(account: ChannelAccount) -> Reply:
    return Reply(200, show_health().one(account.channel, account.account))
