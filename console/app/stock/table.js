import { formatNumber } from "../format.js";
import { useHighlight } from "../live.js";
import { html } from "../view.js";

/** A row for each SKU, a column for each node; the number to promise from stands in front. */
export function StockTable({ items, nodes, onOpen }) {
  const seen = new Set(items.flatMap((item) => item.nodes.map((level) => level.node)));
  const known = nodes.filter((node) => seen.has(node.node_id));
  const unknown = [...seen].filter((id) => !known.some((node) => node.node_id === id)).map((id) => ({ node_id: id }));
  const columns = [...known, ...unknown];
  return html`
    <p class="quiet legend">In each cell: <strong>available</strong>, below it on hand − reserved.</p>
    <div class="scroll"><table class="stock">
      <caption class="hidden">Stock by SKU and node</caption>
      <thead><tr><th scope="col">Product</th>
        <th scope="col" class="number">All nodes</th>
        ${columns.map((node) => html`<th key=${node.node_id} scope="col" class="number" title=${[node.name, node.city, node.country].filter(Boolean).join(", ")}>${node.node_id}</th>`)}
      </tr></thead>
      <tbody>${items.map((item) => html`<${Row} key=${item.sku} item=${item} columns=${columns} onOpen=${onOpen} />`)}</tbody>
    </table></div>`;
}

function Row({ item, columns, onOpen }) {
  const levels = new Map(item.nodes.map((level) => [level.node, level]));
  return html`<tr data-sku=${item.sku}>
    <th scope="row"><button type="button" class="link" onClick=${() => onOpen(item.sku)}>${item.sku}</button>
      <span class="sub">${item.title}</span></th>
    <${Level} level=${item.total} label="All nodes" strong />
    ${columns.map(({ node_id: id }) => html`<${Level} key=${id} level=${levels.get(id)} label=${id} />`)}
  </tr>`;
}

function Level({ level, label, strong }) {
  const highlight = useHighlight(level && `${level.on_hand} ${level.reserved} ${level.available}`);
  if (!level) return html`<td class="number quiet" data-label=${label}>–</td>`;
  const tone = level.available <= 0 ? "overdue" : "";
  return html`<td class="number ${highlight} ${strong ? "strong" : ""}" data-label=${label}>
    <span class="available ${tone}">${formatNumber(level.available)}</span>
    <span class="sub" title="On hand ${level.on_hand}, reserved ${level.reserved}">
      ${formatNumber(level.on_hand)}${level.reserved > 0 && html` − ${formatNumber(level.reserved)}`}</span>
  </td>`;
}
