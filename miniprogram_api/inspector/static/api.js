// Requests: signed by a session that is renewed when it is over, or by a key. A `Refusal` is what the server said; anything else means
// that nobody was reached.

import * as db from "./db.js";

export class Refusal extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.detail || problem.title || String(status));
    Object.assign(this, { status, code: problem.code || "", problem, retryAfter });
  }
}

async function bearer(key) {
  if (key) return key;
  const session = await db.kept("session");
  if (!session) return null;
  if (session.terminal) return session.key;
  if (session.until > Date.now() + 15000) return session.access;
  return navigator.onLine === false ? session.access : renewed(session.access);
}

// One tab renews for all: a refresh token is good for once.
function renewed(known) {
  const work = async () => {
    const session = await db.kept("session");
    if (!session || session.terminal) return null;
    if (session.access !== known && session.until > Date.now() + 15000) return session.access;
    const answer = await plainly("/api/v1/auth/refresh", { method: "POST", body: { refresh_token: session.refresh } });
    if (answer.status === 401) {
      await db.keep("session", { ...session, over: true });
      return null;
    }
    if (!answer.ok) throw await refusal(answer);
    const told = await answer.json();
    await db.keep("session", { ...session, access: told.access_token, refresh: told.refresh_token, until: Date.now() + told.expires_in * 1000, over: false });
    return told.access_token;
  };
  return navigator.locks ? navigator.locks.request("phone-session", work) : work();
}

const PATIENCE = 60000; // a request that hangs in a cold store is given up, and made again

async function plainly(path, { method = "GET", body, headers = {}, token, patience = PATIENCE } = {}) {
  const language = (await db.kept("language")) || "zh_CN";
  const given = { "Accept-Language": language.replace("_", "-"), ...headers };
  if (token) given.Authorization = `Bearer ${token}`;
  const bytes = body instanceof ArrayBuffer || body instanceof Blob;
  if (body !== undefined && !bytes) given["Content-Type"] = "application/json";
  return fetch(path, { method, headers: given, body: body === undefined || bytes ? body : JSON.stringify(body), cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout?.(patience) });
}

async function refusal(answer) {
  let problem = {};
  try { problem = await answer.json(); } catch { /* no words with it */ }
  return new Refusal(answer.status, problem, Number(answer.headers.get("Retry-After")) || null);
}

// The answer; a Refusal for anything but 2xx and 304. `key`: signed by it and not by the session.
export async function send(path, options = {}) {
  let token = options.anonymous ? null : await bearer(options.key);
  let answer = await plainly(path, { ...options, token });
  if (answer.status === 401 && !options.key && !options.anonymous) {
    const session = await db.kept("session");
    if (session?.terminal) await db.keep("session", { ...session, over: true });
    else if (session && (token = await renewed(token))) answer = await plainly(path, { ...options, token });
  }
  if (!answer.ok && answer.status !== 304) throw await refusal(answer);
  return answer;
}

export async function json(path, options = {}) {
  const answer = await send(path, options);
  return answer.status === 204 || answer.status === 304 ? null : answer.json();
}
