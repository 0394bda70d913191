"""What operations say of channel accounts: `ACCOUNT#{channel}#{account}` of table `channels`."""

from __future__ import annotations

from dataclasses import replace

from oms.channels.accounts import Setup
from oms.kernel.codec import dump, load
from oms.kernel.errors import VersionConflict
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Write


class DynamoSetups:
    """Answers `oms.channels.accounts.Setups`."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table

    def setup(self, channel: str, account: str) -> Setup:
        item = self._dynamo.get(self._table, _key(channel, account))
        return load(Setup, item) if item else Setup()

    def save(self, channel: str, account: str, setup: Setup) -> Setup:
        """Write if `setup.version` still stands. Raises VersionConflict."""
        after = replace(setup, version=setup.version + 1)
        write = Write(
            Action.PUT,
            self._table,
            _key(channel, account),
            dump(after),
            # True while nobody saved since it was read.
            condition="#v = :before" if setup.version else "attribute_not_exists(pk)",
            names={"#v": "version"} if setup.version else {},
            values={":before": setup.version} if setup.version else {},
            refused=lambda old: VersionConflict("somebody changed this account meanwhile"),
        )
        self._dynamo.commit([write])
        return after


def _key(channel: str, account: str) -> dict[str, str]:
    return {"pk": f"ACCOUNT#{channel}#{account}", "sk": "ACCOUNT"}
