// The day on the phone: lots, tasks, forms and limits, asked for when there is a network and used as they are when there is none.

import { json, Refusal, send } from "./api.js";
import * as db from "./db.js";
import { sha256 } from "./photos.js";

let pack = null, done = new Set();

export const setDone = (ids) => { done = ids; };

export const day = () => pack;

export async function load() {
  pack = (await db.kept("pack")) || null;
  return pack;
}

// "new", "same", or what hindered it: "away" (nobody reached), "sign_in", "refused".
export async function refresh() {
  const held = await db.kept("pack");
  try {
    const answer = await send("/api/v1/phone/pack", { headers: held?.etag ? { "If-None-Match": held.etag } : {} });
    const at = Date.now();
    const clock = Date.parse(answer.headers.get("Date"));
    if (clock) await db.keep("ahead", Math.round((at - clock) / 1000));
    await db.keep("contact", at);
    if (answer.status === 304) return "same";
    pack = { ...(await answer.json()), etag: answer.headers.get("ETag") };
    await db.keep("pack", pack);
    return "new";
  } catch (error) {
    if (!(error instanceof Refusal)) return "away";
    return error.status === 401 ? "sign_in" : error.status >= 500 ? "away" : "refused";
  }
}

// Whether this phone may still be used by itself: so many hours after the server was last reached.
export async function locked(at = Date.now()) {
  const contact = (await db.kept("contact")) || 0;
  return at - contact > (pack?.rules?.local_unlock_hours || 72) * 3600000;
}

export const lotOf = (id) => pack?.lots.find((each) => each.id === id) || null;
export const taskOf = (id) => pack?.inspections.find((each) => each.id === id) || null;

export function formOf(versionId, task = null) {
  return pack?.forms.find((each) => each.id === versionId) || (task && pack?.forms.find((each) => each.form_id === task.form_id)) || null;
}

export function limitsFor(form, task, lot) {
  const own = pack.limits_of?.find((each) => each.form_version_id === form.id && each.product_id === (lot?.product_id || task?.product_id));
  const key = task?.limits || own?.key || form.limits;
  return (key && pack.limits[key]) || {};
}

// The tasks of today in the order in which they press: handed to me, missed, due, still to come.
export function tasks() {
  const mine = (task) => task.handed_to?.to_user_id === pack.me.id;
  const rank = (task) => (mine(task) ? 0 : { missed: 1, due: 2 }[task.state] ?? 3);
  return (pack?.inspections || []).filter((task) => !done.has(task.id)).sort((one, other) => rank(one) - rank(other) || one.due_at.localeCompare(other.due_at));
}

// The one thing due now on a lot.
export function dueOn(lotId) {
  return tasks().find((task) => task.lot_id === lotId && task.state !== "upcoming") || tasks().find((task) => task.lot_id === lotId) || null;
}

// Forms that fit a lot on which nothing is due.
export function formsFor(lot) {
  return pack.forms.filter((form) => form.subject_kind === "lot" && (!form.product_id || form.product_id === lot?.product_id));
}

const scannedText = (text) => {
  try {
    return decodeURIComponent(new URL(text).pathname.split("/").filter(Boolean).at(-1) || text);
  } catch {
    return text;
  }
};

// The lots that a text names, as far as the phone knows by itself: two may bear one number. Of a task, the one that belongs to it.
function named(text, task = null) {
  const name = scannedText(text.trim());
  const lots = (pack?.lots || []).filter((each) => each.lot_no === name || each.id === name || each.codes?.includes(name));
  const own = task?.lot_id ? lots.filter((each) => [each.id, each.split_from].includes(task.lot_id)) : [];
  return own.length ? own : lots;
}

// Lots of the day whose number or code ends so; four characters at least.
export function ending(last) {
  const wanted = last.trim().toUpperCase();
  if (wanted.length < 4) return [];
  return (pack?.lots || []).filter((each) => each.lot_no.toUpperCase().endsWith(wanted) || each.last_six.some((six) => six.toUpperCase().endsWith(wanted)));
}

const MARK = 6; // bytes of a code's digest, by which a piece of a lot that is due is known

async function lotOfPiece(code) {
  if (!pack?.lots.some((each) => each.marks)) return null;
  const digest = (await sha256(new TextEncoder().encode(code))).slice(0, 2 * MARK);
  const mark = String.fromCharCode(...digest.match(/../g).map((each) => parseInt(each, 16)));
  return pack.lots.find(({ marks }) => {
    const all = marks ? atob(marks) : "";
    for (let at = all.indexOf(mark); at >= 0; at = all.indexOf(mark, at + 1)) if (at % MARK === 0) return true;
    return false;
  }) || null;
}

const refusedFor = (task, lot) => (task?.lot_id && ![lot.id, lot.split_from].includes(task.lot_id) ? { code: "item_of_other_lot", lot_no: lot.lot_no } : null);

const PATIENCE = 3000;

// What was scanned: {kind, lot, code, due, refusal, unknown, several}. A lot of the day is known at once; else the server is asked, and
// without it the phone answers for itself. `several`: lots that bear the one number, for a person to choose from.
export async function identify(text, task = null) {
  const [here, another] = task ? [] : (pack?.lots || []).filter((each) => each.lot_no === text.trim());
  if (another) return { several: named(text), refusal: null };
  if (here) return { kind: "lot", lot: here, code: null, state: here.state, due: dueOn(here.id), refusal: null };
  const asked = new URLSearchParams({ text: text.trim(), ...(task ? { inspection_id: task.id } : {}) });
  if (navigator.onLine !== false) {
    try {
      const found = await json(`/api/v1/phone/lookup?${asked}`, { patience: PATIENCE });
      return !found.kind && found.items.length ? { several: found.items, refusal: null } : found;
    } catch (error) {
      if (error instanceof Refusal && error.code === "code_not_known") return { unknown: true, refusal: null };
    }
  }
  const [lot, second] = named(text, task);
  if (second && !task) return { several: named(text), refusal: null };
  if (lot) return { kind: "lot", lot, code: null, state: lot.state, due: task || dueOn(lot.id), refusal: refusedFor(task, lot) };
  const code = scannedText(text.trim()), whole = await lotOfPiece(code);
  if (!whole) return { kind: "item", code, lot: null, due: task, refusal: null, unheard: true };
  return { kind: "item", code, lot: whole, state: whole.state, due: task || dueOn(whole.id), refusal: refusedFor(task, whole) };
}
