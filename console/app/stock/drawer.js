import { useConsole } from "../context.js";
import { asWords, formatNumber } from "../format.js";
import { useLive } from "../live.js";
import { Dialog } from "../parts/dialog.js";
import { Empty, Loading, ProblemNote } from "../parts/messages.js";
import { When } from "../parts/values.js";
import { html } from "../view.js";

const BUCKETS = ["available", "on_hand", "reserved", "safety", "damaged", "incoming"];

/** One SKU: every bucket at every node, and the movements that made them so. */
export function SkuDrawer({ sku, onClose, onForm }) {
  const { api } = useConsole();
  const path = `/stock/${encodeURIComponent(sku)}`;
  const levels = useLive((signal) => api.get(path, {}, signal), sku);
  const movements = useLive((signal) => api.get(`${path}/movements`, {}, signal), sku);
  return html`<${Dialog} title=${sku} kind="drawer" onClose=${onClose}>
    <div class="buttons">
      <button type="button" onClick=${() => onForm("receipt")}>Receive</button>
      <button type="button" onClick=${() => onForm("adjustment")}>Adjust</button>
      <a href="#/orders?sku=${encodeURIComponent(sku)}">Orders with it</a>
    </div>
    <${ProblemNote} problem=${levels.problem} />
    ${levels.data && html`<div class="scroll"><table class="compact"><thead><tr><th scope="col">Node</th>
      ${BUCKETS.map((name) => html`<th key=${name} scope="col" class="number">${asWords(name)}</th>`)}</tr></thead>
      <tbody>${levels.data.nodes.map((level) => html`<tr key=${level.node}><th scope="row">${level.node}</th>
        ${BUCKETS.map((name) => html`<td key=${name} class="number ${level[name] ? "" : "quiet"}" data-label=${asWords(name)}>${formatNumber(level[name] ?? 0)}</td>`)}</tr>`)}
      </tbody></table></div>`}
    <h3>Movements</h3>
    <${ProblemNote} problem=${movements.problem} />
    <${Movements} page=${movements.data} problem=${movements.problem} />
  <//>`;
}

function Movements({ page, problem }) {
  if (!page) return problem ? null : html`<${Loading} of="movements" />`;
  if (!page.items.length) return html`<${Empty} title="No movement yet">Receipts, reservations and shipments are listed here.<//>`;
  return html`<ol class="movements">
    ${page.items.map((move, at) => html`<li key=${`${move.at} ${move.reference} ${at}`}>
      <div><strong>${asWords(move.reason)}</strong> <span>${move.node}</span>
        <span class="sub"><${When} at=${move.at} /> · ${move.reference} · ${move.actor}</span></div>
      <p class="changes">${Object.entries(move.changes).filter(([, by]) => by).map(([name, by]) => html`<span key=${name} class=${by > 0 ? "up" : "down"}>${asWords(name)} ${signed(by)}</span>`)}</p>
    </li>`)}
  </ol>`;
}

const signed = (value) => new Intl.NumberFormat(undefined, { signDisplay: "always" }).format(value);
