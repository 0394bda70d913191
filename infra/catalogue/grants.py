"""What a function may touch, in words short enough for a row of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from infra.catalogue.tables import Table

READ = ("GetItem", "Query")
READ_MANY = (*READ, "BatchGetItem")
# What a commit needs: IAM knows no TransactWriteItems, a transaction needs each of its parts.
CHANGE = ("PutItem", "UpdateItem", "ConditionCheckItem")
DELETE = ("DeleteItem",)
REBUILD = (*CHANGE, *DELETE, "BatchWriteItem")

READING_ACTIONS = frozenset(READ_MANY)


@dataclass(frozen=True, slots=True)
class TableGrant:
    """DynamoDB actions on one table; `indexes` adds Query on those indexes and on no other."""

    table: Table
    actions: tuple[str, ...]
    indexes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectGrant:
    """S3 object actions under one prefix of the document bucket."""

    prefix: str
    actions: tuple[str, ...]


GET, PUT = "GetObject", "PutObject"
LABELS, RAW = "labels/", "raw/"

# The same few combinations come again and again; a row reads as a sentence with them.
SEES_ORDERS = TableGrant(Table.ORDERS, READ)
LOADS_ORDERS = TableGrant(Table.ORDERS, READ_MANY)
CHANGES_ORDERS = TableGrant(Table.ORDERS, (*READ, *CHANGE))
RUNS_ORDERS = TableGrant(Table.ORDERS, (*READ_MANY, *CHANGE), indexes=("worklist",))
CAPTURES = TableGrant(Table.INBOUND, (*READ, *CHANGE))
CLEARS_INBOUND = TableGrant(Table.INBOUND, (*READ, *CHANGE, *DELETE))
SEES_STOCK = TableGrant(Table.STOCK, READ_MANY)
# Places in line and finished work are deleted.
CHANGES_STOCK = TableGrant(Table.STOCK, (*READ_MANY, *CHANGE, *DELETE))
# Looks for holds that are over, and for what should have been done.
SWEEPS_STOCK = TableGrant(Table.STOCK, (*READ_MANY, *CHANGE, *DELETE), indexes=("due",))
SETS_UP_STOCK = TableGrant(Table.STOCK, (*READ_MANY, *REBUILD))
# Reads orders by the many, and checks in a transaction that they have not changed.
CHECKS_ORDERS = TableGrant(Table.ORDERS, (*READ_MANY, "ConditionCheckItem"))
WALKS_ORDERS = TableGrant(Table.ORDERS, (*READ_MANY, "ConditionCheckItem"), indexes=("worklist",))
REPAIRS_STOCK = TableGrant(Table.STOCK, (*READ_MANY, *CHANGE), indexes=("due",))
SEARCHES = TableGrant(Table.INDEX, READ)
INDEXES = TableGrant(Table.INDEX, (*READ_MANY, *REBUILD))
