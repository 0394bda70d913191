"""Policies: how each channel sells, what is kept back for whom, how nodes are chosen."""

from oms.inventory.policy_contracts import RoutingPolicyBody, SellingPolicyBody
from oms.inventory.selling import SellingPolicy
from oms.inventory.set_policies import set_routing, set_selling
from oms.platform.http import OPS, Api, Reply, Request
from oms.platform.validation import read
from oms.wiring import stock

handler = Api()


@handler.route("GET /policies/selling", scope=OPS)
def show_selling(request: Request) -> Reply:
    return _selling(stock().policy())


@handler.route("PUT /policies/selling", scope=OPS)
def put_selling(request: Request) -> Reply:
    new = read(SellingPolicyBody, request.body()).to_domain()
    return _selling(set_selling(new, stock=stock()))


@handler.route("GET /policies/routing", scope=OPS)
def show_routing(request: Request) -> Reply:
    return _routing(stock().policy())


@handler.route("PUT /policies/routing", scope=OPS)
def put_routing(request: Request) -> Reply:
    body = read(RoutingPolicyBody, request.body())
    return _routing(set_routing(body.to_domain(), body.version, stock=stock()))


def _selling(policy: SellingPolicy) -> Reply:
    return Reply(200, SellingPolicyBody.of(policy).model_dump(mode="json"))


def _routing(policy: SellingPolicy) -> Reply:
    return Reply(200, RoutingPolicyBody.of_policy(policy).model_dump(mode="json"))
