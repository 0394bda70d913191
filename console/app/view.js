// The one door to the vendored view library: `html` makes elements, the hooks hold state.
// Text from data always becomes a text node; nothing in the console writes HTML from data.
import { h } from "../vendor/preact.js";
import htm from "../vendor/htm.js";

export const html = htm.bind(h);
export { Component, createContext, render } from "../vendor/preact.js";
export {
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "../vendor/hooks.js";
