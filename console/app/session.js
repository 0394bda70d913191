// Who is signed in. The token lives in this tab only and goes when the tab is closed.

const KEY = "oms.session";

/** `{token, name, refresh, expires_at}` or null. */
export function currentSession() {
  const stored = sessionStorage.getItem(KEY);
  return stored ? JSON.parse(stored) : null;
}

export function startSession(session) {
  sessionStorage.setItem(KEY, JSON.stringify(session));
}

export function endSession() {
  sessionStorage.removeItem(KEY);
}

/** The name that ownership is taken under; remembered on this device. */
export function myName() {
  return currentSession()?.name || localStorage.getItem("oms.my-name") || "";
}

export function rememberMyName(name) {
  localStorage.setItem("oms.my-name", name);
}
