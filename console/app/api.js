// The public HTTP API. Every answer that is not a success becomes a `Problem`.
import { renewIfDue } from "./cognito.js";
import { currentSession } from "./session.js";

/** An RFC 9457 problem document, or what stands for one when there was no answer. */
export class Problem extends Error {
  constructor(status, document = {}) {
    super(document.detail || document.title || `The server answered ${status}.`);
    this.status = status;
    this.errors = document.errors ?? [];
    this.requestId = document.request_id ?? "";
  }
}

const UNREACHABLE = { detail: "The server cannot be reached. It is tried again by itself." };

/** `onSignedOut` is called when the API no longer accepts the token. */
export function openApi(config, onSignedOut) {
  /** An address in an answer is relative to the API. Anything but http(s) is refused. */
  function address(path) {
    const url = new URL(path.startsWith("/") ? config.api_base + path : path, config.api_base);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  }

  async function ask(path, { headers, ...options } = {}) {
    await renewIfDue(config.cognito);
    const token = currentSession()?.token;
    const allHeaders = { Accept: "application/json", Authorization: `Bearer ${token}`, ...headers };
    const url = address(path);
    // The token goes to the API and to nobody that an answer might name.
    if (!url?.startsWith(`${config.api_base}/`)) throw new Problem(0, { detail: "Not an API address." });
    let answer;
    try {
      answer = await fetch(url, { ...options, headers: allHeaders });
    } catch (cause) {
      if (cause.name === "AbortError") throw cause;
      throw new Problem(0, UNREACHABLE);
    }
    if (answer.ok) return answer;
    const problem = await answer.json().catch(() => ({}));
    // The gateway itself says 403 without a problem document when it does not know the token. A
    // late "no" to an earlier token must not end a newer session.
    const unknown = answer.status === 401 || (answer.status === 403 && !problem.type);
    if (unknown && token === currentSession()?.token) onSignedOut();
    throw new Problem(answer.status, problem);
  }

  const get = async (path, query = {}, signal) =>
    (await ask(withQuery(path, query), { signal })).json();

  const post = async (path, body = {}, key = newKey()) => {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
    const answer = await ask(path, { method: "POST", headers, body: JSON.stringify(body) });
    return answer.json();
  };

  return { address, ask, get, post };
}

export function withQuery(path, query) {
  const given = Object.entries(query).filter(([, value]) => value);
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

/** A link to elsewhere, as long as it is a web address. */
export const webAddress = (url) => (/^https?:\/\//i.test(url ?? "") ? url : null);

/** One key for one intent: sent again after a lost answer, renewed once there was an answer. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
