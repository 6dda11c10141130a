// Room on the phone, said before it is too little: photos stop first, so that entries always have some; then nothing new is begun.
// Some browsers tell the same estimate however full the phone is. So a ballast lies in the database: where an entry finds no room, it is
// thrown off, the entry takes its place, and nothing new is begun until the ballast fits again.

import * as db from "./db.js";

const MEGABYTE = 1024 * 1024;
const LOW = 100 * MEGABYTE, FOR_ENTRIES = 20 * MEGABYTE, LEAST = 2 * MEGABYTE, BALLAST = 4 * MEGABYTE, AT_ONCE = 65536;
const LEVELS = ["plenty", "low", "entries", "full"];
export const PLENTY = { level: "plenty", megabytes: null };

let ballast = true, photosRefused = false;

export const isFull = (error) => error?.name === "QuotaExceededError";
export const forPhotos = ({ level }) => level === "plenty" || level === "low";

// `level`: plenty, low (some more photos), entries (no more photos), full (nothing new). Pure.
export function levelOf(free) {
  if (!Number.isFinite(free)) return PLENTY;
  const level = free < LEAST ? "full" : free < FOR_ENTRIES ? "entries" : free < LOW ? "low" : "plenty";
  return { level, megabytes: Math.max(0, Math.floor(free / MEGABYTE)) };
}

// What is left, less `needed` bytes: the worse of what the platform tells and of what it did.
export async function room(needed = 0) {
  const met = ballast ? (photosRefused ? "entries" : "plenty") : "full";
  const told = await estimated(needed);
  return LEVELS.indexOf(met) > LEVELS.indexOf(told.level) ? { ...told, level: met } : told;
}

async function estimated(needed) {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    return levelOf(quota - usage - needed);
  } catch {
    return PLENTY;
  }
}

// Looked at when the page begins and when something has left the phone: whether there is room again.
export async function settleRoom() {
  photosRefused = false;
  if (await db.kept("ballast")) return;
  const bytes = new Uint8Array(BALLAST); // at random, so that no database makes it smaller
  for (let at = 0; at < BALLAST; at += AT_ONCE) crypto.getRandomValues(bytes.subarray(at, at + AT_ONCE));
  ballast = await db.keep("ballast", bytes.buffer).then(() => true, (error) => !isFull(error));
}

// Writes an entry or a draft: where there is no room for it, in the place of the ballast.
export async function withRoom(write) {
  try {
    return await write();
  } catch (error) {
    if (!isFull(error)) throw error;
    ballast = false;
    await globalThis.caches?.delete("phone-pictures"); // they can be fetched again
    await db.forget("ballast");
    return write();
  }
}

// Writes a photo: what is left is not for it where there is too little.
export async function photoWithRoom(bytes, write) {
  if (!forPhotos(await room(bytes))) throw new DOMException("no room for photos", "QuotaExceededError");
  try {
    return await write();
  } catch (error) {
    if (isFull(error)) photosRefused = true;
    throw error;
  }
}

// Asks the platform never to clear what lies here by itself; whether it agreed.
export async function keepForGood() {
  try {
    return (await navigator.storage.persisted()) || (await navigator.storage.persist());
  } catch {
    return false;
  }
}
