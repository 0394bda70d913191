"""What the double refuses, and how boto3 tells of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

_CODES = (
    "ConditionalCheckFailedException",
    "IdempotentParameterMismatchException",
    "ProvisionedThroughputExceededException",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "ThrottlingException",
    "TransactionCanceledException",
    "TransactionConflictException",
    "TransactionInProgressException",
)
_MODELLED = {code: type(code, (ClientError,), {}) for code in _CODES}
# As `client.exceptions` of boto3. ValidationException is not modelled there either.
EXCEPTIONS = SimpleNamespace(ClientError=ClientError, **_MODELLED)


class Refusal(Exception):
    """A refusal inside the double; it becomes a ClientError where the operation is known."""

    def __init__(self, code: str, message: str, **extra: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.extra = code, message, extra

    def as_client_error(self, operation: str) -> ClientError:
        response = {
            "Error": {"Code": self.code, "Message": self.message},
            "ResponseMetadata": {"HTTPStatusCode": 400, "RetryAttempts": 0},
            **self.extra,
        }
        name = "".join(word.capitalize() for word in operation.split("_"))
        return _MODELLED.get(self.code, ClientError)(response, name)


def invalid(message: str) -> Refusal:
    return Refusal("ValidationException", message)


def wrong_value(message: str) -> Refusal:
    return invalid(f"One or more parameter values were invalid: {message}")


def wrong_type(report: str) -> ParamValidationError:
    """What botocore itself raises before anything is sent."""
    return ParamValidationError(report=report)


def no_such_table() -> Refusal:
    return Refusal("ResourceNotFoundException", "Requested resource not found")


def condition_failed(old: dict[str, Any] | None) -> Refusal:
    extra = {"Item": old} if old else {}
    message = "The conditional request failed"
    return Refusal("ConditionalCheckFailedException", message, **extra)


def throttled(on_demand: bool) -> Refusal:
    """A key range that is too hot; on-demand tables call it by another name."""
    if on_demand:
        return Refusal(
            "ThrottlingException",
            "Throughput exceeds the current capacity of your table or index.",
        )
    return Refusal(
        "ProvisionedThroughputExceededException",
        "The level of configured provisioned throughput for the table was exceeded.",
    )


def conflict() -> Refusal:
    return Refusal("TransactionConflictException", "Transaction is ongoing for the item")


def cancelled(reasons: list[dict[str, Any]]) -> Refusal:
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = "Transaction cancelled, please refer cancellation reasons for specific reasons"
    return Refusal(
        "TransactionCanceledException", f"{message} [{codes}]", CancellationReasons=reasons
    )


_REASONS = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "TransactionConflictException": "TransactionConflict",
    "ThrottlingException": "ThrottlingError",
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "ValidationException": "ValidationError",
}


def reason_for(refusal: Refusal | None) -> dict[str, Any]:
    """One of the CancellationReasons: what a refusal is called inside a transaction."""
    if refusal is None:
        return {"Code": "None"}
    return {"Code": _REASONS[refusal.code], "Message": refusal.message, **refusal.extra}
