// Bringing entries and photos to the server: from an open page, or in the background by the service worker. Only one does it at a time.
// Whatever is interrupted is sent again; the server answers what it has with `replayed`, so nothing is doubled.

import { json, Refusal, send } from "./api.js";
import { after, batches } from "./answers.js";
import * as db from "./db.js";
import { tell } from "./queue.js";

// Resolves with { left, failed, retryAfter }: what is still waiting, and whether it is worth trying again by itself.
export function deliverAll() {
  if (!navigator.locks) return deliver();
  return navigator.locks.request("phone-deliver", { ifAvailable: true }, (lock) => (lock ? deliver() : { left: 0, failed: false, busy: true }));
}

async function deliver() {
  const keys = (await db.kept("keys")) || {};
  const outcome = { left: 0, failed: false, retryAfter: null, signIn: false };
  try {
    await deliverTries(keys);
    await deliverEntries(keys, outcome);
    await deliverPhotos(keys, outcome);
  } catch (error) {
    outcome.failed = true;
    if (error instanceof Refusal) {
      outcome.retryAfter = error.retryAfter;
      outcome.signIn = error.status === 401;
      await db.keep("trouble", { status: error.status, text: error.message, at: Date.now() });
    }
  }
  if (!outcome.failed) await db.forget("trouble");
  tell();
  return outcome;
}

// Wrong PINs that were counted here go up before the entries, whose right PIN forgives them. A refusal holds up no entry.
async function deliverTries(keys) {
  const waiting = ((await db.kept("pin_tries")) || []).filter((each) => keys[each.owner]);
  if (!waiting.length) return;
  const tries = waiting.filter((each) => each.owner === waiting[0].owner);
  const body = { sent_at: new Date().toISOString(), tries: tries.map(({ owner, ...each }) => each) };
  try {
    await json("/api/v1/phone/pin-tries", { method: "POST", body, key: keys[waiting[0].owner] });
  } catch (error) {
    if (error instanceof Refusal) return;
    throw error;
  }
  const told = new Set(tries.map((each) => each.id));
  await db.together(["kept"], async ({ kept }) => kept.put(((await db.asked(kept.get("pin_tries"))) || []).filter((each) => !told.has(each.id)), "pin_tries"));
}

async function deliverEntries(keys, outcome) {
  const waiting = (await db.all("entries")).filter((each) => each.state === "waiting" && keys[each.owner]).sort((one, other) => one.seq - other.seq);
  const phone = await db.installation();
  for (const batch of batches(waiting)) {
    const body = { sent_at: new Date().toISOString(), phone };
    const ask = (some) => json("/api/v1/phone/sync", { method: "POST", body: { ...body, entries: some.map(wire) }, key: keys[batch[0].owner] }).catch((error) => unknownKey(error, batch[0].owner));
    for (const [some, told] of await askApart(batch, ask)) {
      if (told.skew_seconds !== undefined) await db.keep("skew", { seconds: told.skew_seconds, skewed: told.skewed });
      await settle(some, told);
    }
    tell();
  }
  outcome.left = (await db.all("entries")).filter((each) => each.state === "waiting").length;
}

const wire = (held) => (held.sent.text ? held.sent : { entry: held.entry });

// One that the server cannot read at all holds up no other: each goes by itself then, and it alone is refused.
async function askApart(batch, ask) {
  const unreadable = (error) => error instanceof Refusal && [400, 413].includes(error.status);
  try {
    return [[batch, await ask(batch)]];
  } catch (error) {
    if (!unreadable(error)) throw error;
  }
  const told = [];
  for (const held of batch) {
    told.push([[held], await ask([held]).catch((error) => {
      if (!unreadable(error)) throw error;
      return { answers: [{ entry_id: held.entry_id, outcome: "refused", problem: { code: error.code, text: error.message, errors: [] } }] };
    })]);
  }
  return told;
}

// A key that the server no longer knows is asked for anew when its owner is next signed in; the entries wait for it.
async function unknownKey(error, owner) {
  if (error instanceof Refusal && error.status === 401) {
    const { [owner]: gone, ...others } = (await db.kept("keys")) || {};
    await db.keep("keys", others);
  }
  throw error;
}

async function settle(batch, told) {
  await db.together(["entries", "sent"], async ({ entries, sent }) => {
    for (const held of batch) {
      const left = after(held, told.answers);
      if (left) {
        entries.put(left);
        continue;
      }
      const own = told.answers.filter((each) => each.entry_id === held.entry_id || (held.entry.items || []).some((item) => item.entry_id === each.entry_id));
      entries.delete(held.entry_id);
      sent.put({ entry_id: held.entry_id, at: told.received_at, about: { ...held.about, draft: null }, answers: own });
    }
  });
}

async function deliverPhotos(keys, outcome) {
  for (const photo of await db.all("photos")) {
    if (photo.draft || photo.problem || !keys[photo.owner]) continue;
    if (!photo.complete) {
      try {
        await deliverPhoto(photo, keys[photo.owner]);
      } catch (error) {
        if (!(error instanceof Refusal) || error.status >= 500 || [401, 403, 408, 429].includes(error.status)) throw error;
        await db.put("photos", { ...photo, problem: error.message, complete: false });
        continue;
      }
    }
    await settlePhoto(photo);
    tell();
  }
}

// It is on the server; it leaves the phone once its entry is there too, and stays with one that waits or is being put right.
function settlePhoto(photo) {
  return db.together(["entries", "drafts", "photos"], async ({ entries, drafts, photos }) => {
    const [held, draft, now] = await Promise.all([db.asked(entries.get(photo.entry_id)), db.asked(drafts.get(photo.entry_id)), db.asked(photos.get(photo.id))]);
    if (!now) return;
    if (held || draft) photos.put({ ...now, complete: true });
    else photos.delete(photo.id);
  });
}

async function deliverPhoto(photo, key) {
  const part = ((await db.kept("pack"))?.rules?.photo_part_bytes) || 262144;
  const about = {
    id: photo.id, size_bytes: photo.bytes.byteLength, sha256: photo.sha256, entry_id: photo.item_id || photo.entry_id, lot_id: photo.lot_id || null, captured_at: photo.captured_at,
    place: photo.place || null, latitude: photo.latitude ?? null, longitude: photo.longitude ?? null, live: photo.live,
  };
  const stands = await json("/api/v1/phone/photos", { method: "POST", body: about, key });
  let { offset, complete } = stands;
  while (!complete && offset < photo.bytes.byteLength) {
    const headers = { "Upload-Offset": String(offset), "Content-Type": "application/octet-stream" };
    const answer = await send(`/api/v1/phone/photos/${photo.id}`, { method: "PATCH", headers, body: photo.bytes.slice(offset, offset + part), key });
    const next = Number(answer.headers.get("Upload-Offset"));
    if (!(next > offset)) throw new Error("the offset does not move");
    offset = next;
  }
}
