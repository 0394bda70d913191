import { webAddress } from "../api.js";
import { useConsole } from "../context.js";
import { html, useState } from "../view.js";

/**
 * A parcel's label. The API asks for the token, which a plain link would not carry, so the
 * console asks for it: the answer is a link that lives minutes (`{url}`) or the file itself.
 */
export function LabelLink({ href, name }) {
  const { api } = useConsole();
  const [problem, setProblem] = useState(null);
  const open = async () => {
    try {
      const answer = await api.ask(href);
      const type = answer.headers.get("Content-Type") ?? "";
      if (type.includes("json")) follow(webAddress((await answer.json()).url), { target: "_blank" });
      else follow(URL.createObjectURL(await answer.blob()), { download: name + ending(type) });
      setProblem(null);
    } catch (refused) {
      setProblem(refused);
    }
  };
  return html`<button type="button" class="plain" onClick=${open}>Label ↓</button>
    ${problem && html`<span class="overdue" role="alert">${problem.message}</span>`}`;
}

const ending = (type) => (type.includes("pdf") ? ".pdf" : type.includes("zpl") ? ".zpl" : "");

function follow(href, how) {
  if (!href) return;
  const link = Object.assign(document.createElement("a"), { href, rel: "noopener", ...how });
  link.click();
  if (how.download) setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
