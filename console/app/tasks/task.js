import { asWords } from "../format.js";
import { ActionForm } from "../parts/action-form.js";
import { Badge } from "../parts/badge.js";
import { When } from "../parts/values.js";
import { routeTo } from "../route.js";
import { html, useState } from "../view.js";
import { DANGEROUS, PRIMARY, actionName, channelName, taskKindName, toneOf } from "../words.js";

/** One task: what is wrong, with what, since when, and the ways out of it. */
export function Task({ task, chosen, onChoose, onDone }) {
  const [action, setAction] = useState(null);
  const titleId = `task-${task.task_id}`;
  const actions = task.allowed_actions.filter((each) => each.name !== "take-owner");
  const done = (answer) => {
    const what = actionName(action.name).toLowerCase();
    setAction(null);
    onDone(answer.resolved === false ? `${task.number}: ${what} is noted.` : `${task.number}: ${what} is done, the task is resolved.`);
  };
  return html`<li class="task card" aria-labelledby=${titleId} data-task=${task.task_id} data-kind=${task.kind}>
    <input type="checkbox" aria-label="Choose ${task.number || task.task_id}" checked=${chosen} onChange=${(event) => onChoose(event.target.checked)} />
    <div class="task-body">
      <p class="task-meta">
        <${Badge} name=${task.kind} tone=${toneOf(task.kind) === "bad" ? "bad" : "waiting"} label=${taskKindName(task.kind)} />
        ${task.order_id ? html`<a href=${routeTo("orders", { id: task.order_id })}>${task.number}</a>` : html`<span>${task.number}</span>`}
        <span class="quiet">${channelName(task.channel)}</span>
        <span class="quiet">opened <${When} at=${task.since} style="relative" /></span>
        <span class=${task.owner ? "owner" : "quiet"}>${task.owner || "No owner"}</span>
      </p>
      <h2 id=${titleId}>${task.reason}</h2>
      <${Subject} of=${task.subject} />
      <${Detail} of=${task.detail} />
      ${action
        ? html`<${ActionForm} key=${action.name} action=${action} href=${hrefOf(task, action)} prefill=${prefillOf(task)}
            onDone=${done} onCancel=${() => setAction(null)} />`
        : html`<div class="buttons">${actions.map((each) => html`<button key=${each.name} type="button" class=${kindOf(each.name)}
            onClick=${() => setAction(each)}>${actionName(each.name)}</button>`)}</div>`}
    </div>
  </li>`;
}

const hrefOf = (task, action) => action.href ?? `/tasks/${encodeURIComponent(task.task_id)}/${action.name}`;
const kindOf = (name) => (DANGEROUS.has(name) ? "danger-quiet" : PRIMARY.has(name) ? "primary" : "");
const isObject = (value) => value !== null && typeof value === "object";

/** What is known already stands in the form, so that only what is wrong is typed. */
function prefillOf({ subject, detail }) {
  return { ...(isObject(detail) ? detail : {}), ...(isObject(subject) ? subject : {}) };
}

function Subject({ of }) {
  if (!of) return null;
  if (!isObject(of)) return html`<p>${of}</p>`;
  const text = of.title ? [of.title, of.sku && `SKU ${of.sku}`].filter(Boolean).join(" · ") : "";
  return text ? html`<p class="subject">${text}</p>` : html`<${Detail} of=${of} />`;
}

function Detail({ of }) {
  if (!of) return null;
  if (!isObject(of)) return html`<p class="quiet">${of}</p>`;
  const shown = Object.entries(of).filter(([, value]) => value !== "" && !isObject(value));
  return html`<dl class="detail">${shown.map(([name, value]) => html`<div key=${name}><dt>${asWords(name)}</dt><dd>${String(value)}</dd></div>`)}</dl>`;
}
