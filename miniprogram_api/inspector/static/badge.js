// Signing at a shared terminal: the badge says who, the PIN opens his key for this terminal, the key signs the very text of the entry.
// All of it works without a network. Wrong PINs are counted on the phone, so that restarting does not clear them, and told to the server
// when it is reached, so that setting the terminal up anew does not either.

import * as db from "./db.js";
import { afterTry, standing } from "./pins.js";

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

export const standingOf = async (signer, rules) => standing(await db.kept(`pin:${signer.badge_id}`), signer, rules, Date.now());

// Counts a try; a wrong one waits to be told.
export async function tried(signer, right, rules, owner) {
  const name = `pin:${signer.badge_id}`;
  await db.together(["kept"], async ({ kept }) => {
    kept.put(afterTry(await db.asked(kept.get(name)), signer, right, rules, Date.now()), name);
    if (right) return;
    const told = (await db.asked(kept.get("pin_tries"))) || [];
    kept.put([...told, { owner, id: crypto.randomUUID(), badge_id: signer.badge_id, key_no: signer.key_no, at: new Date().toISOString() }].slice(-200), "pin_tries");
  });
}
