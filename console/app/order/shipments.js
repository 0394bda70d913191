import { newKey } from "../api.js";
import { useConsole } from "../context.js";
import { asWords } from "../format.js";
import { ActionForm } from "../parts/action-form.js";
import { Badge } from "../parts/badge.js";
import { Dialog } from "../parts/dialog.js";
import { Empty, ProblemNote } from "../parts/messages.js";
import { When } from "../parts/values.js";
import { html, useState } from "../view.js";
import { actionName } from "../words.js";
import { LabelLink } from "./label-link.js";

const REASON = [{ name: "reason", type: "text", required: true }];

export function Shipments({ order, onChanged }) {
  if (!order.shipments.length) {
    return html`<${Empty} title="Nothing released yet">Shipments appear when the order is released to its nodes.<//>`;
  }
  return order.shipments.map((shipment) => html`<${Shipment} key=${shipment.shipment_id} shipment=${shipment} onChanged=${onChanged} />`);
}

function Shipment({ shipment, onChanged }) {
  return html`<div class="shipment">
    <div class="shipment-title"><h3>Shipment ${shipment.number} from ${shipment.node}</h3><${Badge} name=${shipment.state} />
      <${NodeActions} shipment=${shipment} onChanged=${onChanged} /></div>
    <p class="quiet">${shipment.lines.map((line) => `${line.sku}: ${line.picked} picked, ${line.packed} packed of ${line.quantity}`).join(" · ")}</p>
    ${shipment.parcels.map((parcel) => html`<${Parcel} key=${parcel.number} parcel=${parcel} shipment=${shipment} />`)}
  </div>`;
}

/** What the node does by hand when its own system does not report it. */
function NodeActions({ shipment, onChanged }) {
  const { api } = useConsole();
  const [problem, setProblem] = useState(null);
  const [rejecting, setRejecting] = useState(false);
  const names = (shipment.allowed_actions ?? []).map((each) => each.name ?? each);
  const href = (name) => `/shipments/${encodeURIComponent(shipment.shipment_id)}/${name}`;
  const act = async (name) => {
    if (name === "reject") return setRejecting(true);
    try {
      onChanged(await api.post(href(name), {}, newKey()));
      setProblem(null);
    } catch (refused) {
      setProblem(refused);
    }
  };
  const close = () => setRejecting(false);
  return html`<div class="buttons small">
    ${names.map((name) => html`<button key=${name} type="button" class=${name === "reject" ? "danger-quiet" : ""} onClick=${() => act(name)}>${actionName(name)}</button>`)}
    <${ProblemNote} problem=${problem} />
    ${rejecting && html`<${Dialog} title="Reject shipment ${shipment.number}" onClose=${close}>
      <p>The order looks for another node.</p>
      <${ActionForm} action=${{ name: "reject", fields: REASON }} href=${href("reject")} onCancel=${close}
        onDone=${(answer) => (close(), onChanged(answer))} />
    <//>`}
  </div>`;
}

function Parcel({ parcel, shipment }) {
  const carrier = [parcel.carrier, parcel.service].filter(Boolean).map(asWords).join(" ");
  return html`<div class="parcel">
    <div class="parcel-title"><strong>Parcel ${parcel.number}</strong><${Badge} name=${parcel.state} />
      ${parcel.tracking_number && html`<span>${carrier} <code>${parcel.tracking_number}</code></span>`}
      ${parcel.label_url && html`<${LabelLink} href=${parcel.label_url} name="label-${shipment.shipment_id}-${parcel.number}" />`}
      ${parcel.shipped_at && html`<span class="quiet">shipped <${When} at=${parcel.shipped_at} /></span>`}
    </div>
    ${parcel.scans.length > 0 && html`<ol class="scans">
      ${[...parcel.scans].reverse().map((scan, at) => html`<li key=${at}><${When} at=${scan.at} style="second" />
        <strong>${asWords(scan.status)}</strong><span>${[scan.place, scan.detail].filter(Boolean).join(" · ")}</span></li>`)}
    </ol>`}
  </div>`;
}
