import { asWords } from "../format.js";
import { When } from "../parts/values.js";
import { html, useState } from "../view.js";
import { sentenceFor } from "./story.js";

const FIRST = 12;

/** What happened, newest first; the numbers have no gaps. */
export function Timeline({ entries }) {
  const [all, setAll] = useState(false);
  const newest = [...entries].reverse();
  const shown = all ? newest : newest.slice(0, FIRST);
  return html`
    <ol class="timeline" reversed>
      ${shown.map((entry) => html`<li key=${entry.seq} class=${entry.seq === newest[0].seq ? "newest" : ""}>
        <span class="seq" aria-label="Entry ${entry.seq}">${entry.seq}</span>
        <div><strong>${asWords(entry.event)}</strong>
          <${Story} entry=${entry} />
          <span class="sub"><${When} at=${entry.at} style="second" /> · ${entry.actor}</span></div>
      </li>`)}
    </ol>
    ${newest.length > shown.length && html`<button type="button" class="plain" onClick=${() => setAll(true)}>
      Show all ${newest.length} entries</button>`}`;
}

function Story({ entry }) {
  const sentence = sentenceFor(entry);
  return sentence ? html`<p>${sentence}</p>` : html`<${Detail} of=${entry.detail} />`;
}

function Detail({ of }) {
  const given = Object.entries(of ?? {}).filter(([, value]) => value !== null && value !== "");
  if (!given.length) return null;
  return html`<dl class="detail">${given.map(([name, value]) => html`<div key=${name}><dt>${asWords(name)}</dt><dd>${asText(value)}</dd></div>`)}</dl>`;
}

function asText(value) {
  if (Array.isArray(value)) return value.map(asText).join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.values(value).map(asText).join(" ");
}
