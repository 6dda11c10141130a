// What the page knows while it is open; everything that counts is in the database.

import { doneBy } from "./answers.js";
import * as db from "./db.js";
import * as pack from "./pack.js";
import * as queue from "./queue.js";
import { PLENTY, room } from "./storage.js";

export const state = { session: null, practice: false, counts: { entries: 0, waiting: 0, stuck: 0, photos: 0 }, ahead: 0, update: null, room: PLENTY, offlineReady: false, news: "" };

export function go(hash) {
  if (location.hash === hash) window.dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = hash;
}

export async function reread() {
  state.session = (await db.kept("session")) || null;
  state.practice = Boolean(await db.kept("practice"));
  state.ahead = (await db.kept("ahead")) || 0;
  state.counts = await queue.counts();
  state.room = await room();
  pack.setDone(doneBy(await db.all("entries"), await db.all("sent")));
}

export const owner = () => state.session?.id;
export const ownerName = () => pack.day()?.me?.name || state.session?.name || "";
export const inBrowserView = () => !("serviceWorker" in navigator);
export const online = () => navigator.onLine !== false;

const ZONE = "Asia/Shanghai";

export function clock(text) {
  return new Date(text).toLocaleTimeString("zh-CN", { timeZone: ZONE, hour: "2-digit", minute: "2-digit", hour12: false });
}

export const dayOf = (at) => new Date(at).toLocaleDateString("sv-SE", { timeZone: ZONE });
export const today = () => dayOf(Date.now());
export const moment = (at) => `${dayOf(at).slice(5)} ${clock(at)}`;
