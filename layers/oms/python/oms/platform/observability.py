"""Logs and metrics. A log line holds ids, outcomes and times, never a body or a person."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from oms.platform.config import config

NAMESPACE = "oms"


@cache
def logger() -> Logger:
    return Logger(service=config().service, log_uncaught_exceptions=False)


@cache
def metrics() -> Metrics:
    return Metrics(namespace=NAMESPACE, service="oms")


def count(name: str, number: int = 1) -> None:
    """One business outcome, as a CloudWatch metric in the log (no call is made)."""
    metrics().add_metric(name=name, unit=MetricUnit.Count, value=number)


def count_each(name: str, dimension: str, values: Sequence[str]) -> None:
    """`name` by `dimension`: a line of its own for each of `values`. For what is rare."""
    for value in values:
        with single_metric(name=name, unit=MetricUnit.Count, value=1, namespace=NAMESPACE) as one:
            one.add_dimension(name=dimension, value=value)


def flush() -> None:
    """Write what was counted in this invocation, if anything was."""
    if metrics().metric_set:
        metrics().flush_metrics()


def about(correlation_id: str) -> None:
    """From here on the lines of this invocation carry the id of the request that began it all."""
    logger().append_keys(correlation_id=correlation_id)


def start(context: Any, **ids: str) -> Logger:
    """A logger that carries `ids` and the request id through one invocation."""
    log = logger()
    log.clear_state()
    log.append_keys(request_id=getattr(context, "aws_request_id", ""), **ids)
    return log
