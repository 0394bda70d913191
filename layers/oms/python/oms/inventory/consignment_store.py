"""Purchase orders and transfers in the `stock` table: a header, a row for each line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from oms.inventory import items
from oms.inventory.consignment import Consignment, ConsignmentLine, Purpose
from oms.inventory.receive import first_kind
from oms.kernel.codec import dump, load
from oms.kernel.errors import NotFound, Refused, VersionConflict
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write

_HEADER, _LINE = "HEADER", "LINE#"


class DynamoConsignments:
    """`Consignments` over one table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table

    def find(self, reference: str) -> Consignment | None:
        pk = _partition(reference)
        rows = list(self._dynamo.query_all(self._table, "pk = :pk", {":pk": pk}))
        header = next((row for row in rows if row["sk"] == _HEADER), None)
        if header is None:
            return None
        lines = [_line_of(row) for row in rows if row["sk"].startswith(_LINE)]
        made = load(Consignment, {**header, "reference": reference})
        return replace(made, lines=tuple(lines))

    def load(self, reference: str, purpose: Purpose) -> Consignment:
        found = self.find(reference)
        if found is None or found.purpose is not purpose:
            raise NotFound(f"there is no {purpose.lower()} {reference}")
        return found

    def opened(self, consignment: Consignment) -> Write:
        def refused(old: Item | None) -> Exception | None:
            if old and old["digest"] == consignment.digest:
                return None
            return _reused(consignment.reference)

        fields = dump(replace(consignment, lines=()))
        del fields["reference"]
        return Write(
            Action.PUT,
            self._table,
            _header_key(consignment.reference),
            item=fields,
            condition="attribute_not_exists(pk)",
            refused=refused,
        )

    def never_received(self, consignment: Consignment) -> Write:
        return Write(
            Action.CHECK,
            self._table,
            items.posting_key(consignment.reference, first_kind(consignment.node)),
            condition="attribute_not_exists(pk)",
            refused=lambda old: _reused(consignment.reference),
        )

    def absent(self, reference: str) -> Write:
        return Write(
            Action.CHECK,
            self._table,
            _header_key(reference),
            condition="attribute_not_exists(pk)",
            refused=lambda old: VersionConflict(f"{reference} was ordered meanwhile"),
        )

    def changed(
        self,
        consignment: Consignment,
        before: ConsignmentLine | None,
        after: ConsignmentLine,
    ) -> list[Write]:
        line = self._line(consignment.reference, before, after)
        now = consignment.incoming(after)
        gone = before is not None and items.incoming_key(now) != items.incoming_key(
            consignment.incoming(before)
        )
        writes = [line, self._expected(consignment, after)]
        if gone and before is not None and before.outstanding:
            old = items.incoming_key(consignment.incoming(before))
            writes.append(Write(Action.DELETE, self._table, old))
        return writes

    def _line(
        self, reference: str, before: ConsignmentLine | None, after: ConsignmentLine
    ) -> Write:
        version = before.version if before else 0
        fields = dump(replace(after, version=version + 1))
        # Stored even where it is the default: the next write's condition asks for it.
        fields |= {"version": version + 1}
        return Write(
            Action.PUT,
            self._table,
            {"pk": _partition(reference), "sk": f"{_LINE}{after.sku}"},
            item=fields,
            # True when nobody has changed the line since it was read.
            condition="#version = :version" if before else "attribute_not_exists(pk)",
            names={"#version": "version"} if before else {},
            values={":version": version} if before else {},
            refused=lambda old: VersionConflict(f"{reference} was changed meanwhile"),
        )

    def _expected(self, consignment: Consignment, line: ConsignmentLine) -> Write:
        """Unconditional: the line beside it is guarded, and speaks for it."""
        each = consignment.incoming(line)
        key = items.incoming_key(each)
        if not each.units:
            return Write(Action.DELETE, self._table, key)
        fields = dump(each)
        del fields["sku"]
        return Write(Action.PUT, self._table, key, item=fields)

    def posted(self, reference: str) -> Mapping[str, str]:
        pk = items.posting_key(reference, "")["pk"]
        rows = self._dynamo.query_all(self._table, "pk = :pk", {":pk": pk})
        return {row["sk"]: row["digest"] for row in rows}

    def commit(self, writes: Sequence[Write]) -> None:
        self._dynamo.commit(writes)


def _partition(reference: str) -> str:
    return f"CONSIGNMENT#{reference}"


def _header_key(reference: str) -> dict[str, str]:
    return {"pk": _partition(reference), "sk": _HEADER}


def _line_of(row: Item) -> ConsignmentLine:
    return load(ConsignmentLine, row)


def _reused(reference: str) -> Refused:
    return Refused(f"{reference} stands for something else", "reference-reused")
