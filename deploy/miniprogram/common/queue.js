// Entries that wait on the phone: in order, each with its own id, kept until the server says that it has them. What is refused or
// contested stays to be looked at; nothing is dropped by itself.

const { after, batches } = require("./answers");

const NAME = "queue";
const MOST_AT_ONCE = 50;
const MOST_ROWS = 200;

function makeQueue(store, deliver, taken = () => {}) {
  const read = () => store.get(NAME) || { seq: 0, entries: [] };
  let running = null;

  /** Keep an entry; the number it got is the order it was made in. The same id again replaces what was refused before. `by`: the key of whom
      it is delivered for; `about`: what a person reads of it; `seal`: signs its very text. */
  function add(entry, { by = null, about = null, seal = null } = {}) {
    const kept = read();
    const seq = kept.seq + 1;
    const others = kept.entries.filter((each) => each.entry.entry_id !== entry.entry_id);
    const whole = { ...entry, seq };
    others.push({ entry: whole, state: "waiting", problem: null, by, about, ...(seal ? { sent: seal(JSON.stringify(whole)) } : {}) });
    store.set(NAME, { seq, entries: others });
    return seq;
  }

  /** What a person has seen and needs no more: the server has it, or it is not to be sent. */
  function drop(entryId) {
    const kept = read();
    store.set(NAME, { ...kept, entries: kept.entries.filter((each) => each.entry.entry_id !== entryId) });
  }

  const counts = () => {
    const found = { waiting: 0, refused: 0, conflict: 0 };
    for (const each of read().entries) found[each.state] += 1;
    return found;
  };

  /** Send what waits, oldest first. Called twice at once it runs once. Resolves to {sent, left, away}. */
  function flush() {
    running = running || run().finally(() => { running = null; });
    return running;
  }

  async function run() {
    let sent = 0;
    for (;;) {
      const held = read().entries.filter((each) => each.state === "waiting").map((each) => ({ entry: each.entry, owner: each.by, each }));
      if (!held.length) return { sent, left: 0, away: false };
      const waiting = batches(held, MOST_ROWS, MOST_AT_ONCE)[0].map(({ each }) => each);
      let answers;
      try {
        answers = (await deliver(waiting.map((each) => each.sent || { entry: each.entry }), waiting[0].by)).answers;
      } catch (error) {
        return { sent, left: counts().waiting, away: true, error }; // nothing is known: all of it is sent again
      }
      taken(answers);
      const settled = settle(waiting, answers);
      sent += settled;
      if (!settled) return { sent, left: counts().waiting, away: false };
    }
  }

  /** What a check's items have of it leaves one by one; the rest keeps its ids. */
  function settle(waiting, answers) {
    const asked = new Map(waiting.map((each) => [each.entry.entry_id, each.entry.seq]));
    let settled = 0;
    const kept = read();
    kept.entries = kept.entries.flatMap((each) => {
      if (asked.get(each.entry.entry_id) !== each.entry.seq) return [each]; // amended meanwhile
      const left = after({ ...each, entry_id: each.entry.entry_id, sent: each.sent || {} }, answers);
      if (left && left.state === "waiting") return [each];
      settled += 1;
      const has = answers.some((answer) => answer.entry_id === each.entry.entry_id && ["stored", "replayed", "practised"].includes(answer.outcome));
      return left ? [{ ...each, entry: left.entry, state: left.state, problem: left.problem, stored: left.stored, has }] : [];
    });
    store.set(NAME, kept);
    return settled;
  }

  return { add, drop, counts, flush, all: () => read().entries };
}

module.exports = { makeQueue, MOST_AT_ONCE };
