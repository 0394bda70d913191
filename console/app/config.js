// What the place the console is served from says about itself: `config.json` beside index.html.

const DEFAULTS = { api_base: "/", cognito: null, local_token_hint: null };

/** `{api_base, cognito: {domain, client_id, scopes?, token_use?} | null, local_token_hint}`. */
export async function loadConfig() {
  const answer = await fetch("config.json", { cache: "no-store" });
  if (!answer.ok) throw new Error(`config.json answered ${answer.status}`);
  const config = { ...DEFAULTS, ...(await answer.json()) };
  const base = new URL(config.api_base || "/", location.href);
  return { ...config, api_base: base.href.replace(/\/$/, "") };
}
