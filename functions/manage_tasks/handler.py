"""What waits for a person, and what the person does about it."""

from oms.channels.model import LONGEST_BODY, Delivery, Kind, Unmappable
from oms.channels.registry import channel
from oms.kernel.errors import NotFound, Refused
from oms.platform.gate import parse
from oms.platform.http import OPS, Api, Reply, Request
from oms.tasks.model import NOTICE, parse_task_id
from oms.wiring import channel_account, inbound, list_tasks, notices, resolve_task
from oms.wiring_channels import take_delivery

handler = Api()


@handler.route("GET /tasks", scope=OPS)
def show_list(request: Request) -> Reply:
    return Reply(200, list_tasks()(request.limit(), request.query.get("cursor", "")))


@handler.route("POST /tasks/{task_id}/{action}", scope=OPS)
def act(request: Request) -> Reply:
    task, action = parse_task_id(request.path["task_id"]), request.path["action"]
    body, actor = request.json_object(), request.caller.name
    if task.notice:
        return _noticed(task.notice, action, actor)
    if task.order_id is None:
        return _quarantined(task.digest, action, actor, request)
    order = resolve_task()(task.order_id, task, action, body, actor)
    answer = {
        "task_id": request.path["task_id"],
        "resolved": all(hold.number != task.hold for hold in order.holds),
        "order_id": order.order_id,
        "status": order.status,
    }
    return Reply(200, answer, log={"order_id": order.order_id, "action": action})


def _noticed(notice_id: str, action: str, actor: str) -> Reply:
    if action != "acknowledge":
        raise NotFound(f"no action {action[:40]}")
    notice = notices().acknowledge(notice_id, actor)
    answer = {"task_id": f"{NOTICE}.{notice.notice_id}", "resolved": True, "order_id": None}
    return Reply(200, answer, log={"notice": notice.kind})


def _quarantined(digest: str, action: str, actor: str, request: Request) -> Reply:
    item = inbound().quarantined_one(digest)
    if action == "discard":
        inbound().leave_quarantine(item, "discarded", actor)
        return Reply(200, {"task_id": request.path["task_id"], "resolved": True, "order_id": None})
    if action != "replay":
        raise NotFound(f"no action {action[:40]}")
    account = channel_account(item["channel"], item["account"])
    if account is None:
        raise Refused("its channel account is gone", "no-account")
    raw = inbound().raw_body(item)
    speaks, parsed = channel(account.channel), parse(raw, LONGEST_BODY)
    try:
        speaks.map_order(parsed, account)
    except Unmappable as problem:
        raise Refused(f"still not an order: {problem}", problem.code) from None
    again = Delivery(Kind.ORDER, "", "", "replay")
    order_id = take_delivery()(account, speaks, parsed, raw, again).order_id
    inbound().leave_quarantine(item, f"order {order_id}", actor)
    answer = {"task_id": request.path["task_id"], "resolved": True, "order_id": order_id}
    return Reply(200, answer)
