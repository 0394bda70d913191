import {
  formatMoment,
  formatMoney,
  formatRelative,
  formatTime,
  formatToTheSecond,
  formatUtc,
} from "../format.js";
import { html } from "../view.js";

const STYLES = {
  moment: formatMoment,
  second: formatToTheSecond,
  time: formatTime,
  relative: formatRelative,
};

/** A time where the person is; the UTC time is in the title. `style`: a key of `STYLES`. */
export function When({ at, style = "moment" }) {
  if (!at) return html`<span class="quiet">–</span>`;
  const text = STYLES[style](at);
  const title = style === "relative" ? `${formatMoment(at)} · ${formatUtc(at)}` : formatUtc(at);
  return html`<time datetime=${at} title=${title}>${text}</time>`;
}

export function Amount({ of }) {
  return html`<span class="amount">${of ? formatMoney(of) : "–"}</span>`;
}
