import { useConsole } from "../context.js";
import { formatNumber } from "../format.js";
import { useLive } from "../live.js";
import { ProblemNote } from "../parts/messages.js";
import { When } from "../parts/values.js";
import { html } from "../view.js";

const EVERY_MS = 10_000;

/** The SKUs that fell below their reorder point; nothing when there is none. */
export function Alerts({ onOpen }) {
  const { api } = useConsole();
  const { data, problem } = useLive((signal) => api.get("/stock/alerts", {}, signal), "alerts", EVERY_MS);
  if (!data?.items.length) return html`<${ProblemNote} problem=${problem} />`;
  return html`<section class="note waiting alerts" aria-labelledby="alerts-title">
    <h2 id="alerts-title">Below the reorder point</h2>
    <ul>${data.items.map((alert) => html`<li key=${alert.sku}>
      <button type="button" class="link" onClick=${() => onOpen(alert.sku)}>${alert.sku}</button>
      ${" "}${formatNumber(alert.available)} left, reorder at ${formatNumber(alert.reorder_point)}
      <span class="quiet"> · <${When} at=${alert.since} style="relative" /></span></li>`)}</ul>
    ${data.next_cursor && html`<p class="quiet">There are more.</p>`}
  </section>`;
}
