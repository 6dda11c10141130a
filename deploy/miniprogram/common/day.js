// The pack of the day as it is on the phone: what is due, which limits hold, and what a scanned text names.

const { doneBy } = require("./answers");
const { Refused } = require("./api");

const PACK = "pack";
const DONE = "done";

function makeDay(store, ask) {
  const pack = () => store.get(PACK) || null;
  const lots = () => (pack() || {}).lots || [];
  const lotOf = (id) => lots().find((each) => each.id === id) || null;
  const tasks = () => ((pack() || {}).inspections || []).filter((each) => !(store.get(DONE) || []).includes(each.id));
  const taskOf = (id) => tasks().find((each) => each.id === id) || null;
  const formOf = (id) => ((pack() || {}).forms || []).find((each) => each.id === id) || null;
  const dueOn = (lotId) => tasks().find((each) => each.lot_id === lotId && each.state !== "upcoming") || tasks().find((each) => each.lot_id === lotId) || null;
  const formsFor = (lot) => ((pack() || {}).forms || []).filter((each) => each.subject_kind === "lot" && (!each.product_id || each.product_id === (lot || {}).product_id));

  function limitsFor(form, task, lot) {
    const product = (task || {}).product_id || (lot || {}).product_id;
    const ofProduct = (pack().limits_of || []).find((each) => each.form_version_id === form.id && each.product_id === product);
    return pack().limits[(task && task.limits) || (ofProduct && ofProduct.key) || form.limits] || null;
  }

  /** The last part of an address, or the text as it is. */
  function named(text) {
    const plain = text.trim().split(/[?#]/)[0];
    return plain.includes("://") ? decodeURIComponent(plain.split("/").filter(Boolean).pop()) : text.trim();
  }

  /** The lots that a text names, as far as the phone knows by itself: two may bear one number. Of a task, the one that belongs to it. */
  function bearing(text, task) {
    const name = named(text);
    const found = lots().filter((each) => each.lot_no === name || each.id === name || (each.codes || []).includes(name));
    const own = task && task.lot_id ? found.filter((each) => [each.id, each.split_from].includes(task.lot_id)) : [];
    return own.length ? own : found;
  }

  /** {kind, lot, code, due, refusal}, {several: lots to choose from} or {unknown}; without a network the phone answers for itself. */
  async function identify(text, task = null) {
    const asked = `text=${encodeURIComponent(text.trim())}${task ? `&inspection_id=${task.id}` : ""}`;
    try {
      const found = await ask("GET", `/api/v1/phone/lookup?${asked}`);
      return !found.kind && (found.items || []).length ? { several: found.items } : found;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.code === "code_not_known") return { unknown: true };
    }
    const [lot, ...others] = bearing(text, task);
    if (others.length && !task) return { several: [lot, ...others] };
    if (!lot) return { kind: "item", code: named(text), lot: null, due: task, refusal: null };
    const other = task && task.lot_id && ![lot.id, lot.split_from].includes(task.lot_id);
    return { kind: "lot", lot, code: null, due: task || dueOn(lot.id), refusal: other ? { code: "item_of_other_lot", lot_no: lot.lot_no } : null };
  }

  /** Lots of the day whose number or code ends so; four characters at least. */
  function ending(last) {
    const wanted = last.trim().toUpperCase();
    if (wanted.length < 4) return [];
    return lots().filter((each) => each.lot_no.toUpperCase().endsWith(wanted) || (each.last_six || []).some((six) => six.toUpperCase().endsWith(wanted)));
  }

  /** A new pack knows itself what is done. */
  function keep(found) {
    store.set(PACK, found);
    store.remove(DONE);
  }

  /** What the server has taken since the pack came is not due again, also after a restart. */
  function taken(answers) {
    const found = doneBy([], [{ answers }]);
    if (found.size) store.set(DONE, [...new Set([...(store.get(DONE) || []), ...found])]);
  }

  return { pack, keep, taken, lotOf, tasks, taskOf, formOf, dueOn, formsFor, limitsFor, identify, ending };
}

module.exports = { makeDay };
