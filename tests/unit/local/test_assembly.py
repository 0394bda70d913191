"""Which stacks there are, in which order they come up, and what is put into S3 for them."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from local.aws.assembly import StackTemplate, in_order, stacks
from local.aws.deploy import zipped
from local.aws.resources import NotDeployed, Resource, Resources
from local.aws.restart import again


def _stack(name: str, *needs: str) -> StackTemplate:
    return StackTemplate(name, Path(name), needs, (), {})


def test_a_stack_comes_after_those_it_needs() -> None:
    given = [_stack("api", "workflow", "data"), _stack("workflow", "data"), _stack("data")]
    assert [each.name for each in in_order(given)] == ["data", "workflow", "api"]


def test_stacks_that_need_each_other_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'a', 'b'"):
        in_order([_stack("a", "b"), _stack("b", "a"), _stack("c")])


def test_an_assembly_is_read_with_its_assets(tmp_path: Path) -> None:
    artifacts = {
        "Api": {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": "Api.template.json", "stackName": "oms-local-api"},
            "dependencies": ["Data", "Api.assets"],
        },
        "Data": {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": "Data.template.json", "stackName": "oms-local-data"},
        },
        "Api.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Api.assets.json"}},
    }
    place = {"bucketName": "assets-${AWS::AccountId}-${AWS::Region}", "objectKey": "abc.zip"}
    files = {"abc": {"source": {"path": "x", "packaging": "zip"}, "destinations": {"d": place}}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    (tmp_path / "Api.assets.json").write_text(json.dumps({"files": files}))
    data, api = stacks(tmp_path)
    assert (data.name, api.name) == ("oms-local-data", "oms-local-api")
    assert api.needs == ("oms-local-data",)
    assert (api.assets[0].bucket, api.assets[0].is_folder) == (
        "assets-000000000000-us-east-1",
        True,
    )


def test_a_folder_zips_to_the_same_bytes_every_time(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "b.py").write_text("1")
    (tmp_path / "a.py").write_text("2")
    first = zipped(tmp_path)
    (tmp_path / "a.py").touch()
    assert zipped(tmp_path) == first
    assert zipfile.ZipFile(BytesIO(first)).namelist() == ["a.py", "pkg/b.py"]


def _deployed(*rows: tuple[str, str, str]) -> Resources:
    return Resources(Resource("s", logical, kind, physical) for logical, kind, physical in rows)


def test_a_function_is_found_by_the_name_of_its_folder() -> None:
    found = _deployed(
        ("A1", "AWS::Lambda::Function", "oms-local-sweep_orders"),
        ("A2", "AWS::Lambda::Function", "oms-local-index_orders"),
        ("Orders", "AWS::DynamoDB::Table", "oms-local-orders"),
        ("Index", "AWS::DynamoDB::Table", "oms-local-order_index"),
    )
    assert found.function("sweep_orders") == "oms-local-sweep_orders"
    assert found.table("orders") == "oms-local-orders"


def test_generated_names_are_found_by_logical_id() -> None:
    found = _deployed(("SweepOrdersA2E0", "AWS::Lambda::Function", "oms-local-SweepOrdersA2E0-X1"))
    assert found.function("sweep_orders") == "oms-local-SweepOrdersA2E0-X1"
    with pytest.raises(NotDeployed):
        found.function("buy_label")


def test_a_stream_is_read_again_from_its_beginning_with_the_same_filter() -> None:
    mapping = {
        "UUID": "1",
        "EventSourceArn": "arn:aws:dynamodb:r:a:table/t/stream/s",
        "FunctionArn": "arn:f",
        "BatchSize": 100,
        "FilterCriteria": {"Filters": []},
        "StartingPosition": "LATEST",
        "State": "Enabled",
    }
    assert again(mapping) == {
        "EventSourceArn": "arn:aws:dynamodb:r:a:table/t/stream/s",
        "FunctionName": "arn:f",
        "BatchSize": 100,
        "FilterCriteria": {"Filters": []},
        "StartingPosition": "TRIM_HORIZON",
    }
