"""What differs between the stages, and nothing else does.

`local` runs on an emulator on this machine; `dev` and `prod` run on AWS. A template test
renders two stages and accepts only the differences that are named here.
"""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import asdict, dataclass, field

from infra.local_secrets import LOCAL_SECRETS

LAMBDA_PYTHON = "3.13"


@dataclass(frozen=True, slots=True)
class Timers:
    """How long each kind of waiting may last, in seconds; `SETTINGS` hands them to `oms`."""

    grace_seconds: int = 30 * 60
    close_after_seconds: int = 14 * 86_400
    stuck_seconds: int = 90
    backorder_retry_seconds: int = 15 * 60
    review_seconds: int = 48 * 3600
    reminder_seconds: int = 24 * 3600
    node_seconds: int = 24 * 3600
    transit_seconds: int = 10 * 86_400


@dataclass(frozen=True, slots=True)
class Throttle:
    """Requests a second, steady and burst. `wave_*` is for routes whose callers come in waves."""

    rate: int = 50
    burst: int = 100
    wave_rate: int = 700
    wave_burst: int = 1400


@dataclass(frozen=True, slots=True)
class Settings:
    stage: str
    bus: str
    timers: Timers = field(default_factory=Timers)
    throttle: Throttle = field(default_factory=Throttle)
    log_level: str = "INFO"
    log_days: int = 30
    stream_window_seconds: int = 1  # gathers records: fewer invocations for a second's delay
    archive_days: int = 30
    label_days: int = 180
    raw_days: int = 400
    alarm_email: str = ""
    sender: str = ""  # the verified SES address that customers get mail from; empty: no mail
    label_formats: tuple[str, ...] = ("PDF",)
    repair_stock: bool = False  # the nightly check of the books repairs what it finds
    local_webhooks: bool = False  # webhooks go to this machine too, by plain http
    public_base_url: str = ""  # where customers reach the API; empty: its own address
    python: str = LAMBDA_PYTHON
    architecture: str = "arm64"
    secrets: dict[str, object] | None = None  # only the local stage has values of its own

    @property
    def is_local(self) -> bool:
        return self.stage == "local"

    @property
    def prefix(self) -> str:
        return f"oms-{self.stage}"

    @property
    def secrets_prefix(self) -> str:
        return self.prefix

    @property
    def for_functions(self) -> str:
        """The JSON of the `SETTINGS` variable."""
        shared = {
            "sender": self.sender,
            "label_formats": self.label_formats,
            "repair_stock": self.repair_stock,
            "local_webhooks": self.local_webhooks,
        }
        return json.dumps({**asdict(self.timers), **shared}, separators=(",", ":"))

    def name(self, what: str) -> str:
        """The physical name of a resource of this stage."""
        return f"{self.prefix}-{what}"


def _this_machine() -> dict[str, str]:
    """The emulator runs functions on its own Python, which is this one."""
    arm = platform.machine().lower() in {"arm64", "aarch64"}
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": version, "architecture": "arm64" if arm else "x86_64"}


def settings_of(stage: str) -> Settings:
    match stage:
        case "local":
            return Settings(
                stage,
                bus="oms",
                timers=Timers(grace_seconds=5, close_after_seconds=30, stuck_seconds=45),
                throttle=Throttle(1000, 1000, 1000, 1000),
                stream_window_seconds=0,
                log_days=1,
                sender="orders@demo.example",
                label_formats=("PDF", "ZPL"),
                local_webhooks=True,
                secrets=LOCAL_SECRETS,
                **_this_machine(),
            )
        case "dev":
            # Buses are named per account: only one stage of an account can have the plain name.
            return Settings(stage, bus="oms-dev", log_level="DEBUG", log_days=7)
        case "prod":
            return Settings(stage, bus="oms", log_days=90)
    raise ValueError(f"no stage {stage!r}: choose local, dev or prod (-c stage=...)")
