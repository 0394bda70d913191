import { asWords } from "../format.js";
import { Badge } from "../parts/badge.js";
import { Card } from "../parts/messages.js";
import { html } from "../view.js";

/** Who ordered, where it goes, and what the fraud screen said. */
export function People({ order }) {
  const { customer, shipping_address: shipping, billing_address: billing } = order;
  const differs = billing && JSON.stringify(billing) !== JSON.stringify(shipping);
  return html`
    <${Card} title="Customer">
      <p>${customer?.name || "No name given"}</p>
      ${customer?.email && html`<p><a href="#/orders?customer=${encodeURIComponent(customer.email)}"
        title="All orders of this customer">${customer.email}</a></p>`}
      ${customer?.phone && html`<p>${customer.phone}</p>`}
      <h3>Ships to</h3>
      <${PostalAddress} of=${shipping} />
      ${differs && html`<h3>Billed to</h3><${PostalAddress} of=${billing} />`}
    <//>
    ${order.screening && html`<${Card} title="Fraud screen"><${Screening} of=${order.screening} /><//>`}`;
}

function PostalAddress({ of }) {
  if (!of) return html`<p class="overdue">No address</p>`;
  const place = [of.postal_code, of.city, of.region].filter(Boolean).join(" ");
  const lines = [of.name, ...(of.lines ?? []), place, of.country].filter(Boolean);
  return html`<address>${lines.map((line, at) => html`<span key=${at}>${line}</span>`)}</address>`;
}

function Screening({ of }) {
  return html`
    <p><${Badge} name=${of.verdict} /> Score ${of.score}${of.cleared_by && ` · cleared by ${of.cleared_by}`}</p>
    ${of.reasons.length > 0 && html`<ul class="reasons">${of.reasons.map((reason) => html`<li key=${reason}>${asWords(reason)}</li>`)}</ul>`}`;
}
