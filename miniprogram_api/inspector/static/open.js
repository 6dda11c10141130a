// From a scan or a tap to the draft of an entry.

import { ask, button, h, say } from "./dom.js";
import { newDraft, subjectOfTask } from "./entry.js";
import * as pack from "./pack.js";
import * as queue from "./queue.js";
import { scan } from "./scanner.js";
import { allPass, fieldsOf } from "./schema.js";
import { go, state } from "./state.js";
import { room } from "./storage.js";
import { language, t } from "./words.js";

// What a draft is about: its form, its task, its lot, the fields' limits, and a name for people.
export function contextOf(draft) {
  const { form, limits } = draft; // as they were when it was begun, whatever has been edited meanwhile
  const task = draft.inspection_id ? pack.taskOf(draft.inspection_id) || draft.task : null;
  const lot = pack.lotOf(draft.subject.lot_id) || draft.lot || null;
  const title = draft.subject.code || lot?.lot_no || task?.subject || task?.plan_name || draft.subject.working_day || "";
  return { task, form, lot, title, limits, fields: fieldsOf(form, limits, language) };
}

export async function begin({ form, subject, task = null, lot = null, mode = "glance", original = null, ...more }) {
  const draft = { ...newDraft({ id: crypto.randomUUID(), form, subject, task, practice: state.practice, mode, ...more }), begun: Date.now(), form, task, lot, limits: pack.limitsFor(form, task, lot), original, owner: state.session.id };
  if ((await room()).level === "full") return say(t("storage.full"), "bad");
  await queue.saveDraft(draft);
  return go(`#/entry/${draft.entry_id}`);
}

export async function openTask(task, more = {}) {
  const form = pack.formOf(task.form_version_id, task);
  if (!form) return say(t("open.no_form"), "bad");
  return begin({ form, subject: subjectOfTask(task), task, lot: pack.lotOf(task.lot_id), ...more });
}

// The lot or item that was found: the thing that is due on it, else the person chooses a form.
export async function openFound(found) {
  if (found.several) return chooseLot(found.several);
  const piece = found.kind === "item" && found.code;
  const subject = piece ? { code: found.code } : { lot_id: found.lot.id };
  if (found.due) {
    const form = pack.formOf(found.due.form_version_id, found.due);
    if (form && piece && found.due.lot_id && found.lot?.kind !== "unit") return beginPiece(form, found);
    if (form) return begin({ form, subject, task: found.due, lot: found.lot });
  }
  return chooseForm(subject, found.lot);
}

// A piece of a lot that is due: the first of the many by which the lot is inspected. Where numbers are to be measured, the piece is
// recorded for itself, and the lot stays due.
async function beginPiece(form, found) {
  const lot = pack.lotOf(found.due.lot_id) || found.lot;
  const many = allPass(fieldsOf(form, pack.limitsFor(form, found.due, lot), language), {}).left.length === 0;
  if (!many) return begin({ form, subject: { code: found.code }, lot: found.lot });
  const row = { entry_id: crypto.randomUUID(), name: found.code, code: found.code, lot_id: null, values: {}, bad: false };
  return begin({ form, subject: { lot_id: found.due.lot_id }, task: found.due, lot, mode: "items", rows: [row] });
}

export async function chooseForm(subject, lot) {
  const forms = pack.formsFor(lot);
  if (!forms.length) return say(t("open.no_form"), "bad");
  const form = forms.length === 1 ? forms[0] : await chosen(t("open.nothing_due"), forms, (each) => each.name);
  return form ? begin({ form, subject, lot }) : undefined;
}

// Two lots may bear one number: the person says which, by product and maker's place.
async function chooseLot(lots) {
  const lot = await chosen(t("open.several", { lot: lots[0].lot_no }), lots, (each) => [each.product_name, each.quantity ? `${each.quantity} ${each.unit || ""}` : null, each.place_name].filter(Boolean).join(" · "));
  return lot ? openFound({ kind: "lot", lot, due: pack.dueOn(lot.id) }) : undefined;
}

// One of a list, by a tap; null where the person went back.
const chosen = (title, items, words) =>
  ask(title, (done) => h("div", { class: "choices tall" }, items.map((each) => button(words(each), () => done(each), { class: "choice" }))), [[null, t("cancel")]]);

// One scan of anything: straight to its entry.
export function scanAny() {
  let found = null;
  return scan(async (text) => {
    found = await pack.identify(text);
    if (found.unknown || (!found.lot && !found.code && !found.several)) return { bad: true, text: t("scan.unknown") };
    return { done: true };
  }).then(() => (found && !found.unknown ? openFound(found) : undefined));
}

export async function takeText(text) {
  const found = await pack.identify(text);
  if (found.unknown) return say(t("scan.unknown"), "bad");
  return openFound(found);
}
