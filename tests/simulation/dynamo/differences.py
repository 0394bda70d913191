"""Where moto and the local emulator part from DynamoDB, and the double does not follow them.

Each `Rule` of DynamoDB asks a client that has the table of `sequences.DEFINITION`: do you keep
it? What cannot be asked of one client by itself stands in `NEVER_SHOWN`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.dynamo.sequences import TABLE, Step

Question = Callable[[Any], bool]
Request = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """What DynamoDB does, how to ask for it, and who does otherwise."""

    name: str
    is_kept: Question
    broken_by: tuple[str, ...] = ()


NEVER_SHOWN = (
    "moto has no transaction conflicts: its requests come one after another",
    "the emulator has no transaction conflicts: it serves one request at a time",
    "neither throttles, and the double does only when it is given ItemLimits",
    "indexes follow at once in all three; in DynamoDB they lag",
)
# Updates that leave another item behind on the emulator than on DynamoDB.
EMULATOR_AVOIDS = ("REMOVE doc.price",)


def failed_update_is_no_reason(step: Step, here: Request, there: Request) -> bool:
    """moto tells of an update that cannot be done as if the whole request were wrong."""
    codes = [code for code, _ in here.get("reasons", ())]
    return "ValidationError" in codes and there.get("code") == "ValidationException"


# --- questions ---------------------------------------------------------------------------


def _key(sort: str = "A") -> Request:
    return {"pk": {"S": f"D-{secrets.token_hex(6)}"}, "sk": {"S": sort}}


def _code(call: Callable[[], Any]) -> str:
    """How the call is refused; "" when it is not."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except Exception as error:  # broke instead of answering
        return type(error).__name__
    return ""


def _add_one(key: Request, units: str = "1") -> Request:
    update = {
        "TableName": TABLE,
        "Key": key,
        "UpdateExpression": "ADD units :n",
        "ExpressionAttributeValues": {":n": {"N": units}},
    }
    return {"TransactItems": [{"Update": update}]}


def _remembers_tokens(client: Any) -> bool:
    key, token = _key(), secrets.token_hex(8)
    for _ in range(3):
        client.transact_write_items(**_add_one(key), ClientRequestToken=token)
    return bool(client.get_item(TableName=TABLE, Key=key)["Item"]["units"] == {"N": "1"})


def _refuses_another_payload(client: Any) -> bool:
    key, token = _key(), secrets.token_hex(8)
    client.transact_write_items(**_add_one(key), ClientRequestToken=token)
    other = {**_add_one(key, "2"), "ClientRequestToken": token}
    code = _code(lambda: client.transact_write_items(**other))
    return code == "IdempotentParameterMismatchException"


def _gives_failed_updates_as_reasons(client: Any) -> bool:
    request = _add_one(_key())
    request["TransactItems"][0]["Update"]["UpdateExpression"] = "SET units = units + :n"
    return _code(lambda: client.transact_write_items(**request)) == "TransactionCanceledException"


def _has_no_size_for_what_is_missing(client: Any) -> bool:
    code = _code(
        lambda: client.put_item(
            TableName=TABLE,
            Item=_key(),
            ConditionExpression="size(doc) > :n",
            ExpressionAttributeValues={":n": {"N": "1"}},
        )
    )
    return code == "ConditionalCheckFailedException"


def _query(client: Any, condition: str, values: Request, **options: Any) -> Any:
    return client.query(
        TableName=TABLE,
        KeyConditionExpression=condition,
        ExpressionAttributeValues=values,
        **options,
    )


def _refuses_bounds_the_wrong_way_round(client: Any) -> bool:
    code = _code(
        lambda: client.put_item(
            TableName=TABLE,
            Item=_key(),
            ConditionExpression="attribute_not_exists(pk) OR units BETWEEN :high AND :low",
            ExpressionAttributeValues={":high": {"N": "2"}, ":low": {"N": "1"}},
        )
    )
    return code == "ValidationException"


def _gives_a_next_page_when_the_limit_is_just_met(client: Any) -> bool:
    key = _key()
    client.put_item(TableName=TABLE, Item=key)
    return "LastEvaluatedKey" in _query(client, "pk = :p", {":p": key["pk"]}, Limit=1)


def _update_beyond_400_kb_is_refused(client: Any) -> bool:
    key = _key()
    client.put_item(TableName=TABLE, Item={**key, "one": {"S": "x" * 300_000}})
    update = {
        "UpdateExpression": "SET another = :v",
        "ExpressionAttributeValues": {":v": {"S": "x" * 200_000}},
    }
    code = _code(lambda: client.update_item(TableName=TABLE, Key=key, **update))
    return code == "ValidationException"


def _put_beyond_400_kb_is_refused(client: Any) -> bool:
    item = {**_key(), "doc": {"S": "x" * 410_000}}
    return _code(lambda: client.put_item(TableName=TABLE, Item=item)) == "ValidationException"


def _transaction_beyond_4_mb_is_refused(client: Any) -> bool:
    items = [{**_key(), "doc": {"S": "x" * 390_000}} for _ in range(11)]
    actions = [{"Put": {"TableName": TABLE, "Item": item}} for item in items]
    code = _code(lambda: client.transact_write_items(TransactItems=actions))
    return code == "ValidationException"


def _long_keys_are_refused(client: Any) -> bool:
    put = [{**_key(), "pk": {"S": "x" * 2049}}, _key("x" * 1025)]
    return all(_code(partial(client.put_item, TableName=TABLE, Item=item)) for item in put)


def _39_digits_are_refused(client: Any) -> bool:
    item = {**_key(), "units": {"N": "1" * 39}}
    return _code(lambda: client.put_item(TableName=TABLE, Item=item)) == "ValidationException"


def _writes_numbers_in_one_way(client: Any) -> bool:
    item = {**_key(), "units": {"N": "007.50"}}
    client.put_item(TableName=TABLE, Item=item)
    key = {name: item[name] for name in ("pk", "sk")}
    return bool(client.get_item(TableName=TABLE, Key=key)["Item"]["units"] == {"N": "7.5"})


def _unused_values_are_refused(client: Any) -> bool:
    code = _code(
        lambda: client.put_item(
            TableName=TABLE,
            Item=_key(),
            ConditionExpression="attribute_not_exists(pk)",
            ExpressionAttributeValues={":idle": {"N": "1"}},
        )
    )
    return code == "ValidationException"


def _unused_names_are_refused(client: Any) -> bool:
    code = _code(
        lambda: client.put_item(
            TableName=TABLE,
            Item=_key(),
            ConditionExpression="attribute_not_exists(pk)",
            ExpressionAttributeNames={"#idle": "units"},
        )
    )
    return code == "ValidationException"


def _removing_below_nothing_is_refused(client: Any) -> bool:
    update = {"TableName": TABLE, "Key": _key(), "UpdateExpression": "REMOVE doc.price"}
    return _code(lambda: client.update_item(**update)) == "ValidationException"


def _reserved_words_are_refused(client: Any) -> bool:
    put = {"TableName": TABLE, "Item": _key(), "ConditionExpression": "attribute_exists(status)"}
    return _code(lambda: client.put_item(**put)) == "ValidationException"


def _two_actions_on_one_item_are_refused(client: Any) -> bool:
    request = {"TransactItems": _add_one(_key())["TransactItems"] * 2}
    return _code(lambda: client.transact_write_items(**request)) == "ValidationException"


def _index_keys_have_their_type(client: Any) -> bool:
    item = {**_key(), "pile": {"S": "H"}, "rank": {"S": "first"}}
    return _code(lambda: client.put_item(TableName=TABLE, Item=item)) == "ValidationException"


MOTO, EMULATOR = "moto", "emulator"
RULES = (
    Rule("a token makes a repeat harmless", _remembers_tokens, (MOTO,)),
    Rule("a token stands for one payload", _refuses_another_payload, (MOTO,)),
    Rule(
        "an update that cannot be done cancels its transaction with a reason",
        _gives_failed_updates_as_reasons,
        (MOTO,),  # a plain ValidationException
    ),
    # moto breaks with a ValueError here.
    Rule("what is missing has no size", _has_no_size_for_what_is_missing, (MOTO,)),
    Rule("bounds the wrong way round are refused", _refuses_bounds_the_wrong_way_round, (MOTO,)),
    Rule(
        "a page that just meets its limit names a next one",
        _gives_a_next_page_when_the_limit_is_just_met,
        (MOTO,),
    ),
    Rule("a put beyond 400 KB is refused", _put_beyond_400_kb_is_refused),
    Rule("an update beyond 400 KB is refused", _update_beyond_400_kb_is_refused),
    Rule("a transaction beyond 4 MB is refused", _transaction_beyond_4_mb_is_refused, (MOTO,)),
    Rule("long keys are refused", _long_keys_are_refused),
    Rule("39 digits are refused", _39_digits_are_refused, (MOTO,)),
    Rule("a number is written in one way", _writes_numbers_in_one_way, (MOTO,)),
    Rule("unused values are refused", _unused_values_are_refused, (MOTO,)),
    Rule("unused names are refused", _unused_names_are_refused),
    Rule("nothing can be removed below nothing", _removing_below_nothing_is_refused, (EMULATOR,)),
    Rule("reserved words are refused", _reserved_words_are_refused),
    Rule("one item is named once in a transaction", _two_actions_on_one_item_are_refused),
    Rule("an index key has its type", _index_keys_have_their_type, (MOTO,)),
)
