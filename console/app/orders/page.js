import { useConsole } from "../context.js";
import { EVERY_MS, useLive } from "../live.js";
import { asWords, formatNumber } from "../format.js";
import { Empty, Loading, ProblemNote } from "../parts/messages.js";
import { replaceQuery } from "../route.js";
import { html, useEffect, useState } from "../view.js";
import { Counts } from "./counts.js";
import { Filters } from "./filters.js";
import { loadPages } from "./pages.js";
import { OrderTable } from "./table.js";

/** All orders of all channels. The filters stand in the address, so a view can be sent on. */
export function OrdersPage({ query }) {
  const { api } = useConsole();
  const about = JSON.stringify(query);
  const [wanted, setWanted] = useState(1);
  useEffect(() => setWanted(1), [about]);
  const change = (changes) => replaceQuery("orders", { ...query, ...changes });

  const counts = useLive((signal) => api.get("/orders/counts", {}, signal), "counts");
  // Many pages are asked for less often, so that a long list is no burden.
  const list = useLive((signal) => loadPages(api, query, wanted, signal), about, EVERY_MS * wanted);
  useEffect(() => list.refresh(), [wanted]);

  return html`
    <div class="page-title">
      <h1>Orders</h1>
      <p class="live ${list.problem ? "stale" : ""}">${list.problem ? "Not up to date" : "Live"}</p>
    </div>
    <${Counts} counts=${counts.data} chosen=${query.status} onChoose=${(status) => change({ status })} />
    <${Filters} query=${query} onChange=${change} onClear=${() => replaceQuery("orders", {})} />
    <${ProblemNote} problem=${list.problem} />
    ${list.last ? html`<div class=${list.data ? "" : "old"} aria-busy=${!list.data}>
        <${Found} list=${list.last} query=${query} onMore=${() => setWanted(wanted + 1)} /></div>`
      : !list.problem && html`<${Loading} of="orders" />`}
  `;
}

function Found({ list, query, onMore }) {
  if (!list.items.length) return html`<${NothingFound} query=${query} />`;
  const count = formatNumber(list.items.length);
  return html`
    <${OrderTable} orders=${list.items} />
    <div class="more">
      <span class="quiet">${list.more ? `The newest ${count} orders` : `${count} ${list.items.length === 1 ? "order" : "orders"}`}</span>
      ${list.more && html`<button type="button" onClick=${onMore}>Load more</button>`}
    </div>`;
}

function NothingFound({ query }) {
  const names = Object.keys(query).filter((name) => query[name]);
  if (!names.length) {
    return html`<${Empty} title="No orders yet">
      They appear here by themselves when a sales channel sends one or somebody posts to the API.<//>`;
  }
  const which = names.map((name) => (name === "q" ? "search" : asWords(name).toLowerCase())).join(", ");
  return html`<${Empty} title="No order matches">
    Filtered by ${which}. Search finds whole numbers, e-mail addresses, phone and tracking numbers, SKUs
    and the beginning of names. <a href="#/orders">Show all orders</a><//>`;
}
