// Who uses the phone: a person who signs in, or a terminal that was enrolled. Each has a key for delivering, kept beside the queue, which
// outlives the session.

import { json, Refusal } from "./api.js";
import * as db from "./db.js";

export const current = () => db.kept("session");
export const ways = () => json("/api/v1/auth/ways", { anonymous: true }).then((told) => told.items, () => []);

// Throws a Refusal; `tenant_required` brings `choices`.
export async function signIn(path, body, label) {
  const told = await json(path, { method: "POST", body, anonymous: true });
  if (told.must_change_password) return { mustChange: true };
  await begin(told);
  return registered(label);
}

async function begin(told) {
  const session = { access: told.access_token, refresh: told.refresh_token, until: Date.now() + told.expires_in * 1000, name: told.display_name, over: false };
  const before = await db.kept("session");
  await db.keep("session", session);
  const me = await json("/api/v1/auth/me");
  await db.keep("session", { ...session, ...(await db.kept("session")), id: me.id, permissions: me.permissions, tenant: me.tenant });
  if (before?.id !== me.id) await Promise.all([db.forget("pack"), db.forget("contact")]);
}

async function registered(label) {
  const session = await db.kept("session");
  if (!session.permissions.includes("phone.enter")) return { notForPhones: true };
  await db.keep("label", label);
  await db.keep("contact", Date.now());
  await ensureKey();
  return { session };
}

// The key of this person on this phone: asked for once, and again where the server no longer knows it.
export async function ensureKey() {
  const session = await db.kept("session");
  if (!session || session.terminal || ((await db.kept("keys")) || {})[session.id]) return;
  const made = await json("/api/v1/phone/keys", { method: "POST", body: { label: await db.kept("label") } });
  await db.keep("keys", { ...(await db.kept("keys")), [session.id]: made.key });
}

export async function enrol(code) {
  const made = await json("/api/v1/auth/terminals", { method: "POST", body: { code }, anonymous: true });
  const keys = (await db.kept("keys")) || {};
  await db.keep("keys", { ...keys, [made.terminal_id]: made.key });
  await Promise.all([db.forget("pack"), db.keep("contact", Date.now())]);
  await db.keep("session", { terminal: true, id: made.terminal_id, key: made.key, name: made.name, tenant: made.tenant_name, place: made.place_name, over: false });
}

// Ends the session. The queue and its key stay: what was entered still goes up.
export async function signOut() {
  const session = await db.kept("session");
  if (session && !session.terminal) {
    try {
      await json("/api/v1/auth/logout", { method: "POST" });
    } catch (error) {
      if (!(error instanceof Refusal) && navigator.onLine !== false) console.info("signed out on this phone only");
    }
  }
  for (const name of ["session", "pack", "contact"]) await db.forget(name);
}
