import { useConsole } from "../context.js";
import { asWords, formatDay } from "../format.js";
import { Badge } from "../parts/badge.js";
import { Dialog } from "../parts/dialog.js";
import { ActionForm } from "../parts/action-form.js";
import { When } from "../parts/values.js";
import { useHighlight } from "../live.js";
import { html, useState } from "../view.js";
import { DANGEROUS, PRIMARY, actionName, channelName, taskKindName } from "../words.js";

/** Which order, how it stands, why it waits, and what a person may do now. */
export function OrderHeader({ order, onChanged }) {
  const { api } = useConsole();
  const track = order.tracking_url && api.address(order.tracking_url);
  const highlight = useHighlight(order.status);
  return html`<div class="order-header">
    <a class="back" href="#/orders">← Orders</a>
    <div class="page-title">
      <h1>${order.number}</h1>
      <span class=${highlight}><${Badge} name=${order.status} /></span>
      <${Actions} order=${order} onChanged=${onChanged} />
    </div>
    <dl class="facts">
      <div><dt>Channel</dt><dd>${channelName(order.channel)} · ${order.account}</dd></div>
      ${order.external_id && html`<div><dt>Channel's number</dt><dd>${order.external_id}</dd></div>`}
      <div><dt>Stage</dt><dd>${asWords(order.stage)}</dd></div>
      <div><dt>Payment</dt><dd><${Badge} name=${order.payment_status} /></dd></div>
      <div><dt>Fulfilment</dt><dd><${Badge} name=${order.fulfilment_status} /></dd></div>
      <div><dt>Captured</dt><dd><${When} at=${order.captured_at} /></dd></div>
      ${order.expected_on && html`<div><dt>Stock expected</dt><dd>${formatDay(order.expected_on)}</dd></div>`}
      ${order.promised_on && html`<div><dt>Promised</dt><dd>${formatDay(order.promised_on)}</dd></div>`}
      ${order.ship_complete && html`<div><dt>Ships</dt><dd>Only complete</dd></div>`}
      ${order.due_at && html`<div><dt>Next step (${asWords(order.worklist ?? "").toLowerCase()})</dt>
        <dd><${When} at=${order.due_at} style="relative" /></dd></div>`}
      <div><dt>Order id</dt><dd><code>${order.order_id}</code></dd></div>
      ${track && html`<div><dt>Customer's view</dt><dd><a href=${track} target="_blank" rel="noopener">Tracking page</a></dd></div>`}
    </dl>
    <${Blocked} order=${order} />
  </div>`;
}

/** Why the order does not go on, and who looks after it. */
function Blocked({ order }) {
  const standing = new Set(order.holds.map((hold) => hold.kind));
  const others = (order.blocked_by ?? []).map(nameOfBlock).filter((name) => !standing.has(name.kind));
  if (!order.holds.length && !others.length) return null;
  return html`<div class="note waiting blocked">
    ${order.holds.map((hold) => html`<p key=${hold.number}>
      <strong>${taskKindName(hold.kind)}</strong> ${hold.reason}
      <span class="quiet"> · <${When} at=${hold.since} style="relative" />${hold.until && html`,
        until <${When} at=${hold.until} />`} · ${hold.owner || "nobody looks after it yet"}</span>
      ${hold.task_id && html` <a href="#/tasks?order=${order.order_id}">Resolve in Tasks</a>`}
    </p>`)}
    ${others.map((name) => html`<p key=${name.text}>${name.text}</p>`)}
  </div>`;
}

const nameOfBlock = (block) =>
  typeof block === "string"
    ? { kind: block, text: asWords(block) }
    : { kind: block.kind, text: block.reason ?? asWords(block.kind ?? block.code ?? "") };

function Actions({ order, onChanged }) {
  const { api, say } = useConsole();
  const [chosen, setChosen] = useState(null);
  const close = () => setChosen(null);
  const done = (answer) => {
    close();
    say(`${order.number}: ${actionName(chosen.name).toLowerCase()} is done.`);
    onChanged(answer);
  };
  if (!order.allowed_actions.length) return null;
  const kindOf = (name) => (DANGEROUS.has(name) ? "danger-quiet" : PRIMARY.has(name) ? "primary" : "");
  return html`<div class="buttons" role="group" aria-label="Actions">
    ${order.allowed_actions.map((action) => html`<button key=${action.name} type="button" class=${kindOf(action.name)}
      onClick=${() => setChosen(action)}>${actionName(action.name)}</button>`)}
    ${chosen && html`<${Dialog} title="${actionName(chosen.name)}: ${order.number}" onClose=${close}>
      <${ActionForm} action=${chosen} href=${chosen.href ?? `/orders/${order.order_id}/${chosen.name}`}
        prefill=${order} onDone=${done} onCancel=${close} />
    <//>`}
  </div>`;
}
