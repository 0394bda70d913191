import { asWords, formatDay, formatNumber } from "../format.js";
import { html, useState } from "../view.js";
import { shelfName } from "../words.js";

const BUCKETS = ["available", "on_hand", "reserved", "safety", "damaged", "quality", "incoming", "oversold"];

/** Every bucket at every node; the shelves of a node stand folded under it. */
export function Levels({ stock }) {
  const { nodes, total, selling } = stock;
  const [unfolded, setUnfolded] = useState({});
  const fold = (node) => setUnfolded((old) => ({ ...old, [node]: !old[node] }));
  return html`<div class="scroll"><table class="compact levels">
    <caption class="hidden">Units by node and bucket</caption>
    <thead><tr><th scope="col">Node</th>
      ${BUCKETS.map((name) => html`<th key=${name} scope="col" class="number">${asWords(name)}</th>`)}</tr></thead>
    ${nodes.map((level) => html`<${Node} key=${level.node} level=${level} open=${Boolean(unfolded[level.node])} onFold=${() => fold(level.node)} />`)}
    ${nodes.length > 0 && html`<tfoot><tr><th scope="row">All nodes</th><${Figures} of=${total} /></tr></tfoot>`}
  </table></div>
  ${selling?.waiting > 0 && html`<p class="note waiting"><strong>${formatNumber(selling.waiting)}</strong> units are waited for.
    ${" "}<a href="#/orders?status=BACKORDERED&sku=${encodeURIComponent(stock.sku)}">Orders that wait</a></p>`}`;
}

function Node({ level, open, onFold }) {
  const shelves = level.shelves ?? [];
  if (!shelves.length) return html`<tbody><tr><th scope="row">${level.node}</th><${Figures} of=${level} /></tr></tbody>`;
  const parts = [...general(level, shelves), ...shelves];
  return html`<tbody>
    <tr><th scope="row"><button type="button" class="link" aria-expanded=${open} onClick=${onFold}>${level.node}</button>
      <span class="sub">${parts.length} shelves</span></th><${Figures} of=${level} /></tr>
    ${open && parts.map((each) => html`<tr key=${each.shelf} class="shelf"><th scope="row">${shelfName(each.shelf)}<${Lot} of=${each} /></th><${Figures} of=${each} /></tr>`)}
  </tbody>`;
}

function Lot({ of: { expires_on: day, recalled } }) {
  return html`${day && html`<span class="sub">expires ${formatDay(day)}</span>`}
    ${recalled && html`<span class="sub"><span class="overdue">recalled</span></span>`}`;
}

const Figures = ({ of: level }) => BUCKETS.map((name) => html`<td key=${name} class="number ${level[name] ? "" : "quiet"}" data-label=${asWords(name)}>${formatNumber(level[name] ?? 0)}</td>`);

/** The API lists the shelves that have a name; what is left of the node lies on the general one. */
function general(level, shelves) {
  const rest = (name) => (level[name] ?? 0) - shelves.reduce((sum, each) => sum + (each[name] ?? 0), 0);
  const figures = Object.fromEntries(BUCKETS.map((name) => [name, rest(name)]));
  return Object.values(figures).some(Boolean) ? [{ shelf: "", ...figures }] : [];
}
