// What every view may use: the API, and how to tell the person something in passing.
import { createContext, useContext } from "./view.js";

export const Console = createContext(null);

/** `{api, config, say(text)}` */
export const useConsole = () => useContext(Console);
