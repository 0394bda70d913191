import { newKey } from "../api.js";
import { useConsole } from "../context.js";
import { ProblemNote } from "../parts/messages.js";
import { myName, rememberMyName } from "../session.js";
import { html, useState } from "../view.js";

/** Puts one's name on several tasks at once. Taking what one has already changes nothing. */
export function TakeOwnership({ tasks, all, onChooseAll, onDone }) {
  const { api } = useConsole();
  const [name, setName] = useState(myName());
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);

  async function take(event) {
    event.preventDefault();
    setBusy(true);
    rememberMyName(name.trim());
    const path = (task) => `/tasks/${encodeURIComponent(task.task_id)}/take-owner`;
    const asked = tasks.map((task) => api.post(path(task), { owner: name.trim() }, newKey()));
    const refused = (await Promise.allSettled(asked)).filter((each) => each.status === "rejected");
    setBusy(false);
    setProblem(refused[0]?.reason ?? null);
    if (!refused.length) onDone(`${tasks.length} ${tasks.length === 1 ? "task is" : "tasks are"} yours now.`);
  }

  return html`<form class="bulk" onSubmit=${take}>
    <label class="check"><input type="checkbox" checked=${tasks.length === all.length}
      onChange=${(event) => onChooseAll(event.target.checked)} /> Choose all ${all.length}</label>
    ${tasks.length > 0 && html`
      <label for="owner">Owner</label>
      <input id="owner" required placeholder="Your name" value=${name} onInput=${(event) => setName(event.target.value)} />
      <button class="primary" disabled=${busy}>Take ownership of ${tasks.length}</button>`}
    <${ProblemNote} problem=${problem} />
  </form>`;
}
