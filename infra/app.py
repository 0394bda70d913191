"""Builds the stacks of one stage. No AWS call, no network, no account.

With the CLI: `npx cdk synth -c stage=dev`. Without it, as the local stack does:
`STAGE=local CDK_OUTDIR=folder python -m infra.app`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

# Must be set before jsii starts Node.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
os.environ.setdefault("JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION", "1")
os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")

from aws_cdk import App, DefaultStackSynthesizer, Tags, Validations
from cdk_nag import AwsSolutionsChecks

from infra.acknowledged import acknowledge
from infra.handlers import check_handlers
from infra.packages import ROOT
from infra.settings import Settings, settings_of
from infra.stacks.api import ApiStack
from infra.stacks.console import ConsoleStack
from infra.stacks.data import DataStack
from infra.stacks.observability import ObservabilityStack
from infra.stacks.workflow import WorkflowStack
from infra.verdict import require_clean


def build(stage: str | None = None, outdir: str | None = None, *, nag: bool = False) -> App:
    """`nag` adds cdk-nag's AwsSolutions rules, for a stage that goes to AWS."""
    # The CLI hands over the flags of cdk.json; without it they must be the same.
    flags = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(context=flags, outdir=outdir, analytics_reporting=False, tree_metadata=False)
    chosen = stage or app.node.try_get_context("stage") or os.environ.get("STAGE", "dev")
    check_handlers()
    settings = settings_of(chosen)
    add_stacks(app, settings)
    if nag:
        acknowledge(app, settings)
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def add_stacks(app: App, settings: Settings) -> None:
    def options() -> dict[str, object]:
        # One synthesizer a stack. The emulator has no bootstrap stack to compare versions with.
        return {
            "synthesizer": DefaultStackSynthesizer(
                generate_bootstrap_version_rule=not settings.is_local
            )
        }

    data = DataStack(app, settings, **options())
    client = ""
    if not settings.is_local:
        client = ConsoleStack(app, settings, data, **options()).client_id
    ApiStack(app, settings, data, client, **options())
    WorkflowStack(app, settings, data, **options())
    ObservabilityStack(app, settings, data, **options())
    Tags.of(app).add("application", "oms")
    Tags.of(app).add("stage", settings.stage)


def main() -> None:
    assembly = build(nag=os.environ.get("OMS_NAG") == "1").synth()
    require_clean(Path(assembly.directory))


if __name__ == "__main__":
    main()
