import { useConsole } from "../context.js";
import { useLive } from "../live.js";
import { Dialog } from "../parts/dialog.js";
import { ProblemNote } from "../parts/messages.js";
import { html } from "../view.js";
import { Books } from "./books.js";
import { Levels } from "./levels.js";
import { Movements } from "./movements.js";
import { Sellable } from "./sellable.js";

/** One SKU: what lies where, what can be sold of it, and the movements that made it so. */
export function SkuDrawer({ sku, onClose, onForm }) {
  const { api } = useConsole();
  const path = `/stock/${encodeURIComponent(sku)}`;
  const levels = useLive((signal) => api.get(path, {}, signal), sku);
  const movements = useLive((signal) => api.get(`${path}/movements`, {}, signal), sku);
  const refresh = () => {
    levels.refresh();
    movements.refresh();
  };
  return html`<${Dialog} title=${sku} kind="drawer" onClose=${onClose}>
    <div class="buttons">
      <button type="button" onClick=${() => onForm("receipt")}>Receive</button>
      <button type="button" onClick=${() => onForm("adjustment")}>Adjust</button>
      <a href="#/orders?sku=${encodeURIComponent(sku)}">Orders with it</a>
    </div>
    <${ProblemNote} problem=${levels.problem} />
    ${levels.data && html`<${Levels} stock=${levels.data} />`}
    <${Sellable} sku=${sku} path=${path} />
    <${Books} sku=${sku} path=${path} onRepaired=${refresh} />
    <section><h3>Movements</h3>
      <${ProblemNote} problem=${movements.problem} />
      <${Movements} page=${movements.data} problem=${movements.problem} /></section>
  <//>`;
}
