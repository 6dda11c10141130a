// What an answer of the server does to an entry on the phone. Pure.

// The entry as it stays on the phone after its answers, or null when nothing of it is left to send.
// An item that was stored leaves its check; the rest keeps its own ids, so that sending again doubles nothing.
export function after(held, answers) {
  const mine = new Map(answers.map((each) => [each.entry_id, each]));
  const done = (id) => ["stored", "replayed", "practised"].includes(mine.get(id)?.outcome);
  const items = (held.entry.items || []).filter((item) => !done(item.entry_id));
  const stored = [...(held.stored || []), ...(held.entry.items || []).filter((item) => done(item.entry_id)).map((item) => item.entry_id)];
  const whole = held.entry.items?.length && !subjectOf(held.entry);
  const own = mine.get(held.entry_id);
  const settled = whole ? items.length === 0 : done(held.entry_id);
  if (settled && items.length === 0) return null;
  const bad = [own, ...items.map((item) => mine.get(item.entry_id))].filter((each) => each && !done(each.entry_id));
  if (!bad.length) return held;
  const conflict = bad.find((each) => each.outcome === "conflict");
  return {
    ...held,
    entry: { ...held.entry, items: held.sent.text ? held.entry.items : items },
    stored: [...new Set(stored)],
    state: conflict ? "conflict" : "refused",
    conflict_id: conflict?.conflict_id || null,
    problem: problemOf(bad, items),
  };
}

const SUBJECTS = ["lot_id", "code", "device_id", "place_id", "supplier_id", "shipment_id", "working_day"];

export function subjectOf(entry) {
  return SUBJECTS.find((name) => entry[name] !== null && entry[name] !== undefined) || null;
}

function problemOf(bad, items) {
  const lines = bad.flatMap((each) => {
    const item = items.find((one) => one.entry_id === each.entry_id);
    const about = item ? `${item.code || ""} ` : "";
    const errors = each.problem?.errors || [];
    const said = errors.length ? errors : [{ field: "", code: each.problem?.code, text: each.problem?.text }];
    return said.map((error) => ({ field: (error.field || "").replace(/^values\./, ""), code: error.code || "", text: `${about}${error.text || ""}` }));
  });
  return { code: bad[0].problem?.code || bad[0].outcome, text: bad[0].problem?.text || "", errors: lines };
}

// The inspections that this phone has done, as far as it knows: what waits to be sent, and what the server has taken whole.
// `sent`: [{about, answers}]. A quantity of which some is pending goes on being due.
export function doneBy(entries, sent) {
  const partly = (inspected) => inspected && inspected.accepted !== undefined;
  const waiting = entries.filter((held) => held.entry.inspection_id && !held.entry.practice && !partly(held.entry.inspected)).map((held) => held.entry.inspection_id);
  const taken = sent.flatMap((each) => each.answers).filter((each) => each.outcome !== "practised").map((each) => each.inspection).filter((each) => each && !(Number(each.pending) > 0)).map((each) => each.inspection_id || each.id);
  return new Set([...waiting, ...taken]);
}

// Entries cut into requests: in order, none above `most` rows (each item is a row), one owner each.
export function batches(entries, most = 200, atOnce = 50) {
  const cut = [];
  let rows = 0;
  for (const held of entries) {
    const size = 1 + (held.entry.items || []).length;
    const last = cut.at(-1);
    if (!last || last.length >= atOnce || rows + size > most || last[0].owner !== held.owner) {
      cut.push([held]);
      rows = size;
    } else {
      last.push(held);
      rows += size;
    }
  }
  return cut;
}

// How long to wait after `failures` in a row, in milliseconds: 5 s doubling to 5 min.
export function pause(failures, retryAfterSeconds = null) {
  const own = Math.min(5000 * 2 ** Math.max(0, failures - 1), 300000);
  return Math.max(own, (retryAfterSeconds || 0) * 1000);
}
