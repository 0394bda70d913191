"""What the bus hears of stock is what `events/bus` says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from oms.inventory.news import PUBLISHED, SOURCE, VERSION
from tests.workflow import world as worlds

FOLDER = Path(__file__).parents[2] / "events/bus"
every_event = pytest.mark.parametrize("name", PUBLISHED)


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(read(f"{name}.schema.json"), format_checker=FormatChecker())


@every_event
def test_the_schema_names_its_event_its_source_and_its_version(name: str) -> None:
    schema = read(f"{name}.schema.json")
    Draft202012Validator.check_schema(schema)
    assert schema["title"] == name
    assert f"`{SOURCE}`" in schema["description"]
    assert schema["properties"]["version"]["const"] == VERSION


@every_event
def test_the_sample_is_valid_and_no_field_can_be_left_out(name: str) -> None:
    sample = read(f"{name}.sample.json")
    validator(name).validate(sample)
    for field in sample:
        without = {key: value for key, value in sample.items() if key != field}
        assert not validator(name).is_valid(without), field


def test_what_a_run_puts_on_the_bus_is_as_the_schemas_say() -> None:
    with worlds.world() as oms:
        worlds.wiring.stock().save_selling("MUG-BLUE", reorder_point=10)
        oms.run()
        oms.stock_up("MUG-BLUE", 12)
        oms.run()
        told = [each for each in oms.bus.published if each["Source"] == SOURCE]
        for entry in told:
            validator(entry["DetailType"]).validate(json.loads(entry["Detail"]))
    assert {each["DetailType"] for each in told} == set(PUBLISHED)
