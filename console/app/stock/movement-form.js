import { newKey } from "../api.js";
import { useConsole } from "../context.js";
import { Dialog } from "../parts/dialog.js";
import { ChoiceField, TextField } from "../parts/field.js";
import { ProblemNote } from "../parts/messages.js";
import { SkuField } from "../parts/sku-field.js";
import { html, useRef, useState } from "../view.js";
import { ADJUSTMENT_REASONS } from "../words.js";

const KINDS = {
  receipt: { title: "Receive stock", path: "/stock/receipts", send: "Receive", min: 1 },
  adjustment: { title: "Adjust stock", path: "/stock/adjustments", send: "Adjust" },
};

/** Goods that came in, or a correction with its reason. Posted once, however often it is sent. */
export function MovementForm({ kind, sku = "", nodes, onClose, onPosted }) {
  const { api } = useConsole();
  const { title, path, send, min } = KINDS[kind];
  const [values, setValues] = useState({ sku });
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const key = useRef(newKey());
  const set = (name) => (value) => setValues((old) => ({ ...old, [name]: value }));

  async function post(event) {
    event.preventDefault();
    setBusy(true);
    try {
      await api.post(path, bodyOf(kind, values), key.current);
      onPosted(`${values.sku}: ${signed(values.quantity)} at ${values.node} is posted.`);
    } catch (refused) {
      if (refused.status) key.current = newKey();
      setProblem(refused);
      setBusy(false);
    }
  }

  const errors = new Map((problem?.errors ?? []).map((each) => [each.pointer, each.detail]));
  const field = (name, label, pointer) => ({ id: `stock-${name}`, label, required: true, value: values[name], onValue: set(name), error: errors.get(pointer) });
  const options = nodes.map((node) => ({ value: node.node_id, label: node.name ? `${node.name} (${node.node_id})` : node.node_id }));
  const quantity = kind === "receipt" ? "Quantity" : "Change of quantity (negative takes away)";
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <form class="action-form" onSubmit=${post}>
      <${SkuField} ...${field("sku", "SKU", "/lines/0/sku")} />
      <${ChoiceField} ...${field("node", "Node", "/node")} options=${options} />
      <${TextField} ...${field("quantity", quantity, "/lines/0/quantity")} type="number" step="1" min=${min} />
      ${kind === "receipt"
        ? html`<${TextField} ...${field("reference", "Reference, such as the purchase order", "/reference")} />`
        : html`<${ChoiceField} ...${field("reason", "Reason", "/reason")} options=${ADJUSTMENT_REASONS} />`}
      <${ProblemNote} problem=${problem} />
      <div class="buttons"><button class="primary" disabled=${busy}>${send}</button>
        <button type="button" onClick=${onClose}>Back</button></div>
    </form>
  <//>`;
}

function bodyOf(kind, { sku, node, quantity, reference, reason }) {
  const lines = [{ sku: sku.trim(), quantity: Number(quantity) }];
  return kind === "receipt" ? { reference, node, lines } : { reason, node, lines };
}

const signed = (value) => (Number(value) > 0 ? `+${Number(value)}` : value);
