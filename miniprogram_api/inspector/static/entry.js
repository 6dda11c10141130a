// From a draft to what is sent. Pure, but for the clock and new ids that are handed in.

import { wireValues } from "./schema.js";

// A draft of one form about one subject. `task`: the inspection it does, where there is one.
export function newDraft({ id, form, subject, task = null, practice = false, corrects = null, correction_reason = null, mode = "glance", values = {}, rows = [] }) {
  return {
    entry_id: id, form_version_id: form.id, subject, inspection_id: task?.id || null, operation_id: task?.operation_id || null, values, confirmed: {},
    photos: [], gauge_ids: [], inspected: {}, rows, typed_later: false, captured_at: null, practice, corrects, correction_reason, mode,
  };
}

// The subject of a task, as an entry names it.
export function subjectOfTask(task) {
  for (const name of ["lot_id", "device_id", "place_id", "shipment_id", "working_day"]) {
    if (task[name]) return { [name]: task[name] };
  }
  return {};
}

// A moment with the phone's offset from UTC: a claim.
export function stamp(date) {
  const minutes = -date.getTimezoneOffset();
  const sign = minutes < 0 ? "-" : "+";
  const two = (number) => String(number).padStart(2, "0");
  const local = new Date(date.getTime() + minutes * 60000).toISOString().slice(0, -1);
  return `${local}${sign}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}

// What the draft decided of its inspection, or null where the record's verdict decides.
export function inspectedOf(task, given, counted = null) {
  if (!task || task.quantity === null || task.quantity === undefined) return null;
  if (task.sampling) {
    return { sample_size: Number(given.sample_size ?? counted?.size ?? task.sampling.sample_size), defectives: Number(given.defectives ?? counted?.bad ?? 0) };
  }
  const told = (value) => value !== undefined && value !== null && String(value).trim() !== "";
  if (!told(given.accepted) && !told(given.rejected)) return null;
  return { accepted: told(given.accepted) ? String(given.accepted).trim() : "0", rejected: told(given.rejected) ? String(given.rejected).trim() : "0" };
}

// Rows of a grid or of scanned items: the last row of a grid is the check itself, all the others are its items. What the server has
// already is counted, not sent again.
export function entryOf(draft, { fields, task, seq, at, incomplete = false, lateReason = null }) {
  const values = wireValues(fields, draft.values);
  const entry = {
    entry_id: draft.entry_id, seq, captured_at: draft.captured_at || stamp(at), form_version_id: draft.form_version_id, ...draft.subject,
    inspection_id: draft.inspection_id, operation_id: draft.operation_id, values, inspected: inspectedOf(task, draft.inspected, countedOf(draft)),
    gauge_ids: draft.gauge_ids, photo_ids: draft.photos.filter((each) => !each.item_id).map((each) => each.id || each), typed_later: draft.typed_later,
    late_reason: lateReason, incomplete, practice: draft.practice,
  };
  if (draft.corrects) Object.assign(entry, { corrects: draft.corrects, correction_reason: draft.correction_reason });
  if (draft.mode === "items") entry.items = draft.rows.filter((row) => !row.stored).map((row) => itemOf(row, fields, draft));
  if (draft.mode === "grid") {
    const last = draft.rows.at(-1);
    entry.values = { ...values, ...wireValues(fields, last.values) };
    entry.items = draft.rows.slice(0, -1).filter((row) => !row.stored).map((row) => itemOf({ ...row, lot_id: draft.subject.lot_id, code: draft.subject.code }, fields, draft));
  }
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null && value !== undefined));
}

function itemOf(row, fields, draft) {
  const subject = row.code ? { code: row.code } : { lot_id: row.lot_id };
  const photoIds = draft.photos.filter((each) => each.item_id === row.entry_id).map((each) => each.id);
  return { entry_id: row.entry_id, ...subject, values: wireValues(fields, row.values || {}), photo_ids: photoIds };
}

// Of many: how many there are, and how many are exceptions.
function countedOf(draft) {
  if (!["items", "grid"].includes(draft.mode)) return null;
  return { size: draft.rows.length, bad: draft.rows.filter((row) => row.bad).length };
}
