import { html } from "../view.js";

/** What went wrong, in the API's own sentence. */
export function ProblemNote({ problem, children }) {
  if (!problem) return null;
  const lead = problem.status === 409 ? "Not possible now. " : "";
  const reference = problem.requestId && html`<span class="reference">Reference ${problem.requestId}</span>`;
  return html`<div class="note bad" role="alert"><p>${lead}${problem.message}</p>${reference}${children}</div>`;
}

/** Nothing to show: says why, and what to do. */
export function Empty({ title, children }) {
  return html`<div class="empty"><h3>${title}</h3><p>${children}</p></div>`;
}

export function Loading({ of }) {
  return html`<p class="loading" role="status">Loading ${of}…</p>`;
}

export function Card({ title, aside, children, kind = "" }) {
  return html`<section class="card ${kind}">
    <header><h2>${title}</h2>${aside}</header>
    ${children}
  </section>`;
}
