import { asWords, formatChange } from "../format.js";
import { Empty, Loading } from "../parts/messages.js";
import { When } from "../parts/values.js";
import { routeTo } from "../route.js";
import { html } from "../view.js";
import { shelfName } from "../words.js";

// An order's id, or a shipment's: the order's with a number.
const ORDER_OR_SHIPMENT = /^([0-7][0-9A-HJKMNP-TV-Z]{25})(-\d{1,4})?$/;

/** What moved, newest first: where, why, by whom, and which buckets by how much. */
export function Movements({ page, problem }) {
  if (!page) return problem ? null : html`<${Loading} of="movements" />`;
  if (!page.items.length) return html`<${Empty} title="No movement yet">Receipts, reservations and shipments are listed here.<//>`;
  return html`<ol class="movements">
    ${page.items.map((move, at) => html`<li key=${move.movement_id ?? `${move.at} ${move.reference} ${at}`}>
      <div><strong>${asWords(move.reason)}</strong> <span>${move.node}${move.shelf && `, ${shelfName(move.shelf)}`}</span>
        <span class="sub"><${When} at=${move.at} /> · <${Reference} name=${move.reference} /> · ${move.actor}</span></div>
      <p class="changes">${Object.entries(move.changes).filter(([, by]) => by).map(([name, by]) => html`<span key=${name} class=${by > 0 ? "up" : "down"}>${asWords(name)} ${formatChange(by)}</span>`)}</p>
    </li>`)}
  </ol>`;
}

/** What caused it; a link when that is an order or one of its shipments. */
export function Reference({ name }) {
  const [, order] = ORDER_OR_SHIPMENT.exec(name) ?? [];
  return order ? html`<a href=${routeTo("orders", { id: order })}>${name}</a>` : name;
}
