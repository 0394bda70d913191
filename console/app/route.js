// Where the person is, kept in the address after `#`: `#/orders?status=ON_HOLD`, `#/orders/{id}`.
import { useEffect, useState } from "./view.js";

export function readRoute(hash = location.hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split("?");
  const [view = "", id = ""] = path.split("/").filter(Boolean).map(decodeURIComponent);
  return { view: view || "orders", id, query: Object.fromEntries(new URLSearchParams(query)) };
}

export function routeTo(view, { id = "", query = {} } = {}) {
  const given = Object.entries(query).filter(([, value]) => value);
  const path = `#/${view}${id ? `/${encodeURIComponent(id)}` : ""}`;
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

/** Changes the filters in the address without a step in the history for every key press. */
export function replaceQuery(view, query) {
  history.replaceState(null, "", routeTo(view, { query }));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

export function useRoute() {
  const [route, setRoute] = useState(readRoute());
  useEffect(() => {
    const follow = () => setRoute(readRoute());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}
