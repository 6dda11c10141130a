// Signing at a shared terminal: the badge says who, the PIN opens his key for this terminal, the key signs the very text of the entry.
// All of it works without a network. The count of wrong PINs is kept on the phone, so that restarting does not clear it.

import * as db from "./db.js";

const utf8 = (text) => new TextEncoder().encode(text);
const bytes = (base64) => Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

export async function digestOf(text) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function signerOf(badgeText, signers) {
  const digest = await digestOf(badgeText.trim());
  return signers.find((each) => each.badge_digest === digest) || null;
}

// The signing key, or null for a wrong PIN.
export async function unlock(signer, terminalId, pin) {
  const typed = await crypto.subtle.importKey("raw", utf8(pin), "PBKDF2", false, ["deriveKey"]);
  const derived = await crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt: bytes(signer.salt), iterations: signer.iterations }, typed, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  const about = utf8(`${terminalId}|${signer.badge_id}|${signer.key_no}`);
  try {
    return await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes(signer.iv), additionalData: about }, derived, bytes(signer.wrapped));
  } catch {
    return null;
  }
}

export async function sign(signer, key, text) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return { badge_id: signer.badge_id, key_no: signer.key_no, mac: base64(await crypto.subtle.sign("HMAC", imported, utf8(text))) };
}

// Seconds still to wait before this badge may try again, 0 when it may.
export async function waitOf(badgeId) {
  const tries = (await db.kept(`pin:${badgeId}`)) || { wrong: 0, until: 0 };
  return Math.max(0, Math.ceil((tries.until - Date.now()) / 1000));
}

export async function tried(badgeId, right, rules) {
  if (right) return db.forget(`pin:${badgeId}`);
  const before = (await db.kept(`pin:${badgeId}`)) || { wrong: 0, until: 0 };
  const wrong = before.wrong + 1;
  const over = wrong >= rules.pin_tries;
  return db.keep(`pin:${badgeId}`, { wrong: over ? 0 : wrong, until: over ? Date.now() + rules.pin_wait_seconds * 1000 : 0 });
}
