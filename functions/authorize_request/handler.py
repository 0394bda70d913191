"""Who is calling, and what may they do? Denies by default."""

from collections.abc import Mapping
from typing import Any

from oms.platform.authorize import authorize
from oms.platform.observability import start


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    log = start(context, route=event.get("routeKey", ""))
    caller = authorize(event.get("headers") or {})
    log.info("authorized" if caller else "denied", extra={"caller": caller.name if caller else ""})
    if caller is None:
        return {"isAuthorized": False}
    scopes = " ".join(sorted(caller.scopes))
    return {"isAuthorized": True, "context": {"name": caller.name, "scopes": scopes}}
