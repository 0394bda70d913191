"""What the `local` stage leaves out, and why. A test proves that nothing else is missing.

The emulator ignores much more (it reads it and does nothing); that stays in, so that the
template that is tried is the template that is deployed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A whole stack when `type` is empty, else the resources of a type in it."""

    stack: str
    reason: str
    type: str = ""


LEFT_OUT = (
    LeftOut("data", "the emulator rejects any template that has one", "AWS::Events::Archive"),
    LeftOut(
        "console",
        "the emulator's CloudFront only redirects, and it lacks CDK's uploader and Cognito's "
        "sign-in page; `local/` serves the console beside the API",
    ),
)
