// When the queue goes up: at once after an entry, when the network comes back, at the start, by the platform in the background where it
// can, else by a timer that waits longer after every failure.

import { pause } from "./answers.js";
import { deliverAll } from "./deliver.js";
import * as pack from "./pack.js";
import { reread, state } from "./state.js";

const DAY_MINUTES = 5;
let failures = 0, timer = null, running = false;

export async function kick() {
  if (running || !state.session && !state.counts.entries) return;
  running = true;
  clearTimeout(timer);
  try {
    const outcome = await deliverAll();
    failures = outcome.failed ? failures + 1 : 0;
    if (outcome.failed && !outcome.signIn) {
      timer = setTimeout(kick, pause(failures, outcome.retryAfter));
      background();
    }
    if (outcome.busy) timer = setTimeout(kick, 3000);
  } finally {
    running = false;
    await reread();
  }
}

// Asks the platform to deliver even when the page is gone; where it cannot, the timer and the next start do it.
export async function background() {
  try {
    const worker = await navigator.serviceWorker?.getRegistration("/phone/");
    await worker?.sync?.register("deliver");
  } catch { /* not allowed here */ }
}

export async function refreshDay(redraw) {
  if (!state.session || state.session.over) return;
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
