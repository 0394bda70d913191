import { useConsole } from "../context.js";
import { useSettled } from "../live.js";
import { ChoiceField, TextField } from "../parts/field.js";
import { html, useEffect, useRef, useState } from "../view.js";
import { CHANNELS, HOLD_KINDS, STATUSES } from "../words.js";

const choices = (names) => Object.entries(names).map(([value, label]) => ({ value, label }));

export function Filters({ query, onChange, onClear }) {
  const nodes = useNodes();
  const active = ["channel", "node", "hold", "day", "sku", "customer"].filter((name) => query[name]).length;
  const any = Object.values(query).some(Boolean);
  const choice = (name, label, options, empty) => html`<${ChoiceField} id="filter-${name}" label=${label} required
    options=${options} empty=${empty} value=${query[name] ?? ""} onValue=${(value) => onChange({ [name]: value })} />`;
  const text = (name, label, rest) => html`<${TypedFilter} name=${name} label=${label}
    value=${query[name] ?? ""} onChange=${onChange} ...${rest} />`;
  return html`<form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
    <div class="search-row">
      ${text("q", "Search", { type: "search", placeholder: "Number, e-mail, phone, tracking number, SKU or name" })}
      ${choice("status", "Status", STATUSES, "Any status")}
      <button type="button" disabled=${!any} onClick=${onClear}>Clear</button>
    </div>
    <details open=${active > 0}>
      <summary>More filters${active > 0 && html` <span class="pill">${active}</span>`}</summary>
      <div class="filter-row">
        ${choice("channel", "Channel", choices(CHANNELS), "Any channel")}
        ${choice("node", "Node", nodes, "Any node")}
        ${choice("hold", "Hold", choices(HOLD_KINDS), "Any or none")}
        ${text("day", "Day", { type: "date" })}
        ${text("sku", "SKU", { placeholder: "MUG-BLUE" })}
        ${text("customer", "Customer", { placeholder: "E-mail or name" })}
      </div>
    </details>
  </form>`;
}

/** Filters when the typing pauses; follows the address when that changes from elsewhere. */
function TypedFilter({ name, value, onChange, ...rest }) {
  const [typed, setTyped] = useState(value);
  const sent = useRef(value);
  const settled = useSettled(typed);
  useEffect(() => {
    if (value !== sent.current) {
      sent.current = value;
      setTyped(value);
    }
  }, [value]);
  useEffect(() => {
    if (settled === typed && settled.trim() !== sent.current) {
      sent.current = settled.trim();
      onChange({ [name]: sent.current });
    }
  }, [settled]);
  return html`<${TextField} id="filter-${name}" value=${typed} onValue=${setTyped} ...${rest} />`;
}

function useNodes() {
  const { api } = useConsole();
  const [nodes, setNodes] = useState([]);
  useEffect(() => {
    const named = (node) => ({ value: node.node_id, label: node.name ? `${node.name} (${node.node_id})` : node.node_id });
    api.get("/nodes").then((page) => setNodes(page.items.map(named)), () => {});
  }, []);
  return nodes;
}
