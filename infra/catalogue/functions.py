"""All functions: one row each, with exactly what it needs and may touch.

A row is named after its folder `functions/<name>/`. What answers HTTP lands in the api
stack, everything else in the workflow stack.
"""

from __future__ import annotations

from infra.catalogue.consumers import CONSUMERS
from infra.catalogue.http_functions import HTTP
from infra.catalogue.steps import STEPS

FUNCTIONS = (*HTTP, *CONSUMERS, *STEPS)
BY_NAME = {row.name: row for row in FUNCTIONS}
