// Data that keeps itself fresh by asking again, without two questions under way at once.
import { useEffect, useRef, useState } from "./view.js";

export const EVERY_MS = 2000;

/**
 * Asks `load(signal)` now, then `every` milliseconds after each answer; rests while the tab is
 * hidden. `about` names what is asked for: when it changes `data` is null until there is an answer,
 * while `last` keeps what was shown. A failed answer leaves the data standing beside its `problem`.
 */
export function useLive(load, about, every = EVERY_MS) {
  const [state, setState] = useState({ about, data: null, problem: null });
  const latest = useRef(load);
  latest.current = load;
  const kick = useRef(() => {});

  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    let asking = false;
    async function turn() {
      clearTimeout(timer);
      if (asking) return;
      asking = true;
      try {
        if (!document.hidden) {
          const data = await latest.current(stop.signal);
          if (!stop.signal.aborted) setState({ about, data, problem: null });
        }
      } catch (problem) {
        if (!stop.signal.aborted) setState((old) => ({ about, data: of(old, about), problem }));
      }
      asking = false;
      if (!stop.signal.aborted) timer = setTimeout(turn, every);
    }
    const onShow = () => document.hidden || turn();
    document.addEventListener("visibilitychange", onShow);
    kick.current = turn;
    turn();
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onShow);
    };
  }, [about, every]);

  const fresh = state.about === about;
  const replace = (data) => setState({ about, data, problem: null });
  return {
    data: fresh ? state.data : null,
    last: state.data,
    problem: fresh ? state.problem : null,
    refresh: () => kick.current(),
    replace,
  };
}

const of = (state, about) => (state.about === about ? state.data : null);

/** A class name that runs the highlight once when a known `value` becomes another one. */
export function useHighlight(value) {
  const seen = useRef({ value, turns: 0 });
  if (seen.current.value !== value) {
    const known = seen.current.value !== null;
    seen.current = { value, turns: seen.current.turns + (known ? 1 : 0) };
  }
  const { turns } = seen.current;
  return turns ? `changed-${turns % 2}` : "";
}

/** `value` once it has stood still for `ms`: for search fields. */
export function useSettled(value, ms = 250) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
