// From the camera to the queue: made small on the phone, with the time and place of capture kept beside it.

import { readExif } from "./exif.js";
import * as queue from "./queue.js";
import { photoWithRoom } from "./storage.js";

export const MOST_EDGE = 1600;
const QUALITY = 0.82;
const LIVE_SECONDS = 300; // a "photo taken now" that is older was picked from the album

// A chosen file as a photo of an entry, already kept on the phone. `live`: the camera was asked for. Fails where the phone cannot read
// it: then no server could show it either, and the picture stays where it was.
export async function takePhoto(file, { entryId, itemId = null, lotId, owner, place, live }) {
  const original = await file.arrayBuffer();
  const exif = readExif(original);
  const now = Date.now();
  const taken = exif.taken || new Date(live ? now : file.lastModified || now).toISOString();
  const bytes = await smaller(file, original);
  const photo = {
    id: crypto.randomUUID(), entry_id: entryId, item_id: itemId, lot_id: lotId || null, owner, bytes, sha256: await sha256(bytes), captured_at: taken, place: place || null,
    latitude: exif.latitude ?? null, longitude: exif.longitude ?? null, live: live && now - Date.parse(taken) < LIVE_SECONDS * 1000, draft: true, complete: false,
  };
  await photoWithRoom(bytes.byteLength, () => queue.addPhoto(photo));
  return photo;
}

export async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function smaller(file, original) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, MOST_EDGE / Math.max(picture.width, picture.height));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return blob ? blob.arrayBuffer() : original;
}

const shown = new Map();

// An address under which the page can show it.
export function addressOf(photo) {
  if (!shown.has(photo.id)) shown.set(photo.id, URL.createObjectURL(new Blob([photo.bytes], { type: "image/jpeg" })));
  return shown.get(photo.id);
}
