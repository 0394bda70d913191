// One form field for each type of value that an action may ask for.
import { asWords } from "../format.js";
import { html } from "../view.js";
import { SkuField } from "./sku-field.js";

let ids = 0;
/** Several forms stand on one page, so each makes the ids of its fields from its own. */
export const newFormId = () => `form-${(ids += 1)}`;

/** Label, control and the API's complaint about it. `errors` maps JSON pointers to sentences. */
export function Labelled({ id, label, required, error, children }) {
  return html`<div class="field">
    <label for=${id}>${label}${required === false && html` <span class="quiet">(optional)</span>`}</label>
    ${children}
    ${error && html`<p class="field-error" id="${id}-error">${error}</p>`}
  </div>`;
}

export function TextField({ id, label, value = "", onValue, required, error, type = "text", ...rest }) {
  const described = error ? `${id}-error` : undefined;
  return html`<${Labelled} ...${{ id, label, required, error }}>
    <input id=${id} type=${type} value=${value} required=${required} aria-invalid=${Boolean(error)}
      aria-describedby=${described} autocomplete="off" ...${rest}
      onInput=${(event) => onValue(event.target.value)} />
  <//>`;
}

export function LongTextField({ id, label, value = "", onValue, required, error }) {
  return html`<${Labelled} ...${{ id, label, required, error }}>
    <textarea id=${id} rows="3" required=${required} value=${value}
      onInput=${(event) => onValue(event.target.value)}></textarea>
  <//>`;
}

export function ChoiceField({ id, label, value = "", onValue, required, error, options, empty = "Choose…" }) {
  return html`<${Labelled} ...${{ id, label, required, error }}>
    <select id=${id} required=${required} value=${value} onChange=${(event) => onValue(event.target.value)}>
      <option value="">${empty}</option>
      ${options.map((each) => {
        const option = typeof each === "object" ? each : { value: each, label: asWords(each) };
        return html`<option key=${option.value} value=${option.value}>${option.label ?? option.value}</option>`;
      })}
    </select>
  <//>`;
}

export function GroupField({ id: groupId, name, label, parts, value = {}, onValue, errors }) {
  return html`<fieldset class="group">
    <legend>${label}</legend>
    ${parts.map((part) => {
      const id = `${groupId}-${part.name.replace("/", "-")}`;
      const set = (text) => onValue({ ...value, [part.name]: text });
      const error = errors.get(`/${name}/${part.name}`);
      return html`<${TextField} key=${id} ...${{ ...part, id, error }} value=${value[part.name]} onValue=${set} />`;
    })}
  </fieldset>`;
}

const ADDRESS_PARTS = [
  { name: "name", label: "Name", required: true },
  { name: "lines/0", label: "Street", required: true },
  { name: "lines/1", label: "Flat, building, company" },
  { name: "postal_code", label: "Postal code" },
  { name: "city", label: "City", required: true },
  { name: "region", label: "State or region" },
  { name: "country", label: "Country (two letters)", required: true, maxlength: 2, pattern: "[A-Za-z]{2}" },
];
const CUSTOMER_PARTS = [
  { name: "name", label: "Name" },
  { name: "email", label: "E-mail", type: "email" },
  { name: "phone", label: "Phone", type: "tel" },
];

/** The kind of control for a field of an action: by its type, else by its name. */
export function kindOf({ name, type, options }) {
  if (options?.length) return "choice";
  if (type === "address" || name === "shipping_address") return "address";
  if (type === "customer" || name === "customer") return "customer";
  if (type === "sku" || name === "sku") return "sku";
  if (["integer", "number"].includes(type)) return "number";
  return name === "reason" || name === "note" ? "long" : "text";
}

export function Field({ id, field, value, onValue, errors }) {
  const { name, required = false, options } = field;
  const common = { id, label: asWords(name), required, value, onValue };
  common.error = errors.get(`/${name}`);
  const kind = kindOf(field);
  if (kind === "address") return html`<${GroupField} ...${common} name=${name} parts=${ADDRESS_PARTS} errors=${errors} />`;
  if (kind === "customer") return html`<${GroupField} ...${common} name=${name} parts=${CUSTOMER_PARTS} errors=${errors} />`;
  if (kind === "choice") return html`<${ChoiceField} ...${common} options=${options} />`;
  if (kind === "sku") return html`<${SkuField} ...${common} label="SKU" />`;
  if (kind === "number") return html`<${TextField} ...${common} type="number" step="1" />`;
  if (kind === "long") return html`<${LongTextField} ...${common} />`;
  return html`<${TextField} ...${common} type=${field.type === "email" ? "email" : "text"} />`;
}
