// What is sent, what stays on the phone after an answer, and what "all pass" may fill in.

import assert from "node:assert/strict";
import test from "node:test";

import { after, batches, doneBy, pause } from "../../miniprogram_api/inspector/static/answers.js";
import { entryOf, inspectedOf, newDraft, stamp } from "../../miniprogram_api/inspector/static/entry.js";
import { readExif } from "../../miniprogram_api/inspector/static/exif.js";
import { allPass, fieldsOf, missing, wireValues } from "../../miniprogram_api/inspector/static/schema.js";
import { key } from "../../miniprogram_api/inspector/static/wedge.js";

const FORM = {
  id: "v1", order: ["look", "fat"],
  schema: { type: "object", required: ["look", "fat"], properties: { fat: { title: "Fat" }, look: { title: "Look" }, pieces: { type: "integer" }, dry: { type: "boolean" }, note: { type: "string" } } },
  fields: { look: { characteristic: { kind: "option", options: ["bad", "good"] } }, fat: { characteristic: { kind: "number", options: [] } } },
};
const FIELDS = fieldsOf(FORM, { look: { internal: { allowed: ["good"] } } }, "en");
const held = (id, seq, more = {}) => ({ entry_id: id, seq, owner: "me", state: "waiting", sent: { entry: null }, entry: { entry_id: id, lot_id: "l" }, ...more });
const answer = (id, outcome, problem = null) => ({ entry_id: id, outcome, problem });

test("fields stand in the form's order, the rest behind", () => {
  assert.deepEqual(FIELDS.map((each) => [each.name, each.kind]), [["look", "choice"], ["fat", "number"], ["pieces", "number"], ["dry", "yes"], ["note", "text"]]);
});

test("all pass chooses what the limits let pass, and never a measured number", () => {
  const { values, left } = allPass(FIELDS, {});
  assert.deepEqual(values, { look: "good" });
  assert.deepEqual(left.map((each) => each.name), ["fat"]);
});

test("a choice that was made is not overwritten", () => {
  assert.equal(allPass(FIELDS, { look: "bad" }).values.look, "bad");
});

test("results are sent as text, numbers of the form as numbers, blanks not at all", () => {
  assert.deepEqual(wireValues(FIELDS, { look: "good", fat: "３.40", pieces: "12", dry: false, note: " " }), { look: "good", fat: "3.40", pieces: 12, dry: false });
});

test("what is required and blank is named", () => {
  assert.deepEqual(missing(FIELDS, { look: "good", fat: "" }).map((each) => each.title), ["Fat"]);
});

test("a stored or repeated entry leaves the phone; a refused one stays and says why", () => {
  assert.equal(after(held("a", 1), [answer("a", "stored")]), null);
  assert.equal(after(held("a", 1), [answer("a", "replayed")]), null);
  const left = after(held("a", 1), [answer("a", "refused", { code: "invalid", text: "no", errors: [{ field: "values.fat", code: "x", text: "too long" }] })]);
  assert.equal(left.state, "refused");
  assert.deepEqual(left.problem.errors, [{ field: "fat", code: "x", text: "too long" }]);
});

test("an entry without an answer waits on", () => {
  assert.equal(after(held("a", 1), []).state, "waiting");
});

test("a conflict is kept and never sent again", () => {
  const left = after(held("a", 1), [{ ...answer("a", "conflict"), conflict_id: "c" }]);
  assert.deepEqual([left.state, left.conflict_id], ["conflict", "c"]);
});

test("of a check, what was stored leaves; the rest keeps its ids", () => {
  const check = held("a", 1, { entry: { entry_id: "a", lot_id: "l", items: [{ entry_id: "i", code: "I" }, { entry_id: "j", code: "J" }] } });
  const left = after(check, [answer("i", "stored"), answer("j", "refused", { code: "item_of_other_lot", text: "other", errors: [] }), answer("a", "refused", { code: "check_waits_for_items", text: "waits", errors: [] })]);
  assert.deepEqual(left.stored, ["i"]);
  assert.deepEqual(left.entry.items.map((each) => each.entry_id), ["j"]);
  assert.equal(left.state, "refused");
  assert.equal(after(left, [answer("j", "replayed"), answer("a", "replayed")]), null);
});

test("requests hold at most so many rows, in order, of one person", () => {
  const many = { entry: { entry_id: "m", items: Array.from({ length: 199 }, (_, at) => ({ entry_id: `${at}` })) } };
  const cut = batches([held("a", 1), held("b", 2, many), held("c", 3), held("d", 4, { owner: "other" })], 200);
  assert.deepEqual(cut.map((batch) => batch.map((each) => each.entry_id)), [["a"], ["b"], ["c"], ["d"]]);
});

test("an inspection is done once it is recorded, unless some of its quantity is pending", () => {
  const waiting = (id, more = {}) => ({ entry: { entry_id: id, inspection_id: id, ...more } });
  const entries = [waiting("a"), waiting("b", { practice: true }), waiting("c", { inspected: { accepted: "5", rejected: "0" } })];
  const sent = [{ answers: [{ outcome: "practised", inspection: { inspection_id: "f", pending: "0" } }, { inspection: { inspection_id: "d", pending: "0" } }, { inspection: { inspection_id: "e", pending: "2" } }, { inspection: null }] }];
  assert.deepEqual([...doneBy(entries, sent)], ["a", "d"]);
});

test("pauses grow and end at five minutes; the server's own word is longer where it is", () => {
  assert.deepEqual([1, 2, 3, 20].map((each) => pause(each)), [5000, 10000, 20000, 300000]);
  assert.equal(pause(1, 60), 60000);
});

test("a grid is one check: its last sample is the check, the others its items", () => {
  const draft = { ...newDraft({ id: "a", form: FORM, subject: { lot_id: "l" }, mode: "grid" }), values: { look: "good" } };
  draft.rows = [{ entry_id: "r1", values: { fat: "3.1" } }, { entry_id: "r2", values: { fat: "3.2" } }];
  const entry = entryOf(draft, { fields: FIELDS, task: null, seq: 1, at: new Date() });
  assert.deepEqual(entry.values, { look: "good", fat: "3.2" });
  assert.deepEqual(entry.items, [{ entry_id: "r1", lot_id: "l", values: { fat: "3.1" }, photo_ids: [] }]);
});

test("what the server has of a check is counted, and not sent again", () => {
  const draft = { ...newDraft({ id: "a", form: FORM, subject: { lot_id: "l" }, mode: "items" }), rows: [{ entry_id: "i", code: "I", stored: true, bad: true }, { entry_id: "j", code: "J" }] };
  const entry = entryOf(draft, { fields: FIELDS, task: { quantity: "9", sampling: { sample_size: 2 } }, seq: 1, at: new Date() });
  assert.deepEqual(entry.items.map((each) => each.entry_id), ["j"]);
  assert.deepEqual(entry.inspected, { sample_size: 2, defectives: 1 });
});

test("a sample decides by its nonconforming pieces; without one the record does", () => {
  assert.deepEqual(inspectedOf({ quantity: "100", sampling: { sample_size: 20 } }, {}), { sample_size: 20, defectives: 0 });
  assert.equal(inspectedOf({ quantity: "100", sampling: null }, {}), null);
  assert.deepEqual(inspectedOf({ quantity: "100", sampling: null }, { accepted: "90", rejected: "10" }), { accepted: "90", rejected: "10" });
});

test("a moment says how far the phone is from UTC", () => {
  const moment = new Date("2026-05-06T00:12:00.000Z");
  assert.equal(new Date(stamp(moment)).getTime(), moment.getTime());
  assert.match(stamp(moment), /[+-]\d\d:\d\d$/);
});

test("a scanner that types ends with Enter", () => {
  let gathered = "", text;
  for (const each of ["Shift", "A", "1", "Enter"]) ({ gathered, text } = key(gathered, each));
  assert.deepEqual([gathered, text], ["", "A1"]);
});

test("time and place of capture are read from a photo; anything else has none", () => {
  assert.deepEqual(readExif(new Uint8Array([1, 2, 3]).buffer), {});
  const bytes = new Uint8Array(Buffer.from(process.env.EXIF, "base64"));
  const { taken, latitude, longitude } = readExif(bytes.buffer);
  assert.equal(taken, "2026-05-06T00:12:00.000Z");
  assert.ok(Math.abs(latitude - 30.25) < 1e-6 && Math.abs(longitude - -120.5) < 1e-6);
});
