import { asWords } from "../format.js";
import { Amount } from "../parts/values.js";
import { html } from "../view.js";
import { shelfName } from "../words.js";

const STATES = ["backordered", "reserved", "released", "picked", "packed", "shipped", "delivered", "cancelled"];

/** What was bought: how many units stand where, and from which node they come. */
export function Lines({ order }) {
  return html`<div class="scroll"><table class="lines cards">
    <thead><tr>
      <th scope="col">Product</th><th scope="col" class="number">Quantity</th>
      <th scope="col">Where they stand</th><th scope="col">Reserved at</th>
      <th scope="col" class="number">Price</th><th scope="col" class="number">Line total</th>
    </tr></thead>
    <tbody>${order.lines.map((line) => html`<${Line} key=${line.line_id} line=${line} order=${order} />`)}</tbody>
  </table></div>`;
}

function Line({ line, order }) {
  // The parts of a kit are lines of their own in the books: 3.2 is part 2 of line 3.
  const legs = order.reservations.filter((leg) => leg.line_id === line.line_id || leg.line_id.startsWith(`${line.line_id}.`));
  return html`<tr>
    <th scope="row">${line.title || line.sku}<span class="sub">
      ${line.sku ? html`<a href="#/stock?q=${encodeURIComponent(line.sku)}">${line.sku}</a>` : html`<span class="overdue">No SKU</span>`}
      ${!line.needs_shipping && " · needs no shipping"}</span></th>
    <td class="number" data-label="Quantity">${line.quantity}</td>
    <td data-label="Where they stand"><${States} line=${line} /></td>
    <td data-label="Reserved at">${legs.map((leg) => reserved(leg, line)).join(", ") || html`<span class="quiet">–</span>`}</td>
    <td class="number" data-label="Price"><${Amount} of=${line.unit_price} /></td>
    <td class="number" data-label="Line total"><${Amount} of=${lineTotal(line)} />
      ${line.discount.amount_minor > 0 && html`<span class="sub">after <${Amount} of=${line.discount} /> discount</span>`}</td>
  </tr>`;
}

function States({ line }) {
  const standing = STATES.filter((state) => line.states[state] > 0);
  if (!standing.length) return html`<span class="quiet">Ordered</span>`;
  return standing.map((state) => html`<span key=${state} class="quantity ${state}">${line.states[state]} ${asWords(state).toLowerCase()}</span>`);
}

/** "WH-EAST × 3 (lot A7)"; of a kit, which part it is. */
function reserved(leg, line) {
  const part = leg.line_id === line.line_id ? "" : `${leg.sku}: `;
  return `${part}${leg.node} × ${leg.quantity}${leg.shelf ? ` (${shelfName(leg.shelf)})` : ""}`;
}

const lineTotal = ({ unit_price, quantity, discount }) => ({
  currency: unit_price.currency,
  amount_minor: unit_price.amount_minor * quantity - discount.amount_minor,
});
