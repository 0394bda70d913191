// How values are written for people. Money arrives in minor units, times in UTC.

// Currencies whose minor unit is not 1/100 (ISO 4217); browsers follow another list for some.
const EXPONENTS = new Map([
  ..."BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(" ").map((c) => [c, 0]),
  ..."BHD IQD JOD KWD LYD OMR TND".split(" ").map((c) => [c, 3]),
]);

export function formatMoney({ amount_minor, currency }) {
  const digits = EXPONENTS.get(currency) ?? 2;
  const style = { style: "currency", currency, minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(undefined, style).format(amount_minor / 10 ** digits);
}

export const formatNumber = (value) => new Intl.NumberFormat().format(value);

const DAY_AND_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const TO_THE_SECOND = new Intl.DateTimeFormat(undefined, {
  day: "numeric", month: "short", hour: "numeric", minute: "2-digit", second: "2-digit",
});
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
const CHANGE = new Intl.NumberFormat(undefined, { signDisplay: "exceptZero" });
const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

export const formatMoment = (iso) => DAY_AND_TIME.format(new Date(iso));
export const formatToTheSecond = (iso) => TO_THE_SECOND.format(new Date(iso));
export const formatTime = (iso) => TIME.format(new Date(iso));
/** A day of the calendar (`2026-12-03`), the same in every time zone. */
export const formatDay = (day) => DAY.format(new Date(`${day}T00:00:00Z`));
export const formatUtc = (iso) => new Date(iso).toISOString().replace("T", " ").replace(/\.\d+Z/, " UTC");

/** "3 min ago", "in 2 hr". */
export function formatRelative(iso, now = Date.now()) {
  const seconds = (new Date(iso) - now) / 1000;
  const [unit, size] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
  return RELATIVE.format(Math.trunc(seconds / size), unit);
}

export function formatMilliseconds(ms) {
  if (ms === null || ms === undefined) return "";
  return ms < 1000 ? `${formatNumber(ms)} ms` : `${formatNumber(Math.round(ms / 100) / 10)} s`;
}

/** Movements: "+3", "-3". */
export const formatChange = (value) => CHANGE.format(value);

/** `PARTIALLY_SHIPPED`, `fix-address`, `BuyLabel` as words: "Partially shipped". */
export function asWords(name = "") {
  const spaced = name.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_-]+/g, " ").toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
