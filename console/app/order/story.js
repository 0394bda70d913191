// What the events about stock mean, as sentences; every other event shows its details.
import { formatDay } from "../format.js";

const SENTENCES = {
  OrderBackordered: (of) => `Waits for ${units(of.short)}${expected(of)}.`,
  BackorderChanged: (of) => `Still waits for ${units(of.short)}${expected(of)}.`,
  HoldCommitted: (of) => `What the cart had reserved is the order's now (reservation ${of.reservation}).`,
  HoldLapsed: (of) => `The cart's reservation ${of.reservation} was over before the order came. The order looks for stock like any other.`,
  StockBacked: (of) => `${of.units} × ${of.sku} at ${of.node}, promised beyond stock, have come in and are reserved.`,
  LotRefused: (of) => `Shipment ${of.shipment} may not leave: lot ${of.lots.join(", ")} of ${of.skus.join(", ")} is recalled or expired. Reject the shipment, and the order looks for other units.`,
};

/** The sentence for an entry of the timeline; null when there is none. */
export const sentenceFor = ({ event, detail }) => (detail && NEEDS[event]?.every((name) => detail[name]) ? SENTENCES[event](detail) : null);

const NEEDS = {
  OrderBackordered: ["short"],
  BackorderChanged: ["short"],
  HoldCommitted: ["reservation"],
  HoldLapsed: ["reservation"],
  StockBacked: ["units", "sku", "node"],
  LotRefused: ["shipment", "lots", "skus"],
};

const units = (short) => Object.entries(short).map(([sku, number]) => `${number} × ${sku}`).join(", ") || "the rest of its units";
const expected = ({ expected_on: day }) => (day ? `, expected on ${formatDay(day)}` : ", with no day known");
