"""The catalogue is plain data that agrees with itself and with the folders."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

from infra.catalogue.functions import BY_NAME, FUNCTIONS
from infra.catalogue.messaging import (
    ACKNOWLEDGED,
    DROPS,
    OWN_CHANNELS,
    QUEUES,
    RULES,
    SCHEDULES,
    STREAMS,
)
from infra.catalogue.routes import AUTHORIZER, ROUTES
from infra.catalogue.secrets import SECRETS
from infra.catalogue.tables import TABLES
from infra.catalogue.workflows import WORKFLOWS
from infra.handlers import check_handlers
from infra.layers import LAYERS, THIRD_PARTY
from infra.local_secrets import LOCAL_SECRETS
from oms.channels.registry import CHANNELS
from oms.orders.own_channels import OwnChannel
from tests.infra.stages import ROOT


def test_every_function_has_its_folder_and_every_folder_its_row() -> None:
    check_handlers()


def test_the_catalogue_loads_without_the_cdk() -> None:
    program = (
        "import sys, infra.catalogue.functions, infra.catalogue.routes, infra.catalogue.messaging;"
        "import infra.catalogue.tables, infra.catalogue.workflows, infra.catalogue.secrets;"
        "import infra.settings;"
        "sys.exit(any(name.split('.')[0] in ('jsii', 'aws_cdk') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0


def test_infrastructure_and_runtime_never_import_each_other() -> None:
    for folder, forbidden in (
        ("infra", {"oms", "functions"}),
        ("layers/oms/python/oms", {"infra"}),
        ("functions", {"infra", "boto3", "functions"}),
    ):
        for path in (ROOT / folder).rglob("*.py"):
            assert not _imports(path) & forbidden, path


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(FUNCTIONS)
    assert len({route.key for route in ROUTES}) == len(ROUTES)


def test_every_function_is_called_by_somebody() -> None:
    called = {AUTHORIZER}
    called |= {route.function for route in ROUTES}
    called |= {row.function for row in (*QUEUES, *STREAMS, *SCHEDULES)}
    called |= {function for row in WORKFLOWS for function in row.functions}
    assert called == BY_NAME.keys()


def test_every_queue_is_fed_by_a_rule_by_files_or_by_named_senders() -> None:
    fed = {row.function for row in (*RULES, *DROPS)}
    assert {row.function for row in QUEUES if not row.senders} == fed
    assert not fed & {row.function for row in QUEUES if row.senders}


def test_an_event_goes_to_a_queue_once() -> None:
    pairs = [(row.function, event) for row in RULES for event in row.events]
    assert len(pairs) == len(set(pairs))
    names = [row.name or row.function for row in RULES]
    assert len(names) == len(set(names))


def test_the_catalogue_knows_the_channels_as_the_code_does() -> None:
    acknowledged = {name for name, row in CHANNELS.items() if row.acknowledges}
    assert set(ACKNOWLEDGED) == acknowledged
    assert set(OWN_CHANNELS) == {each.value for each in OwnChannel}
    assert not set(OWN_CHANNELS) & set(CHANNELS)


def test_grants_name_indexes_that_exist() -> None:
    indexes = {row.table: {index.name for index in row.indexes} for row in TABLES}
    for row in FUNCTIONS:
        for grant in row.tables:
            assert set(grant.indexes) <= indexes[grant.table], row.name


def test_a_function_has_one_grant_for_a_table() -> None:
    for row in FUNCTIONS:
        tables = [grant.table for grant in row.tables]
        assert len(tables) == len(set(tables)), row.name


def test_secrets_and_layers_that_rows_name_exist() -> None:
    for row in FUNCTIONS:
        assert set(row.secrets) <= {secret.name for secret in SECRETS}, row.name
        assert set(row.layers) <= set(LAYERS), row.name


def test_the_local_stage_has_a_value_for_every_secret() -> None:
    assert LOCAL_SECRETS.keys() == {secret.name for secret in SECRETS}


def test_every_requirement_of_a_layer_is_pinned_with_hashes() -> None:
    for layer in THIRD_PARTY:
        text = (ROOT / "layers" / layer / "requirements.txt").read_text()
        pins = [line for line in text.splitlines() if "==" in line]
        assert pins
        assert text.count("--hash=sha256:") >= len(pins)


def test_layers_hold_the_versions_that_the_tests_run_with() -> None:
    tested = _pins(ROOT / "requirements" / "dev.txt")
    for layer in THIRD_PARTY:
        for name, version in _pins(ROOT / "layers" / layer / "requirements.txt").items():
            assert version == tested[name], f"{layer}: {name}; run python -m infra.layers lock"


def _pins(file: Path) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", file.read_text(), re.MULTILINE)
    return dict(found)


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found
