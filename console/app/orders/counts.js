import { asWords, formatNumber } from "../format.js";
import { useHighlight } from "../live.js";
import { html } from "../view.js";
import { STATUS_GROUPS, toneOf } from "../words.js";

/** Live counts per status; a tile is a button that filters the list, and again to undo it. */
export function Counts({ counts, chosen, onChoose }) {
  const group = ({ title, statuses }) => html`<div key=${title} class="tiles" role="group" aria-label=${title}>
    <h2>${title}</h2>
    ${statuses.map((status) => html`<${Tile} key=${status} status=${status} count=${counts?.counts[status] ?? 0}
      known=${Boolean(counts)} chosen=${chosen === status} onChoose=${onChoose} />`)}
  </div>`;
  return html`<section class="counts" aria-label="Orders by status">${STATUS_GROUPS.map(group)}</section>`;
}

function Tile({ status, count, known, chosen, onChoose }) {
  const highlight = useHighlight(known ? count : null);
  return html`<button type="button" class="tile ${toneOf(status)} ${count ? "" : "none"}" aria-pressed=${chosen}
    data-status=${status} onClick=${() => onChoose(chosen ? "" : status)}>
    <span class="name">${asWords(status)}</span>
    <span class="count ${highlight}">${known ? formatNumber(count) : "·"}</span>
  </button>`;
}
