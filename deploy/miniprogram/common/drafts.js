// Entries that are begun and not yet saved: each is kept as it is typed, so that an app that is closed loses none.

const { newDraft, subjectOfTask } = require("./entry");
const { newId } = require("./uuid");

const NAME = "drafts";

/** `owner()`: who is signed in. A draft is its own person's: whoever comes next neither sees nor signs it. */
function makeDrafts(store, day, random, owner) {
  const all = () => store.get(NAME) || [];
  const read = () => all().filter((each) => each.owner === owner());
  const others = (id) => all().filter((each) => each.entry_id !== id);

  /** Form, task, lot and limits go along as they were when it was begun, whatever is edited meanwhile. */
  async function begin({ form, subject, task = null, lot = null, mode = "glance", rows = [] }) {
    const draft = { ...newDraft({ id: await newId(random), form, subject, task, mode, rows }), form, task, lot, limits: day.limitsFor(form, task, lot), problem: null, owner: owner() };
    keep(draft);
    return draft;
  }

  function keep(draft) {
    store.set(NAME, [...others(draft.entry_id), draft]);
  }

  return {
    begin, keep, all: read,
    ofTask: (task) => begin({ form: day.formOf(task.form_version_id), subject: subjectOfTask(task), task, lot: day.lotOf(task.lot_id) }),
    get: (id) => read().find((each) => each.entry_id === id) || null,
    drop: (id) => store.set(NAME, others(id)),
  };
}

module.exports = { makeDrafts };
