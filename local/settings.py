"""Where the local stack keeps its things, and the secrets that exist in the `local` stage alone."""

from __future__ import annotations

import os
from pathlib import Path

from infra.local_secrets import (
    API_KEY,
    CARRIER_SECRET,
    OPS_TOKEN,
    SIGNING_SECRET,
    STRIPE_WEBHOOK_SECRET,
)

__all__ = [
    "API_KEY",
    "CARRIER_SECRET",
    "OPS_TOKEN",
    "SIGNING_SECRET",
    "STRIPE_WEBHOOK_SECRET",
]

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".local"  # everything that a run writes lies under it
OMS_SOURCE = ROOT / "layers" / "oms" / "python"
CONSOLE = ROOT / "console"
EMULATOR_PYTHON = ROOT / ".venv-emulator" / "bin" / "python"

HOST = "127.0.0.1"  # nothing here ever listens on another interface
DEFAULT_PORT = 8080
REGION = "us-east-1"
ACCOUNT = "000000000000"
STAGE = "local"

CHANNEL_ACCOUNT = "demo"
SHOPIFY_DOMAIN = "demo.myshopify.com"
WOOCOMMERCE_SOURCE = "https://demo.example/"


def quiet_environment(**more: str) -> dict[str, str]:
    """The environment for a child: this one without what would lead it off this machine.

    A profile, an endpoint or a proxy in the user's shell must reach neither the emulator nor
    the Lambdas, which inherit its environment.
    """
    kept = {name: value for name, value in os.environ.items() if not _leads_away(name)}
    nowhere = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "*",
        "PYTHONUNBUFFERED": "1",
    }
    return kept | nowhere | more


def _leads_away(name: str) -> bool:
    prefixes = ("AWS_", "OMS_", "PYTHON", "CDK_", "JSII_", "MINISTACK_", "LAMBDA_", "SFN_", "S3_")
    named = {"VIRTUAL_ENV", "DOCKER_HOST", "SERVICES", "GATEWAY_PORT", "EDGE_PORT", "USE_SSL"}
    return name.startswith(prefixes) or name in named or name.lower().endswith("_proxy")
