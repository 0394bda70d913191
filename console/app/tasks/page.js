import { useConsole } from "../context.js";
import { useLive } from "../live.js";
import { Empty, Loading, ProblemNote } from "../parts/messages.js";
import { replaceQuery } from "../route.js";
import { html, useState } from "../view.js";
import { taskKindName } from "../words.js";
import { TakeOwnership } from "./ownership.js";
import { Task } from "./task.js";

const PAGE_SIZE = 100;

/** What waits for a person. A task goes by itself when its cause does. */
export function TasksPage({ query }) {
  const { api, say } = useConsole();
  const [wanted, setWanted] = useState(1);
  const [chosen, setChosen] = useState(new Set());
  const live = useLive((signal) => loadTasks(api, wanted, signal), `tasks ${wanted}`);
  const tasks = (live.data?.items ?? []).filter((task) => matches(task, query));
  const still = tasks.filter((task) => chosen.has(task.task_id));

  const choose = (taskId, on) => setChosen((old) => new Set(on ? [...old, taskId] : [...old].filter((id) => id !== taskId)));
  const done = (text) => {
    say(text);
    live.refresh();
  };

  return html`
    <div class="page-title"><h1>Tasks</h1>
      ${live.data && html`<p class="quiet">${live.data.items.length}${live.data.more ? "+" : ""} waiting for a person</p>`}</div>
    <${ProblemNote} problem=${live.problem} />
    ${live.data && html`<${Kinds} items=${live.data.items} chosen=${query.kind}
      onChoose=${(kind) => replaceQuery("tasks", { ...query, kind })} />`}
    ${query.order && html`<p class="note">Only the tasks of one order. <a href="#/tasks">Show all</a></p>`}
    ${tasks.length > 0 && html`<${TakeOwnership} tasks=${still} all=${tasks} onChooseAll=${(on) => setChosen(new Set(on ? tasks.map((task) => task.task_id) : []))}
      onDone=${(text) => (setChosen(new Set()), done(text))} />`}
    <ul class="tasks">
      ${tasks.map((task) => html`<${Task} key=${task.task_id} task=${task} chosen=${chosen.has(task.task_id)}
        onChoose=${(on) => choose(task.task_id, on)} onDone=${done} />`)}
    </ul>
    ${!live.data && !live.problem && html`<${Loading} of="tasks" />`}
    ${live.data && !tasks.length && html`<${NothingWaits} any=${live.data.items.length > 0} />`}
    ${live.data?.more && html`<div class="more"><button type="button" onClick=${() => setWanted(wanted + 1)}>Load more</button></div>`}
  `;
}

async function loadTasks(api, wanted, signal) {
  const items = [];
  let cursor = "";
  for (let page = 0; page < wanted; page += 1) {
    const answer = await api.get("/tasks", { limit: PAGE_SIZE, cursor }, signal);
    items.push(...answer.items);
    cursor = answer.next_cursor ?? "";
    if (!cursor) break;
  }
  return { items, more: Boolean(cursor) };
}

const matches = (task, { kind, order }) =>
  (!kind || task.kind === kind) && (!order || task.order_id === order);

function Kinds({ items, chosen, onChoose }) {
  const kinds = [...new Set(items.map((task) => task.kind))].sort();
  if (kinds.length < 2 && !chosen) return null;
  const count = (kind) => items.filter((task) => task.kind === kind).length;
  return html`<div class="kinds" role="group" aria-label="Kinds of task">
    ${kinds.map((kind) => html`<button key=${kind} type="button" class="chip" aria-pressed=${chosen === kind}
      onClick=${() => onChoose(chosen === kind ? "" : kind)}>${taskKindName(kind)} <span class="count">${count(kind)}</span></button>`)}
  </div>`;
}

function NothingWaits({ any }) {
  return any
    ? html`<${Empty} title="No task of this kind"><a href="#/tasks">Show all tasks</a><//>`
    : html`<${Empty} title="Nothing waits for a person">
        Orders that the rules cannot take on by themselves come here. <a href="#/orders">Look at the orders</a><//>`;
}
