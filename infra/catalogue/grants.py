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


GET, GET_VERSION, PUT = "GetObject", "GetObjectVersion", "PutObject"
LABELS, RAW = "labels/", "raw/"
EDI_IN, EDI_OUT = "edi/in/", "edi/out/"  # where a partner's gateway puts files and takes them

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
# News of orders, backlogs of figures, cursors, notices; and finding which of them are due.
SERVES_CHANNELS = TableGrant(Table.CHANNELS, (*READ_MANY, *CHANGE, *DELETE), indexes=("due",))
# An order's message with the note that there is one, and how the account is set up.
NOTES_NEWS = TableGrant(Table.CHANNELS, (*READ, *CHANGE))
SEES_CHANNELS = TableGrant(Table.CHANNELS, READ)
# Subscribers of events, what they were sent, and the notices that are raised about them.
SENDS_WEBHOOKS = TableGrant(Table.CHANNELS, (*READ, *CHANGE))
SWEEPS_WEBHOOKS = TableGrant(Table.CHANNELS, (*READ, *CHANGE), indexes=("due",))
KEEPS_WEBHOOKS = TableGrant(Table.CHANNELS, (*READ, *CHANGE, *DELETE), indexes=("due",))
SETTLES_NOTICES = TableGrant(Table.CHANNELS, (*READ, "PutItem", *DELETE))
SEARCHES = TableGrant(Table.INDEX, READ)
INDEXES = TableGrant(Table.INDEX, (*READ_MANY, *REBUILD))
# Accounts of business buyers and drafts of orders.
SEES_BUYERS = TableGrant(Table.CHANNELS, READ)
CLAIMS_CREDIT = TableGrant(Table.CHANNELS, (*READ, *CHANGE))
KEEPS_DRAFTS = TableGrant(Table.CHANNELS, (*READ_MANY, *CHANGE, *DELETE))
KEEPS_BUYERS = TableGrant(Table.CHANNELS, (*READ_MANY, *CHANGE))
