import { Badge } from "../parts/badge.js";
import { Amount, When } from "../parts/values.js";
import { asWords, formatMoment, formatUtc } from "../format.js";
import { useHighlight } from "../live.js";
import { routeTo } from "../route.js";
import { html } from "../view.js";
import { HOLD_KINDS, channelName } from "../words.js";

const OVERDUE_MS = 60_000;

export function OrderTable({ orders }) {
  return html`<div class="scroll"><table class="orders cards">
    <caption class="hidden">Orders, newest first</caption>
    <thead><tr>
      <th scope="col">Order</th><th scope="col">Status</th><th scope="col">Customer</th>
      <th scope="col">Nodes</th><th scope="col" class="number">Lines</th>
      <th scope="col" class="number">Total</th><th scope="col">Payment</th>
      <th scope="col">Captured</th><th scope="col">Next step</th>
    </tr></thead>
    <tbody>${orders.map((order) => html`<${Row} key=${order.order_id} order=${order} />`)}</tbody>
  </table></div>`;
}

function Row({ order }) {
  const highlight = useHighlight(`${order.status} ${order.payment_status} ${order.fulfilment_status}`);
  const href = routeTo("orders", { id: order.order_id });
  // The whole row leads to the order, but text in it can still be selected.
  const open = (event) => event.target.closest("a") || String(getSelection()) || (location.hash = href);
  return html`<tr class=${highlight} data-order=${order.order_id} onClick=${open}>
    <th scope="row"><a href=${href}>${order.number}</a>
      <span class="sub">${channelName(order.channel)} ${order.external_id}</span></th>
    <td data-label="Status"><${Badge} name=${order.status} /><${Why} order=${order} /></td>
    <td data-label="Customer">${order.customer_name || "–"}</td>
    <td data-label="Nodes">${order.nodes.join(", ") || "–"}</td>
    <td data-label="Lines" class="number">${order.line_count}</td>
    <td data-label="Total" class="number"><${Amount} of=${order.total} /></td>
    <td data-label="Payment"><span class="sub inline">${asWords(order.payment_status)}</span></td>
    <td data-label="Captured"><${When} at=${order.captured_at} style="relative" /></td>
    <td data-label="Next step"><${Due} at=${order.due_at} /></td>
  </tr>`;
}

/** Under the status: which holds stand over the order; the reasons are in the title. */
function Why({ order }) {
  if (!order.holds.length) return null;
  const names = order.holds.map((hold) => (hold.kind === "ATTENTION" ? hold.reason : HOLD_KINDS[hold.kind] ?? hold.kind));
  return html`<span class="sub" title=${order.holds.map((hold) => hold.reason).join("\n")}>${names.join(", ")}</span>`;
}

function Due({ at }) {
  if (!at) return html`<span class="quiet">–</span>`;
  const late = Date.now() - new Date(at) > OVERDUE_MS;
  const title = `${formatMoment(at)} · ${formatUtc(at)}`;
  return late
    ? html`<span class="overdue" title=${title}>Overdue</span>`
    : html`<${When} at=${at} style="relative" />`;
}
