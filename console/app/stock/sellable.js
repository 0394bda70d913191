import { useConsole } from "../context.js";
import { formatDay, formatNumber } from "../format.js";
import { useLive } from "../live.js";
import { Loading, ProblemNote } from "../parts/messages.js";
import { html } from "../view.js";
import { CHANNELS, channelName } from "../words.js";

const EVERY_MS = 10_000; // one question for each channel

/** What each channel can sell of the SKU now, and why it is not more. */
export function Sellable({ sku, path }) {
  const { api } = useConsole();
  const live = useLive((signal) => ask(api, path, signal), sku, EVERY_MS);
  return html`<section class="sellable"><h3>What can be sold now</h3>
    <${ProblemNote} problem=${live.problem} />
    ${!live.data && !live.problem && html`<${Loading} of="what can be sold" />`}
    ${live.data?.map((found) => html`<${Channel} key=${found.channel} found=${found} />`)}
  </section>`;
}

/** The channels we know of, and those that the merchant's rules name. */
async function ask(api, path, signal) {
  const rules = await api.get("/policies/selling", {}, signal);
  const named = [...rules.channels, ...rules.buffers].map((each) => each.channel);
  const pooled = rules.pools.flatMap((pool) => pool.channels);
  const channels = new Set([...Object.keys(CHANNELS), ...named, ...pooled].filter((name) => name && name !== "*"));
  return Promise.all([...channels].map((channel) => api.get(`${path}/availability`, { channel }, signal)));
}

function Channel({ found }) {
  const [now, ...later] = found.schedule;
  return html`<details data-channel=${found.channel}>
    <summary><strong>${channelName(found.channel)}</strong> ${total(found)}</summary>
    ${found.by_node.length > 0 && html`<ul class="reasons">${found.by_node.map((each) => html`<li key=${each.node}>
      ${each.node}: ${formatNumber(each.units)} to sell${each.kept_back > 0 && `, ${formatNumber(each.kept_back)} kept back`}${each.rule && ` (rule: ${each.rule})`}</li>`)}</ul>`}
    ${found.waiting > 0 && html`<p>Of these, ${formatNumber(found.waiting)} go to the orders that wait.</p>`}
    ${found.components.length > 0 && html`<p>A kit, made of ${found.components.map((part) => `${part.sku} (${formatNumber(part.sellable)} to sell)`).join(", ")}.</p>`}
    ${later.length > 0
      ? html`<h4>By day</h4><ul class="reasons">${[now, ...later].map((each, at) => html`<li key=${each.date}>${at ? `From ${formatDay(each.date)}` : "Now"}: ${formatNumber(each.units)}</li>`)}</ul>`
      : html`<p class="quiet">Nothing that is on its way changes this.</p>`}
    ${found.explanation.length > 0 && html`<h4>How it was decided, for one unit</h4><ul class="reasons">${found.explanation.map((sentence) => html`<li key=${sentence}>${sentence}</li>`)}</ul>`}
  </details>`;
}

function total({ sellable, beyond_stock: beyond, no_limit: limitless }) {
  if (limitless) return `${formatNumber(sellable)} in stock, sold without limit`;
  return `${formatNumber(sellable)} units${beyond > 0 ? `, and ${formatNumber(beyond)} beyond stock` : ""}`;
}
