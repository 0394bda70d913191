"""What Lambda mounts: the same bytes for the same input, with bytecode that fits."""

from __future__ import annotations

import importlib.util
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from infra import handlers, layers, packages
from infra.settings import settings_of

LOCAL = settings_of("local")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package, with rubbish beside it; zips go to a folder of the test."""
    monkeypatch.setattr(packages, "BUILD", tmp_path / "build")
    folder = tmp_path / "source"
    (folder / "shop" / "__pycache__").mkdir(parents=True)
    (folder / "shop" / "__init__.py").write_text("NAME = 'MUG-BLUE'\n")
    (folder / "shop" / "__pycache__" / "stray.cpython-311.pyc").write_bytes(b"stray")
    return folder


def test_the_same_folder_makes_the_same_bytes(source: Path) -> None:
    first = packages.zip_of("shop", [(source, "python/")], "/opt", LOCAL)
    bytes_of_first = first.read_bytes()
    first.unlink()
    assert packages.zip_of("shop", [(source, "python/")], "/opt", LOCAL) == first
    assert first.read_bytes() == bytes_of_first


def test_a_changed_file_is_another_zip(source: Path) -> None:
    before = packages.zip_of("shop", [(source, "")], "/opt", LOCAL)
    (source / "shop" / "__init__.py").write_text("NAME = 'MUG-RED'\n")
    assert packages.zip_of("shop", [(source, "")], "/opt", LOCAL) != before


def test_a_stray_cache_file_changes_nothing(source: Path) -> None:
    before = packages.zip_of("shop", [(source, "")], "/opt", LOCAL)
    (source / "shop" / "__pycache__" / "more.pyc").write_bytes(b"more")
    assert packages.zip_of("shop", [(source, "")], "/opt", LOCAL) == before


def test_bytecode_is_unchecked_and_names_where_lambda_mounts_it(source: Path) -> None:
    made = packages.zip_of("shop", [(source, "python/")], "/opt", LOCAL)
    with zipfile.ZipFile(made) as archive:
        (compiled,) = [name for name in archive.namelist() if name.endswith(".pyc")]
        code = archive.read(compiled)
    assert code[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(code[4:8], "little") == 0b01  # by hash, and never checked
    assert b"/opt/python/shop/__init__.py" in code


def test_without_the_right_python_there_is_no_bytecode(source: Path) -> None:
    other = replace(LOCAL, python="3.99")
    made = packages.zip_of("shop", [(source, "")], "/opt", other)
    with zipfile.ZipFile(made) as archive:
        assert archive.namelist() == ["shop/__init__.py"]


def test_a_deployment_insists_on_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_REQUIRE_BYTECODE", "1")
    packages.compiler_for.cache_clear()
    with pytest.raises(packages.BytecodeMissing, match=r"install Python 3\.98"):
        packages.compiler_for("3.98")


def test_missing_handlers_are_named_all_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMS_FUNCTIONS_DIR", str(tmp_path))
    with pytest.raises(handlers.HandlerMissing) as complaint:
        handlers.check_handlers()
    assert "validate_order has no" in str(complaint.value)
    assert "show_tracking has no" in str(complaint.value)


def test_a_layer_that_was_never_fetched_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "BUILD", tmp_path)
    with pytest.raises(layers.LayerNotFetched, match=r"infra\.layers fetch local"):
        layers.layer_zip("deps_core", LOCAL)
