// A SKU with suggestions from stock: type, go down with the arrows, Enter takes one.
import { useConsole } from "../context.js";
import { html, useEffect, useState } from "../view.js";
import { useSettled } from "../live.js";

const MOST = 8;

export function SkuField({ id, label, value = "", onValue, required, error }) {
  const { api } = useConsole();
  const [found, setFound] = useState([]);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const settled = useSettled(value);

  useEffect(() => {
    const stop = new AbortController();
    api
      .get("/stock", { q: settled, limit: MOST }, stop.signal)
      .then((page) => setFound(page.items.slice(0, MOST)))
      .catch(() => {});
    return () => stop.abort();
  }, [settled]);

  const take = (sku) => {
    onValue(sku);
    setOpen(false);
    setActive(-1);
  };
  const onKeyDown = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setOpen(true);
      setActive((at) => (at + step + found.length) % Math.max(found.length, 1));
    } else if (event.key === "Enter" && open && found[active]) {
      event.preventDefault();
      take(found[active].sku);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      setOpen(false);
    }
  };

  const shown = open && found.length > 0;
  return html`<div class="field suggest">
    <label for=${id}>${label}</label>
    <input id=${id} role="combobox" autocomplete="off" spellcheck=${false} value=${value} required=${required}
      aria-expanded=${shown} aria-controls="${id}-list" aria-autocomplete="list" aria-invalid=${Boolean(error)}
      aria-activedescendant=${shown && active >= 0 ? `${id}-${active}` : undefined}
      placeholder="Type a SKU or a title"
      onFocus=${() => setOpen(true)} onBlur=${() => setOpen(false)} onKeyDown=${onKeyDown}
      onInput=${(event) => (onValue(event.target.value), setOpen(true), setActive(-1))} />
    ${shown && html`<ul id="${id}-list" role="listbox" aria-label="Products">
      ${found.map(
        (item, at) => html`<li key=${item.sku} id="${id}-${at}" role="option" aria-selected=${at === active}
          onMouseDown=${(event) => (event.preventDefault(), take(item.sku))}>
          <strong>${item.sku}</strong> <span>${item.title}</span>
          <span class="quiet">${item.total.available} available</span>
        </li>`,
      )}
    </ul>`}
    ${error && html`<p class="field-error">${error}</p>`}
  </div>`;
}
