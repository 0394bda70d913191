import { asWords } from "../format.js";
import { Badge } from "../parts/badge.js";
import { Amount, When } from "../parts/values.js";
import { html } from "../view.js";

/** Totals, whether the channel agrees with them, and every record of money. */
export function MoneyCard({ order }) {
  const { totals, payments } = order;
  const row = (label, of, kind = "") => html`<div class=${kind}><dt>${label}</dt><dd><${Amount} of=${of} /></dd></div>`;
  const negative = { ...totals.discount, amount_minor: -totals.discount.amount_minor };
  return html`
    <dl class="sums">
      ${row("Items", totals.items)}
      ${totals.discount.amount_minor !== 0 && row("Discount", negative)}
      ${row("Shipping", totals.shipping)} ${row("Tax", totals.tax)} ${row("Total", totals.total, "grand")}
      ${row("Total in the channel", totals.channel_total)}
    </dl>
    <${Variance} order=${order} />
    <h3>Payment records</h3>
    ${payments.length
      ? html`<div class="scroll"><table class="cards">
          <thead><tr><th scope="col">Record</th><th scope="col">State</th><th scope="col" class="number">Amount</th>
            <th scope="col">At</th><th scope="col">Provider's id</th></tr></thead>
          <tbody>${payments.map((record) => html`<tr key=${record.intent}>
            <th scope="row">${asWords(record.kind)}</th>
            <td data-label="State"><${Badge} name=${record.state} title=${record.code} />${record.code && html` <span class="sub">${record.code}</span>`}</td>
            <td class="number" data-label="Amount"><${Amount} of=${record.amount} /></td>
            <td data-label="At"><${When} at=${record.at} /></td>
            <td data-label="Provider's id"><code title=${record.intent}>${record.provider_id || "–"}</code></td></tr>`)}
          </tbody></table></div>`
      : html`<p class="quiet">None here: the sales channel collects the money, or nothing was asked for yet.</p>`}`;
}

/** `variance` is money (`{amount_minor, currency}`) or a claim; both mean the totals differ. */
function Variance({ order: { variance, totals } }) {
  const minor = totals.channel_total.amount_minor - totals.total.amount_minor;
  if (!minor && !(variance?.amount_minor ?? (variance === true))) return null;
  const difference = { currency: totals.total.currency, amount_minor: minor };
  return html`<p class="note waiting">The channel's total differs from ours by <${Amount} of=${difference} />.</p>`;
}
