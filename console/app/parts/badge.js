import { asWords } from "../format.js";
import { html } from "../view.js";
import { toneOf } from "../words.js";

/** A status as a word with a dot in its tone. */
export function Badge({ name, tone = toneOf(name), label = asWords(name), title }) {
  return html`<span class="badge ${tone}" title=${title}>${label}</span>`;
}
