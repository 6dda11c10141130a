// When the queue goes up: at once after an entry, when the network comes back, at the start, by the platform in the background where it
// can, else by a timer that waits longer after every failure.

import { pause } from "./answers.js";
import { deliverAll } from "./deliver.js";
import * as pack from "./pack.js";
import { tell } from "./queue.js";
import { ensureKey } from "./session.js";
import { online, reread, state } from "./state.js";
import { forPhotos, settleRoom } from "./storage.js";

const DAY_MINUTES = 5;
let failures = 0, timer = null, running = false, again = false;

// Sends what there is; what is saved meanwhile goes right after it.
export async function kick() {
  again = true;
  if (running) return;
  running = true;
  clearTimeout(timer);
  try {
    while (again) {
      again = false;
      await round();
    }
  } finally {
    running = false;
    const scarce = !forPhotos(state.room);
    if (scarce) await settleRoom();
    await reread();
    if (scarce) tell();
  }
}

async function round() {
  try {
    if (state.session && !state.session.over && online()) await ensureKey();
  } catch { /* asked for again with the next entry */ }
  const outcome = await deliverAll();
  failures = outcome.failed ? failures + 1 : 0;
  if (outcome.failed) {
    timer = setTimeout(kick, pause(failures, outcome.retryAfter));
    background();
  }
  if (outcome.busy) timer = setTimeout(kick, 3000);
}

// Asks the platform to deliver even when the page is gone; where it cannot, the timer and the next start do it.
export async function background() {
  try {
    const worker = await navigator.serviceWorker?.getRegistration("/phone/");
    await worker?.sync?.register("deliver");
  } catch { /* not allowed here */ }
}

export async function refreshDay(redraw) {
  if (!state.session || state.session.over || (await pack.locked())) return; // whoever is locked out signs in first
  const outcome = await pack.refresh();
  await reread();
  if (outcome === "new" || outcome === "sign_in") redraw();
}

export function start(redraw) {
  window.addEventListener("online", () => { failures = 0; kick(); refreshDay(redraw); redraw(); });
  window.addEventListener("offline", () => redraw());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) kick(); });
  setInterval(() => refreshDay(redraw), DAY_MINUTES * 60000);
  kick();
}
