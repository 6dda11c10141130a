// Limits beside a field, and whether a value keeps them. Exact decimals; advice only: the server judges. Pure.

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)$/;
const FULL = { "０": "0", "１": "1", "２": "2", "３": "3", "４": "4", "５": "5", "６": "6", "７": "7", "８": "8", "９": "9", "．": ".", "－": "-", "＜": "<", "＞": ">", "。": ".", "−": "-" };
const ABSENT = new Set(["未检出", "nd", "n.d.", "not detected", "阴性", "negative"]);
const PRESENT = new Set(["检出", "detected", "阳性", "positive"]);
export const SETS = ["legal", "customer", "internal"];

// As a scale or a thumb writes it: full-width digits, blanks and a comma for the point are put right.
export function tidy(text) {
  const plain = [...String(text ?? "")].map((sign) => FULL[sign] || sign).join("").trim();
  return /^[+-]?\d+,\d+$/.test(plain) ? plain.replace(",", ".") : plain;
}

// {kind: blank | number | less | more | absent | present | text, number?}
export function read(text) {
  const value = tidy(text);
  if (!value) return { kind: "blank" };
  if (NUMBER.test(value)) return { kind: "number", number: value };
  const signed = value.match(/^([<>])\s*(.+)$/);
  if (signed && NUMBER.test(signed[2])) return { kind: signed[1] === "<" ? "less" : "more", number: signed[2] };
  const word = value.toLowerCase();
  return { kind: ABSENT.has(word) ? "absent" : PRESENT.has(word) ? "present" : "text" };
}

function scaled(text) {
  const [, sign, whole, part = ""] = String(text).match(/^([+-]?)(\d*)\.?(\d*)$/) || [null, "", "0", ""];
  return { units: BigInt(`${whole || 0}${part}`) * (sign === "-" ? -1n : 1n), places: part.length };
}

// -1, 0 or 1, as exact decimals.
export function compare(one, other) {
  const [a, b] = [scaled(one), scaled(other)];
  const places = Math.max(a.places, b.places);
  const left = a.units * 10n ** BigInt(places - a.places);
  const right = b.units * 10n ** BigInt(places - b.places);
  return left < right ? -1 : left > right ? 1 : 0;
}

// Half to even at so many places, as results are rounded before they are compared.
export function round(text, places) {
  const { units, places: had } = scaled(text);
  if (had <= places) return String(text);
  const base = 10n ** BigInt(had - places);
  const negative = units < 0n;
  const size = negative ? -units : units;
  let kept = size / base;
  const twice = (size % base) * 2n;
  if (twice > base || (twice === base && kept % 2n === 1n)) kept += 1n;
  const digits = String(kept).padStart(places + 1, "0");
  const shown = places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
  return negative && kept ? `-${shown}` : shown;
}

function beyond(value, limit) {
  const { kind, number } = value;
  if (limit.absent) return kind === "present" || (kind === "number" && compare(number, "0") !== 0) || kind === "more";
  if (limit.n) return false;
  if (kind !== "number") {
    if (kind === "less" && limit.low !== undefined && limit.low !== null) return compare(number, limit.low) <= 0;
    if (kind === "more" && limit.high !== undefined && limit.high !== null) return compare(number, limit.high) >= 0;
    return false;
  }
  if (limit.low !== undefined && limit.low !== null) {
    const side = compare(number, limit.low);
    if (side < 0 || (side === 0 && limit.low_inclusive === false)) return true;
  }
  if (limit.high !== undefined && limit.high !== null) {
    const side = compare(number, limit.high);
    if (side > 0 || (side === 0 && limit.high_inclusive === false)) return true;
  }
  return false;
}

function placesOf(limit) {
  return Math.max(0, ...[limit.low, limit.high].filter((each) => each !== null && each !== undefined).map((each) => scaled(each).places));
}

export function passing(limit, options) {
  if (limit.allowed?.length) return limit.allowed;
  if (limit.at_least) return options.slice(0, options.indexOf(limit.at_least) + 1);
  return null;
}

// How a typed value stands: {level: blank | unread | pass | warn | out, sets: names of the sets that are broken}.
export function judge(text, limits, characteristic = null) {
  const value = read(text);
  if (value.kind === "blank") return { level: "blank", sets: [] };
  if (characteristic && ["grade", "option"].includes(characteristic.kind)) return judgeChoice(text, limits, characteristic.options);
  if (value.kind === "text") return { level: "unread", sets: [] };
  if (!limits) return { level: "pass", sets: [] };
  const sets = SETS.filter((name) => limits[name] && beyond(rounded(value, limits[name], characteristic), limits[name]));
  if (sets.length) return { level: "out", sets };
  return { level: limits.warning && beyond(value, limits.warning) ? "warn" : "pass", sets: [] };
}

function rounded(value, limit, characteristic) {
  if (value.kind !== "number" || characteristic?.comparison !== "rounded") return value;
  return { ...value, number: round(value.number, placesOf(limit)) };
}

function judgeChoice(text, limits, options) {
  const sets = SETS.filter((name) => {
    const good = limits?.[name] ? passing(limits[name], options) : null;
    return good && !good.includes(text);
  });
  return { level: sets.length ? "out" : "pass", sets };
}

// Counts of a plan n/c/m/M: out when one lies above M, or more than c above m.
export function judgeCounts(texts, limits) {
  const given = texts.map(read).filter((each) => each.kind !== "blank");
  if (!given.length) return { level: "blank", sets: [] };
  if (given.some((each) => each.kind === "text")) return { level: "unread", sets: [] };
  const sets = SETS.filter((name) => {
    const plan = limits?.[name];
    if (!plan?.n) return plan ? given.some((each) => beyond(each, plan)) : false;
    const above = (bound) => given.filter((each) => beyond(each, { high: bound })).length;
    return above(plan.m) > plan.c || (plan.M !== null && plan.M !== undefined && above(plan.M) > 0);
  });
  return { level: sets.length ? "out" : "pass", sets };
}

// How many counts are asked for, or 0 where a result is one value.
export function planned(limits) {
  return Math.max(0, ...SETS.map((name) => limits?.[name]?.n || 0));
}

// One line per set, as parts to be put into words: {set, form, …}.
export function told(limits) {
  return [...SETS, "warning"].filter((name) => limits?.[name]).map((name) => ({ set: name, ...wording(limits[name]) }));
}

function wording(limit) {
  if (limit.absent) return { form: "absent" };
  if (limit.n) return { form: "plan", n: limit.n, c: limit.c, m: limit.m, M: limit.M ?? "—" };
  if (limit.allowed?.length) return { form: "allowed", choices: limit.allowed };
  if (limit.at_least) return { form: "at_least", grade: limit.at_least };
  const [low, high] = [limit.low ?? null, limit.high ?? null];
  const signs = { low: limit.low_inclusive === false ? ">" : "≥", high: limit.high_inclusive === false ? "<" : "≤" };
  if (low !== null && high !== null && signs.low === "≥" && signs.high === "≤") return { form: "between", text: `${low} – ${high}` };
  return { form: "range", text: [low !== null ? `${signs.low} ${low}` : "", high !== null ? `${signs.high} ${high}` : ""].filter(Boolean).join("  ") };
}
