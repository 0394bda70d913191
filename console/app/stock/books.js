import { newKey } from "../api.js";
import { useConsole } from "../context.js";
import { asWords, formatNumber } from "../format.js";
import { Dialog } from "../parts/dialog.js";
import { ProblemNote } from "../parts/messages.js";
import { html, useState } from "../view.js";
import { shelfName } from "../words.js";
import { Reference } from "./movements.js";

/** Compares counters, movements, orders and holds of one SKU; repairs what differs when told to. */
export function Books({ sku, path, onRepaired }) {
  const { api } = useConsole();
  const [report, setReport] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState(false);

  async function check(repair) {
    setBusy(true);
    setAsked(false);
    try {
      setReport(await api.post(`${path}/reconcile`, { repair }, newKey()));
      setProblem(null);
      if (repair) onRepaired();
    } catch (refused) {
      setProblem(refused);
    }
    setBusy(false);
  }

  const open = report?.findings.filter((each) => !each.repaired) ?? [];
  return html`<section class="books"><h3>Books</h3>
    <div class="buttons">
      <button type="button" disabled=${busy} onClick=${() => check(false)}>Check the books</button>
      ${open.length > 0 && html`<button type="button" class="danger-quiet" disabled=${busy} onClick=${() => setAsked(true)}>Repair…</button>`}
    </div>
    <${ProblemNote} problem=${problem} />
    <div role="status">${report && html`<${Report} of=${report} />`}</div>
    ${asked && html`<${Dialog} title="Repair the books of ${sku}?" onClose=${() => setAsked(false)}>
      <p>Counters are set to what the movements say, and claims to what orders and reservations hold.
        Each repair is written down as a movement. What needs a person stays as it is.</p>
      <div class="buttons"><button type="button" class="danger" onClick=${() => check(true)}>Repair</button>
        <button type="button" onClick=${() => setAsked(false)}>Back</button></div>
    <//>`}
  </section>`;
}

function Report({ of: { findings, unsettled, movements_read: read } }) {
  return html`
    ${!findings.length && html`<p>The books agree: ${formatNumber(read)} movements were read.</p>`}
    ${findings.length > 0 && html`<ol class="findings">${findings.map((each) => html`<${Finding} key=${each.id} of=${each} />`)}</ol>`}
    ${unsettled > 0 && html`<p class="quiet">${formatNumber(unsettled)} more moved while they were looked at. Check again.</p>`}`;
}

function Finding({ of: found }) {
  const place = [found.node, found.shelf && shelfName(found.shelf)].filter(Boolean).join(", ");
  const figures = Object.keys({ ...found.holds, ...found.should });
  return html`<li class="note ${found.repaired ? "" : "waiting"}" data-finding=${found.kind}>
    <p><strong>${asWords(found.kind)}</strong> ${place} ${found.reference && html`· <${Reference} name=${found.reference} />`}</p>
    <p>${found.why}</p>
    <p>${figures.map((name) => `${asWords(name)} ${found.holds[name] ?? 0}, should be ${found.should[name] ?? 0}`).join(" · ")}</p>
    <p class="quiet">${found.repaired ? "Repaired." : `To do: ${found.proposal}.`}${found.note && ` (${found.note})`}</p>
  </li>`;
}
