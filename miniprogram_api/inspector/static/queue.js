// What has been entered and is not yet on the server. An entry, its photos and the end of its draft are one commit: a process that is
// killed at any moment has either the whole entry or its draft.

import * as db from "./db.js";
import { withRoom } from "./storage.js";

export async function saveEntry({ entry, sent, owner, about, photoIds }) {
  await withRoom(() => db.together(["entries", "photos", "drafts"], async ({ entries, photos, drafts }) => {
    entries.put({ entry_id: entry.entry_id, seq: entry.seq, owner, about, entry, sent, state: "waiting", problem: null, conflict_id: null });
    drafts.delete(entry.entry_id);
    if (entry.practice) for (const key of await db.asked(photos.index("entry_id").getAllKeys(entry.entry_id))) photos.delete(key);
    for (const id of photoIds) {
      const photo = await db.asked(photos.get(id));
      if (photo) photos.put({ ...photo, draft: false });
    }
  }));
  tell();
}

export const saveDraft = (draft) => withRoom(() => db.put("drafts", draft));
export const drafts = () => db.all("drafts");
export const draft = (id) => db.get("drafts", id);

export async function dropDraft(id) {
  await db.together(["drafts", "photos"], async ({ drafts: store, photos }) => {
    store.delete(id);
    const keys = await db.asked(photos.index("entry_id").getAllKeys(id));
    for (const key of keys) photos.delete(key);
  });
  tell();
}

export const addPhoto = (photo) => db.put("photos", photo);
export const photosOf = (entryId) => db.together(["photos"], ({ photos }) => db.asked(photos.index("entry_id").getAll(entryId)), "readonly");
export const dropPhoto = (id) => db.remove("photos", id);

// A photo that the server did not take waits until a person sends it again or gives it up.
export async function photoAgain(id) {
  const photo = await db.get("photos", id);
  if (photo) await db.put("photos", { ...photo, problem: null });
}

// What is still on the phone: `entries` and `photos` on their way, `stuck` those that somebody must look at.
export async function counts() {
  const [entries, photos] = await Promise.all([db.all("entries"), db.all("photos")]);
  const waiting = entries.filter((each) => each.state === "waiting").length;
  return { entries: entries.length, waiting, stuck: entries.length - waiting, photos: photos.filter((each) => !each.draft && !each.complete).length };
}

export async function waitingEntries() {
  return (await db.all("entries")).sort((one, other) => one.seq - other.seq);
}

// A refused entry, put right by a person, goes again under the same id: the server has stored nothing of it but the items that it
// named; those stay among the rows, to be counted and not to be touched.
export async function reopen(entryId) {
  await db.together(["entries", "drafts", "photos"], async ({ entries, drafts: store, photos }) => {
    const held = await db.asked(entries.get(entryId));
    if (!held || held.state !== "refused") return;
    const ids = await db.asked(photos.index("entry_id").getAllKeys(entryId));
    const rows = held.about.draft.rows.map((row) => (held.stored?.includes(row.entry_id) ? { ...row, stored: true } : row));
    store.put({ ...held.about.draft, rows, entry_id: entryId, photos: ids, problem: held.problem, mode: held.about.draft.mode === "glance" ? "form" : held.about.draft.mode });
    entries.delete(entryId);
  });
  tell();
}

export async function dropEntry(entryId) {
  await db.together(["entries", "photos"], async ({ entries, photos }) => {
    entries.delete(entryId);
    for (const key of await db.asked(photos.index("entry_id").getAllKeys(entryId))) photos.delete(key);
  });
  tell();
}

// What was decided about entries that wait here.
export const endConflicts = (decided) => db.together(["entries"], async ({ entries }) => {
  for (const item of decided) {
    const held = await db.asked(entries.get(item.entry_id));
    if (held?.state === "conflict") entries.put({ ...held, ended: item });
  }
});

const KEPT_DAYS = 3;

// What was sent days ago is looked up on the server.
export const forgetOld = () => db.together(["sent"], async ({ sent }) => {
  for (const each of await db.asked(sent.getAll())) if (Date.now() - Date.parse(each.at) > KEPT_DAYS * 86400000) sent.delete(each.entry_id);
});

// Every page of this phone hears that something has changed.
const channel = typeof BroadcastChannel === "function" ? new BroadcastChannel("phone-queue") : null;
const listeners = new Set();
if (channel) channel.onmessage = () => listeners.forEach((each) => each());

export function tell() {
  listeners.forEach((each) => each());
  channel?.postMessage("changed");
}

export function onChange(listener) {
  listeners.add(listener);
}
