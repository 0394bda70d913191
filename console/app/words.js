// The words of the trade as people read them, and the tone in which each is shown.
import { asWords } from "./format.js";

export const STATUS_GROUPS = [
  { title: "Waiting", statuses: ["NEEDS_ATTENTION", "IN_REVIEW", "ON_HOLD", "BACKORDERED"] },
  { title: "Intake", statuses: ["CAPTURED", "VALIDATED", "ALLOCATED", "AUTHORIZED"] },
  { title: "Fulfilment", statuses: ["CONFIRMED", "RELEASED", "PARTIALLY_SHIPPED", "SHIPPED"] },
  { title: "Done", statuses: ["DELIVERED", "CLOSED", "CANCELLED", "REJECTED"] },
];
export const STATUSES = STATUS_GROUPS.flatMap((group) => group.statuses);
export const FINAL_STATUSES = new Set(["CLOSED", "CANCELLED", "REJECTED"]);

export const HOLD_KINDS = {
  ADDRESS: "Address",
  CUSTOMER: "Contact",
  SKU: "Unknown product",
  TOTALS: "Totals differ",
  PAYMENT: "Payment",
  REVIEW: "Fraud review",
  CREDIT: "Credit",
  SHORTAGE: "Sold in a store",
  CHANGED: "Changed in the channel",
  MANUAL: "Held by a person",
  LATE: "Late",
  ATTENTION: "Needs attention",
};
export const TASK_KINDS = {
  ...HOLD_KINDS,
  QUARANTINE: "Unreadable message",
  CHANNEL: "Channel",
  CHANNEL_GAP: "Order not told",
  CHANNEL_STOCK: "Stock not told",
  WEBHOOK_DISABLED: "Webhook disabled",
};

export const CHANNELS = {
  shopify: "Shopify",
  woocommerce: "WooCommerce",
  magento: "Magento",
  bigcommerce: "BigCommerce",
  amazon: "Amazon",
  ebay: "eBay",
  walmart: "Walmart",
  square: "Square",
  edi: "EDI",
  generic: "Webhook",
  api: "API",
  web: "Own shop",
  phone: "Phone",
  b2b: "Business",
  pos: "Till",
};

export const ADJUSTMENT_REASONS = ["COUNT", "DAMAGED", "LOST", "FOUND", "RETURN_TO_VENDOR", "CORRECTION",
  "QUALITY", "SAFETY"];

const SHELF_KINDS = { LOT: "lot", POOL: "pool", HOT: "hot part" };
const SHELVES = { "": "general shelf", OVERSOLD: "beyond stock", UNTRACKED: "not counted" };

/** `LOT#A7` as "lot A7", `HOT#3` as "hot part 3". */
export function shelfName(shelf = "") {
  const [, kind, name] = /^([A-Z]+)#(.*)$/.exec(shelf) ?? [];
  return SHELF_KINDS[kind] ? `${SHELF_KINDS[kind]} ${name}` : SHELVES[shelf] ?? shelf;
}

const TONES = {
  bad: ["NEEDS_ATTENTION", "REJECTED", "DECLINED", "ATTENTION", "EXCEPTION", "FAILED", "REFUSED",
    "TIMED_OUT", "ABORTED", "FLAGGED", "REJECT"],
  waiting: ["IN_REVIEW", "ON_HOLD", "BACKORDERED", "PENDING", "UNPAID", "REVIEW", "LATE",
    "UNDONE", "RETURNED", "VOIDED", "PARTIALLY_CAPTURED", "REFUNDED", "PARTIALLY_REFUNDED"],
  good: ["DELIVERED", "CLOSED", "PAID", "SUCCEEDED", "VALID", "ACCEPTED",
    "ACCEPT", "LABELLED", "TOLD", "DONE", "NOT_REQUIRED"],
  quiet: ["CANCELLED", "SKIPPED", "ENDED", "UNFULFILLED"],
};
const TONE_OF = new Map(Object.entries(TONES).flatMap(([tone, names]) => names.map((n) => [n, tone])));

/** good, waiting, bad, quiet or moving: never told by colour alone, the word stands beside it. */
export const toneOf = (name) => TONE_OF.get(name) ?? "moving";

// The same word means "on its way" for an order and "went well" for a step.
const WENT_WELL = new Set(["ALLOCATED", "AUTHORIZED", "CONFIRMED", "CAPTURED"]);
export const toneOfOutcome = (outcome) => (WENT_WELL.has(outcome) ? "good" : toneOf(outcome));

export const channelName = (channel) => CHANNELS[channel] ?? asWords(channel);
export const taskKindName = (kind) => TASK_KINDS[kind] ?? asWords(kind);

const ACTION_NAMES = {
  "release-hold": "Release hold",
  "choose-sku": "Choose SKU",
  "fix-address": "Correct address",
  "fix-contact": "Correct contact",
  "take-owner": "Take ownership",
  accept: "Accept our total",
  retry: "Try again",
  replay: "Read again",
  cancel: "Cancel order",
  hold: "Put on hold",
};
export const actionName = (name) => ACTION_NAMES[name] ?? asWords(name);

export const DANGEROUS = new Set(["cancel", "reject", "discard"]);
export const PRIMARY = new Set(["approve", "release-hold", "choose-sku", "fix-address", "fix-contact",
  "accept", "retry", "replay", "acknowledge", "pick", "pack", "ship", "mark-paid"]);

/** The steps of a workflow when all goes well, to show how far an execution came. */
export const PLANNED_STEPS = {
  order_intake: ["ValidateOrder", "AllocateStock", "ScreenFraud", "AuthorizePayment", "ConfirmOrder"],
  shipment: ["BuyLabel", "CapturePayment", "NotifyCustomer", "NotifyChannel"],
};
