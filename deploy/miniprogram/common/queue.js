// Entries that wait on the phone: in order, each with its own id, kept until the server says that it has them. What is refused or
// contested stays to be looked at; nothing is dropped by itself.

const NAME = "queue";
const MOST_AT_ONCE = 50;

function makeQueue(store, deliver) {
  const read = () => store.get(NAME) || { seq: 0, entries: [] };
  let running = null;

  /** Keep an entry; the number it got is the order it was made in. The same id again replaces what was refused before. */
  function add(entry) {
    const kept = read();
    const seq = kept.seq + 1;
    const others = kept.entries.filter((each) => each.entry.entry_id !== entry.entry_id);
    others.push({ entry: { ...entry, seq }, state: "waiting", problem: null });
    store.set(NAME, { seq, entries: others });
    return seq;
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
      const waiting = read().entries.filter((each) => each.state === "waiting").slice(0, MOST_AT_ONCE);
      if (!waiting.length) return { sent, left: 0, away: false };
      let answers;
      try {
        answers = (await deliver(waiting.map((each) => ({ entry: each.entry })))).answers;
      } catch (error) {
        return { sent, left: counts().waiting, away: true, error }; // nothing is known: all of it is sent again
      }
      const settled = settle(waiting, answers);
      sent += settled;
      if (!settled) return { sent, left: counts().waiting, away: false };
    }
  }

  function settle(waiting, answers) {
    const told = new Map(answers.map((answer) => [answer.entry_id, answer]));
    const asked = new Map(waiting.map((each) => [each.entry.entry_id, each.entry.seq]));
    let settled = 0;
    const kept = read();
    kept.entries = kept.entries.flatMap((each) => {
      const answer = told.get(each.entry.entry_id);
      if (!answer || asked.get(each.entry.entry_id) !== each.entry.seq) return [each]; // amended meanwhile
      settled += 1;
      if (["stored", "replayed", "practised"].includes(answer.outcome)) return [];
      return [{ ...each, state: answer.outcome === "conflict" ? "conflict" : "refused", problem: answer.problem }];
    });
    store.set(NAME, kept);
    return settled;
  }

  return { add, counts, flush, all: () => read().entries };
}

module.exports = { makeQueue, MOST_AT_ONCE };
