"""A synth is reused while what it is made from is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import synth
from scripts.synth import changes


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "app.py").write_text("one")
    (tmp_path / "cdk.json").write_text("{}")
    return tmp_path


INPUTS = ("infra", "cdk.json", "absent")


def test_the_same_files_have_the_same_fingerprint(root: Path) -> None:
    before = synth.fingerprint(root, INPUTS)
    (root / "infra" / "app.py").touch()
    assert synth.fingerprint(root, INPUTS) == before


def test_a_changed_a_new_and_a_renamed_file_each_change_it(root: Path) -> None:
    seen = {synth.fingerprint(root, INPUTS)}
    (root / "infra" / "app.py").write_text("two")
    seen.add(synth.fingerprint(root, INPUTS))
    (root / "infra" / "more.py").write_text("")
    seen.add(synth.fingerprint(root, INPUTS))
    (root / "infra" / "more.py").rename(root / "infra" / "other.py")
    seen.add(synth.fingerprint(root, INPUTS))
    assert len(seen) == 4


def test_bytecode_and_caches_do_not_count(root: Path) -> None:
    before = synth.fingerprint(root, INPUTS)
    cache = root / "infra" / "__pycache__"
    cache.mkdir()
    (cache / "app.cpython-311.pyc").write_text("x")
    (root / "infra" / "old.pyc").write_text("x")
    assert synth.fingerprint(root, INPUTS) == before


def test_synth_runs_once_for_one_fingerprint(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []

    def run(target: Path, home: Path) -> None:
        runs.append(target)
        target.mkdir(parents=True)
        (target / "manifest.json").write_text("{}")

    monkeypatch.setattr(synth, "_run", run)
    monkeypatch.setattr(synth, "ROOT", root)
    home = tmp_path / "home"
    first, first_reused = synth.assembly(home)
    second, second_reused = synth.assembly(home)
    assert (first_reused, second_reused) == (False, True)
    assert first == second
    assert len(runs) == 1


def test_a_failed_synth_leaves_nothing_that_looks_finished(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(target: Path, home: Path) -> None:
        target.mkdir(parents=True)
        raise synth.SynthFailed("no")

    monkeypatch.setattr(synth, "_run", run)
    monkeypatch.setattr(synth, "ROOT", root)
    home = tmp_path / "home"
    for _ in range(2):
        with pytest.raises(synth.SynthFailed):
            synth.assembly(home)


def test_the_summary_names_what_came_went_and_changed() -> None:
    table, queue = {"Type": "AWS::DynamoDB::Table"}, {"Type": "AWS::SQS::Queue"}
    before = {"data": {"Orders": table, "Old": queue, "Same": queue}}
    after = {"data": {"Orders": table | {"Properties": 1}, "New": queue, "Same": queue}}
    assert changes(before, after) == [
        "+ data/New (AWS::SQS::Queue)",
        "- data/Old (AWS::SQS::Queue)",
        "~ data/Orders (AWS::DynamoDB::Table)",
    ]
