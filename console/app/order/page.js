import { useConsole } from "../context.js";
import { useLive } from "../live.js";
import { Card, Loading, ProblemNote } from "../parts/messages.js";
import { html } from "../view.js";
import { Executions } from "./executions.js";
import { OrderHeader } from "./header.js";
import { Lines } from "./lines.js";
import { MoneyCard } from "./money.js";
import { People } from "./people.js";
import { Shipments } from "./shipments.js";
import { Timeline } from "./timeline.js";


/** Everything about one order, kept fresh; an action's answer replaces it at once. */
export function OrderPage({ orderId }) {
  const { api } = useConsole();
  const path = `/orders/${encodeURIComponent(orderId)}`;
  const load = async (signal) => {
    const [order, executions] = await Promise.all([
      api.get(path, {}, signal),
      api.get(`${path}/executions`, {}, signal).catch(() => ({ items: null })),
    ]);
    return { order, executions: executions.items };
  };
  const live = useLive(load, orderId);
  if (!live.data) {
    return live.problem
      ? html`<${ProblemNote} problem=${live.problem}><a href="#/orders">Back to all orders</a><//>`
      : html`<${Loading} of="the order" />`;
  }
  const { order, executions } = live.data;
  const changed = (answer) => {
    if (answer?.timeline) live.replace({ order: answer, executions });
    live.refresh();
  };
  return html`
    <${OrderHeader} order=${order} onChanged=${changed} />
    <${ProblemNote} problem=${live.problem} />
    <${Card} title="Workflow executions" kind="full"><${Executions} items=${executions} /><//>
    <div class="columns">
      <div>
        <${Card} title="Lines"><${Lines} order=${order} /><//>
        <${Card} title="Shipments and parcels"><${Shipments} order=${order} onChanged=${changed} /><//>
        <${Card} title="Money"><${MoneyCard} order=${order} /><//>
      </div>
      <div>
        <${People} order=${order} />
        <${Card} title="Timeline"><${Timeline} entries=${order.timeline} /><//>
      </div>
    </div>`;
}
