// Who is signed in, kept on the phone; and the key that may deliver entries when the session is over. `store` is get/set/remove by name.

const { Refused } = require("./api");

const NAME = "session";
const KEYS = "keys";
const HOUR = 3600 * 1000;

function makeSession(api, store, now = Date.now) {
  const read = () => store.get(NAME) || null;
  const keep = (more) => {
    const kept = { ...(read() || {}), ...more };
    store.set(NAME, kept);
    return kept;
  };

  /** `path` is the platform's own: /api/v1/auth/wechat/mini-program or /api/v1/auth/alipay; `code` is good for one call. */
  async function signIn(path, code, { invitation, tenant } = {}) {
    const body = { code };
    if (invitation) body.invitation = invitation;
    if (tenant) body.tenant = tenant;
    const made = await api.post(path, body);
    begin({ access: made.access_token, refresh: made.refresh_token, name: made.display_name, tenant: made.tenant, at: now() });
    keep({ id: (await ask("GET", "/api/v1/auth/me")).id });
    return made;
  }

  /** Nothing of whoever was here before: neither who he is nor the key that delivers for him. */
  function begin(session) {
    store.set(NAME, session);
  }

  /** One for each person on this phone; they outlive the session. */
  async function registerKey(label) {
    const { id } = read();
    const keys = store.get(KEYS) || {};
    if (!keys[id]) {
      const made = await ask("POST", "/api/v1/phone/keys", { label });
      keys[id] = { key: made.key, hours: made.local_unlock_hours };
      store.set(KEYS, keys);
    }
    return keep(keys[id]).key;
  }

  /** A shared terminal, by the code that the back office shows once. */
  async function enrol(code) {
    const made = await api.post("/api/v1/auth/terminals", { code });
    return begin({ terminal: made.terminal_id, id: made.terminal_id, access: made.key, key: made.key, name: made.name, tenant: made.tenant_name, at: now() });
  }

  /** As the person signed in; a token that is over is traded once for the next. */
  async function ask(method, path, body) {
    const send = () => {
      const token = (read() || {}).access;
      return method === "GET" ? api.get(path, { token }) : api.post(path, body, { token });
    };
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 401 || !(read() || {}).refresh) throw error;
      const next = await api.post("/api/v1/auth/refresh", { refresh_token: read().refresh });
      keep({ access: next.access_token, refresh: next.refresh_token });
      return send();
    }
  }

  /** Whether one may go on working without the network: so long after the last word from the server. */
  function isUnlocked() {
    const kept = read();
    return Boolean(kept && kept.heard && now() - kept.heard < (kept.hours || 72) * HOUR);
  }

  return {
    signIn, enrol, registerKey, ask, isUnlocked,
    read,
    heard: () => keep({ heard: now() }),
    signOut: () => store.remove(NAME),
  };
}

module.exports = { makeSession };
