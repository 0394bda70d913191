import { useConsole } from "../context.js";
import { EVERY_MS, useLive, useSettled } from "../live.js";
import { Empty, Loading, ProblemNote } from "../parts/messages.js";
import { TextField } from "../parts/field.js";
import { replaceQuery } from "../route.js";
import { html, useEffect, useState } from "../view.js";
import { Alerts } from "./alerts.js";
import { SkuDrawer } from "./drawer.js";
import { MovementForm } from "./movement-form.js";
import { StockTable } from "./table.js";

const PAGE_SIZE = 50;

/** What lies where: every SKU by node, and the two ways to change it by hand. */
export function StockPage({ query }) {
  const { api, say } = useConsole();
  const [typed, setTyped] = useState(query.q ?? "");
  const [wanted, setWanted] = useState(1);
  const [open, setOpen] = useState(null);
  const [form, setForm] = useState(null);
  const q = useSettled(typed.trim());
  useEffect(() => replaceQuery("stock", { q }), [q]);
  useEffect(() => setTyped((old) => (old.trim() === (query.q ?? "") ? old : query.q ?? "")), [query.q]);

  const live = useLive((signal) => loadStock(api, q, wanted, signal), q, EVERY_MS * wanted);
  useEffect(() => live.refresh(), [wanted]);
  const nodes = useNodes(api);
  const posted = (text) => {
    setForm(null);
    say(text);
    live.refresh();
  };

  return html`
    <div class="page-title"><h1>Stock</h1>
      <div class="buttons">
        <button type="button" class="primary" onClick=${() => setForm({ kind: "receipt" })}>Receive stock</button>
        <button type="button" onClick=${() => setForm({ kind: "adjustment" })}>Adjust stock</button>
      </div>
    </div>
    <${Alerts} onOpen=${setOpen} />
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <${TextField} id="stock-search" label="Search" required type="search" placeholder="SKU or title" value=${typed} onValue=${setTyped} />
    </form>
    <${ProblemNote} problem=${live.problem} />
    ${live.last ? html`<div class=${live.data ? "" : "old"} aria-busy=${!live.data}>
        <${Found} stock=${live.last} nodes=${nodes} q=${q} onOpen=${setOpen} onMore=${() => setWanted(wanted + 1)} /></div>`
      : !live.problem && html`<${Loading} of="stock" />`}
    ${open && html`<${SkuDrawer} key=${open} sku=${open} onClose=${() => setOpen(null)}
      onForm=${(kind) => (setForm({ kind, sku: open }), setOpen(null))} />`}
    ${form && html`<${MovementForm} ...${form} nodes=${nodes} onClose=${() => setForm(null)} onPosted=${posted} />`}
  `;
}

function Found({ stock, nodes, q, onOpen, onMore }) {
  if (!stock.items.length) {
    return q
      ? html`<${Empty} title="No product matches “${q}”">Search looks at SKUs and titles. A receipt of a new SKU creates it.<//>`
      : html`<${Empty} title="No stock yet">Receive stock with the button above: a receipt of a new SKU creates it.<//>`;
  }
  return html`<${StockTable} items=${stock.items} nodes=${nodes} onOpen=${onOpen} />
    ${stock.more && html`<div class="more"><button type="button" onClick=${onMore}>Load more</button></div>`}`;
}

async function loadStock(api, q, wanted, signal) {
  const items = [];
  let cursor = "";
  for (let page = 0; page < wanted; page += 1) {
    const answer = await api.get("/stock", { q, limit: PAGE_SIZE, cursor }, signal);
    items.push(...answer.items);
    cursor = answer.next_cursor ?? "";
    if (!cursor) break;
  }
  return { items, more: Boolean(cursor) };
}

function useNodes(api) {
  const [nodes, setNodes] = useState([]);
  useEffect(() => {
    api.get("/nodes").then((page) => setNodes(page.items), () => {});
  }, []);
  return nodes;
}
