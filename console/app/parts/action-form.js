// A form made from what the API says an action needs: `{name, href, fields}`.
import { useConsole } from "../context.js";
import { newKey } from "../api.js";
import { html, useRef, useState } from "../view.js";
import { DANGEROUS, actionName } from "../words.js";
import { Field, kindOf, newFormId } from "./field.js";
import { ProblemNote } from "./messages.js";

const REASON = { name: "reason", type: "text", required: false };

/** `prefill` gives first values by field name; `onDone` gets the API's answer. */
export function ActionForm({ action, href, prefill = {}, onDone, onCancel }) {
  const { api } = useConsole();
  const fields = action.fields ?? [REASON];
  const [values, setValues] = useState(() => firstValues(fields, prefill));
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const key = useRef(newKey());
  const formId = useRef(null);
  formId.current ??= newFormId();

  async function send(event) {
    event.preventDefault();
    setBusy(true);
    try {
      onDone(await api.post(href, bodyOf(fields, values), key.current));
    } catch (refused) {
      if (refused.status) key.current = newKey();
      setProblem(refused);
      setBusy(false);
    }
  }

  const errors = new Map((problem?.errors ?? []).map((each) => [each.pointer, each.detail]));
  return html`<form class="action-form" onSubmit=${send}>
    ${fields.map(
      (field) => html`<${Field} key=${field.name} id="${formId.current}-${field.name}" field=${field} errors=${errors} value=${values[field.name]}
        onValue=${(value) => setValues((old) => ({ ...old, [field.name]: value }))} />`,
    )}
    <${ProblemNote} problem=${problem} />
    <div class="buttons">
      <button class=${DANGEROUS.has(action.name) ? "danger" : "primary"} disabled=${busy}>${actionName(action.name)}</button>
      <button type="button" onClick=${onCancel}>Back</button>
    </div>
  </form>`;
}

function firstValues(fields, prefill) {
  const given = fields.filter((field) => prefill[field.name] !== undefined);
  return Object.fromEntries(given.map((field) => [field.name, toForm(prefill[field.name])]));
}

/** An address's `lines` are edited as two fields. */
function toForm(value) {
  if (value === null || typeof value !== "object") return value ?? "";
  const { lines = [], ...rest } = value;
  return { ...rest, "lines/0": lines[0] ?? "", "lines/1": lines.slice(1).join(", ") };
}

function bodyOf(fields, values) {
  const filled = fields.filter((field) => values[field.name] !== undefined && values[field.name] !== "");
  return Object.fromEntries(filled.map((field) => [field.name, toBody(kindOf(field), values[field.name])]));
}

function toBody(kind, value) {
  if (kind === "number") return Number(value);
  if (kind !== "address" && kind !== "customer") return value.trim();
  const { "lines/0": first = "", "lines/1": second = "", ...rest } = value;
  if (kind === "customer") return rest;
  return { ...rest, lines: [first, second].filter(Boolean), country: rest.country?.toUpperCase() };
}
