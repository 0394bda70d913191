"""The DynamoDB tables and their indexes. What the keys hold is in docs/data-model.md."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Table(StrEnum):
    """The tables by the name that grants use."""

    ORDERS = "orders"
    INBOUND = "inbound"
    STOCK = "stock"
    INDEX = "order_index"
    CHANNELS = "channels"


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A global secondary index; keys only, because an index never decides."""

    name: str
    partition: str
    sort: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """A table with string keys `pk` and `sk`."""

    table: Table
    env: str
    purpose: str
    stream: str | None = None
    indexes: tuple[IndexRow, ...] = ()
    expires: str = ""  # the attribute after whose time (epoch seconds) a row is rubbish


TABLES = (
    TableRow(
        Table.ORDERS,
        env="ORDERS_TABLE",
        purpose="the truth about orders",
        stream="NEW_AND_OLD_IMAGES",
        indexes=(IndexRow("worklist", partition="worklist", sort="due_at"),),
    ),
    TableRow(
        Table.INBOUND,
        env="INBOUND_TABLE",
        purpose="what channels sent, and the names an order is known by",
    ),
    TableRow(
        Table.STOCK,
        env="STOCK_TABLE",
        purpose="nodes, catalogue, levels, movements, holds",
        stream="NEW_AND_OLD_IMAGES",
        # Holds by when they end, and work that should have been done.
        indexes=(IndexRow("due", partition="due_list", sort="due_at"),),
        expires="purge_at",
    ),
    TableRow(
        Table.INDEX,
        env="INDEX_TABLE",
        purpose="lists, search and counts, made from the stream of orders",
    ),
    TableRow(
        Table.CHANNELS,
        env="CHANNELS_TABLE",
        purpose="what is to be fetched from and told to channels and subscribers; accounts",
        stream="NEW_AND_OLD_IMAGES",
        # What should be tried (again), by when.
        indexes=(IndexRow("due", partition="due_list", sort="due_at"),),
        expires="purge_at",
    ),
)
