// Sign-in with Cognito's hosted pages: authorization code with PKCE (RFC 7636), no secret.
import { currentSession, startSession } from "./session.js";

const ATTEMPT = "oms.sign-in";
const RENEW_BEFORE_MS = 60_000;

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (c) => ({ "+": "-", "/": "_" })[c] ?? "");
const randomText = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const here = () => location.origin + location.pathname;

async function challengeOf(verifier) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return base64url(new Uint8Array(digest));
}

/** Leaves for the hosted page; `finishSignIn` goes on when it sends the browser back. */
export async function beginSignIn(cognito) {
  const attempt = { verifier: randomText(), state: randomText(), hash: location.hash };
  sessionStorage.setItem(ATTEMPT, JSON.stringify(attempt));
  const query = new URLSearchParams({
    response_type: "code",
    client_id: cognito.client_id,
    redirect_uri: here(),
    scope: cognito.scopes ?? "openid email profile",
    state: attempt.state,
    code_challenge_method: "S256",
    code_challenge: await challengeOf(attempt.verifier),
  });
  location.assign(`${cognito.domain}/oauth2/authorize?${query}`);
}

/** Takes the code out of the address, if there is one, and makes it a session. */
export async function finishSignIn(cognito) {
  const query = new URLSearchParams(location.search);
  if (!cognito || !(query.has("code") || query.has("error"))) return;
  const attempt = JSON.parse(sessionStorage.getItem(ATTEMPT) ?? "{}");
  sessionStorage.removeItem(ATTEMPT);
  history.replaceState(null, "", here() + (attempt.hash ?? ""));
  if (query.has("error")) throw new Error(query.get("error_description") ?? query.get("error"));
  if (!attempt.state || attempt.state !== query.get("state")) {
    throw new Error("This sign-in was not started here. Please sign in again.");
  }
  await exchange(cognito, {
    grant_type: "authorization_code",
    code: query.get("code"),
    redirect_uri: here(),
    code_verifier: attempt.verifier,
  });
}

let renewal = null;

/** Renews the session shortly before it ends; several callers share one renewal. */
export async function renewIfDue(cognito) {
  const session = currentSession();
  if (!cognito || !session?.refresh || Date.now() < session.expires_at - RENEW_BEFORE_MS) return;
  renewal ??= exchange(cognito, { grant_type: "refresh_token", refresh_token: session.refresh });
  await renewal.finally(() => (renewal = null));
}

export function leave(cognito) {
  const query = new URLSearchParams({ client_id: cognito.client_id, logout_uri: here() });
  location.assign(`${cognito.domain}/logout?${query}`);
}

async function exchange(cognito, form) {
  const answer = await fetch(`${cognito.domain}/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({ ...form, client_id: cognito.client_id }),
  });
  if (!answer.ok) throw new Error("Cognito did not accept the sign-in. Please sign in again.");
  const tokens = await answer.json();
  startSession({
    token: tokens[`${cognito.token_use ?? "access"}_token`],
    name: claimsOf(tokens.id_token).email ?? "",
    refresh: tokens.refresh_token ?? form.refresh_token,
    expires_at: Date.now() + tokens.expires_in * 1000,
  });
}

/** Only to show a name: the API checks the token itself. */
function claimsOf(jwt = "") {
  const payload = jwt.split(".")[1];
  return payload ? JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/"))) : {};
}
