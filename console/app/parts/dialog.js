import { html, useEffect, useRef } from "../view.js";

let titles = 0;

/** The browser's own modal: it keeps the focus inside, closes on Escape and gives focus back. */
export function Dialog({ title, onClose, kind = "", children }) {
  const dialog = useRef();
  const titleId = useRef(`dialog-${(titles += 1)}`).current;
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current.showModal();
    return () => opener?.isConnected && opener.focus();
  }, []);
  const onBackdrop = (event) => event.target === dialog.current && kind === "drawer" && onClose();
  return html`<dialog ref=${dialog} class=${kind} aria-labelledby=${titleId} onClose=${onClose} onClick=${onBackdrop}>
    <div class="dialog-body">
      <header>
        <h2 id=${titleId}>${title}</h2>
        <button type="button" class="plain" aria-label="Close" onClick=${onClose}>✕</button>
      </header>
      ${children}
    </div>
  </dialog>`;
}
