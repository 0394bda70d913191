import { useConsole } from "./context.js";
import { useLive } from "./live.js";
import { html, useEffect, useState } from "./view.js";

const VIEWS = [
  ["orders", "Orders"],
  ["tasks", "Tasks"],
  ["stock", "Stock"],
];
const WAITING = ["NEEDS_ATTENTION", "IN_REVIEW", "ON_HOLD"];
const TOAST_MS = 5000;

export function TopBar({ view, onSignOut }) {
  const { api } = useConsole();
  const { data } = useLive((signal) => api.get("/orders/counts", {}, signal), "waiting", 5000);
  const waiting = WAITING.reduce((sum, status) => sum + (data?.counts[status] ?? 0), 0);
  const link = ([name, title]) => html`<a key=${name} href="#/${name}" aria-current=${view === name ? "page" : undefined}>
    ${title}${name === "tasks" && waiting > 0 && html`<span class="pill" title="Orders that wait for a person">${waiting}</span>`}
  </a>`;
  return html`<header class="top">
    <div>
      <a class="brand" href="#/orders"><img src="icon.svg" alt="" width="22" height="22" />Order console</a>
      <nav aria-label="Views">${VIEWS.map(link)}</nav>
      <button type="button" class="plain" onClick=${onSignOut}>Sign out</button>
    </div>
  </header>`;
}

/** Says in passing what was done; gone after some seconds. */
export function Toast({ said }) {
  const [shown, setShown] = useState(null);
  useEffect(() => {
    setShown(said);
    const timer = setTimeout(() => setShown(null), TOAST_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return html`<div class="toast" role="status">${shown && html`<p>${shown.text}</p>`}</div>`;
}
