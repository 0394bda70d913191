"""What `PUT /policies/selling` and `PUT /policies/routing` accept, and the same written back.

Both are parts of one document with one `version`: who changes either says which one was read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo
from pydantic import field_validator as checked

from oms.inventory.contracts import Name
from oms.inventory.selling import Buffer, ChannelPolicy, Mode, Pool, SellingPolicy, WhenShort
from oms.kernel.codec import load
from oms.routing.criteria import DEFAULT_RULES, RoutingRules
from oms.routing.rules_contracts import RulesBody

MOST_CHANNELS, MOST_BUFFERS, MOST_POOLS = 200, 1_000, 100
MOST_UNITS = 1_000_000
SHORTEST_SECONDS, LONGEST_SECONDS = 30, 86_400

T = TypeVar("T")
# A shelf is named after its pool.
_PoolName = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]
_Seconds = Annotated[int, Field(ge=SHORTEST_SECONDS, le=LONGEST_SECONDS)]
_Version = Annotated[int, Field(ge=0)]
_DEFAULT = ChannelPolicy()


def _different(name: Callable[[Any], str]) -> AfterValidator:
    def check(values: list[T]) -> list[T]:
        names = [name(each) for each in values]
        for at, each in enumerate(names):
            if each in names[:at]:
                raise ValueError(f"number {at + 1} has the name of an earlier one")
        return values

    return AfterValidator(check)


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class ChannelPolicyBody(_Body):
    """`channel` `*` is every channel that has no rules of its own. A hold lasts `hold_seconds`,
    or as long as was asked for, but never longer than `most_hold_seconds`."""

    channel: Name
    mode: Mode = _DEFAULT.mode
    when_short: WhenShort = _DEFAULT.when_short
    hold_seconds: _Seconds = _DEFAULT.hold_seconds
    most_hold_seconds: Annotated[_Seconds, Field(validate_default=True)] = (
        _DEFAULT.most_hold_seconds
    )

    @checked("most_hold_seconds")
    @classmethod
    def _not_shorter(cls, seconds: int, info: ValidationInfo) -> int:
        if seconds < info.data.get("hold_seconds", seconds):
            raise ValueError("less than hold_seconds")
        return seconds


class BufferBody(_Body):
    """Keep `units` back. Without `sku`, `channel` or `node` it is for all of them; without a
    node the units are kept back of all nodes together. Of all rules that match, the most
    specific wins (SKU, then channel, then node), of equals the one that stands last."""

    units: Annotated[int, Field(ge=0, le=MOST_UNITS)]
    sku: Name | None = None
    channel: Name | None = None
    node: Name | None = None

    def to_domain(self) -> Buffer:
        return Buffer(self.units, self.sku or "", self.channel or "", self.node or "")


class PoolBody(_Body):
    """Units of the pool are for `channels`; from the day `release_on` on for everybody."""

    name: _PoolName
    channels: Annotated[list[Name], Field(min_length=1, max_length=MOST_CHANNELS), _different(str)]
    release_on: date | None = None

    def to_domain(self) -> Pool:
        day = self.release_on.isoformat() if self.release_on else ""
        return Pool(self.name, tuple(self.channels), day)


class SellingPolicyBody(_Body):
    """`{"version": 3, "channels": [{"channel": "web", "mode": "ON_CART", "hold_seconds": 600}],
    "buffers": [{"units": 5, "channel": "web"}], "pools": [{"name": "b2b", "channels": ["b2b"]}]}`

    `version` is the one that was read; 0 when nothing was ever set.
    """

    version: _Version
    channels: Annotated[
        list[ChannelPolicyBody],
        Field(max_length=MOST_CHANNELS),
        _different(lambda each: each.channel),
    ] = []
    buffers: Annotated[list[BufferBody], Field(max_length=MOST_BUFFERS)] = []
    pools: Annotated[
        list[PoolBody], Field(max_length=MOST_POOLS), _different(lambda each: each.name)
    ] = []

    @classmethod
    def of(cls, policy: SellingPolicy) -> SellingPolicyBody:
        """The inverse of `to_domain`."""
        return cls(
            version=policy.version,
            channels=[
                ChannelPolicyBody(
                    channel=each.channel,
                    mode=each.mode,
                    when_short=each.when_short,
                    hold_seconds=each.hold_seconds,
                    most_hold_seconds=each.most_hold_seconds,
                )
                for each in policy.channels
            ],
            buffers=[
                BufferBody(
                    units=each.units,
                    sku=each.sku or None,
                    channel=each.channel or None,
                    node=each.node or None,
                )
                for each in policy.buffers
            ],
            pools=[
                PoolBody(
                    name=each.name,
                    channels=list(each.channels),
                    release_on=date.fromisoformat(each.release_on) if each.release_on else None,
                )
                for each in policy.pools
            ],
        )

    def to_domain(self) -> SellingPolicy:
        """Without the rules of routing, which have a route of their own."""
        return SellingPolicy(
            channels=tuple(ChannelPolicy(**each.model_dump()) for each in self.channels),
            buffers=tuple(each.to_domain() for each in self.buffers),
            pools=tuple(each.to_domain() for each in self.pools),
            version=self.version,
        )


class RoutingPolicyBody(RulesBody):
    """`{"version": 3, "criteria": ["fewest_nodes", "distance"]}`: the rule file by which nodes are
    chosen, and the version of the policies that it was read with."""

    version: _Version

    @classmethod
    def of_policy(cls, policy: SellingPolicy) -> RoutingPolicyBody:
        rules = load(RoutingRules, policy.routing) if policy.routing else DEFAULT_RULES
        return cls(version=policy.version, **dict(RulesBody.of(rules)))
