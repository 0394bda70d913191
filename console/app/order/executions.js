// The picture of an order's workflow executions: boxes for steps, arrows between them.
import { webAddress } from "../api.js";
import { asWords, formatMilliseconds } from "../format.js";
import { Badge } from "../parts/badge.js";
import { Empty } from "../parts/messages.js";
import { When } from "../parts/values.js";
import { html } from "../view.js";
import { PLANNED_STEPS, toneOfOutcome } from "../words.js";

export function Executions({ items }) {
  if (!items) return html`<p class="quiet">The executions cannot be read right now.</p>`;
  if (!items.length) {
    return html`<${Empty} title="No execution yet">The intake workflow starts within seconds of capture.<//>`;
  }
  return html`<ol class="executions">
    ${items.map((each) => html`<${Execution} key=${each.name} execution=${each} />`)}
  </ol>`;
}

function Execution({ execution }) {
  const link = webAddress(execution.console_url);
  return html`<li class="execution" data-workflow=${execution.workflow}>
    <div class="execution-title">
      <h3>${asWords(execution.workflow)}</h3>
      <${Badge} name=${execution.status} />
      <span class="quiet"><${When} at=${execution.started_at} /></span>
      <code>${execution.name}</code>
      ${link && html`<a href=${link} target="_blank" rel="noopener noreferrer">Step Functions console ↗</a>`}
    </div>
    <ol class="flow">
      ${execution.steps.map((step, at) => html`<${Step} key=${at} step=${step} first=${at === 0} />`)}
      ${ahead(execution).map((state) => html`<${Ahead} key=${state} state=${state} running=${execution.status === "RUNNING"} />`)}
    </ol>
  </li>`;
}

/** Steps of the straight way that this execution has not come to. */
function ahead({ workflow, steps }) {
  const done = new Set(steps.map((step) => step.state));
  return (PLANNED_STEPS[workflow] ?? []).filter((state) => !done.has(state));
}

function Step({ step, first }) {
  const outcome = step.outcome || "RUNNING";
  return html`<li>
    ${!first && html`<${Arrow} />`}
    <div class="step ${toneOfOutcome(outcome)}" data-state=${step.state}>
      <span class="state">${asWords(step.state)}</span>
      <span class="outcome">${asWords(outcome)}</span>
      <span class="times"><${When} at=${step.at} style="time" /> ${formatMilliseconds(step.milliseconds)}</span>
    </div>
  </li>`;
}

function Ahead({ state, running }) {
  return html`<li>
    <${Arrow} dashed />
    <div class="step ahead"><span class="state">${asWords(state)}</span>
      <span class="outcome">${running ? "To come" : "Not reached"}</span></div>
  </li>`;
}

function Arrow({ dashed }) {
  return html`<svg class="arrow" viewBox="0 0 28 12" width="28" height="12" aria-hidden="true">
    <path d="M0 6h22" stroke-dasharray=${dashed ? "3 3" : undefined} /><path d="m18 2 5 4-5 4" />
  </svg>`;
}
