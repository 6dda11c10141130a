// What all pages share: made once by app.js from the platform's adapter, the configuration and the words.

const { makeApi } = require("./api");
const { makeBadges } = require("./badge");
const { makeDay } = require("./day");
const { makeDrafts } = require("./drafts");
const { makePhotos } = require("./photos");
const { makeQueue } = require("./queue");
const { makeSession } = require("./session");

function makeHouse(platform, config, catalog) {
  const language = platform.language() === "en" ? "en" : "zh_CN";
  const api = makeApi(platform, config.base, language);
  const session = makeSession(api, platform.store);
  const words = (name, params) => filled(catalog[language][name] || name, params || {});
  const key = () => (session.read() || {}).key;
  const deliver = (entries, by) =>
    api.post("/api/v1/phone/sync", { sent_at: new Date().toISOString(), phone: phoneId(platform), entries }, { token: by || key() });
  const badges = makeBadges(platform.store);
  const day = makeDay(platform.store, session.ask);
  return {
    platform, config, language, api, session,
    words,
    /** For a page: its words by key, without the prefix, dots as underscores. */
    said: (prefix, names) => Object.fromEntries(names.map((name) => [name.replace(/\./g, "_"), words(prefix + name)])),
    has: (name) => name in catalog[language],
    day,
    drafts: makeDrafts(platform.store, day, platform.random, () => (session.read() || {}).id || null),
    badges,
    tellTries: () => badges.tell((body) => api.post("/api/v1/phone/pin-tries", body, { token: key() })),
    queue: makeQueue(platform.store, deliver, day.taken),
    photos: makePhotos(platform.store, api, platform.files, key),
  };
}

function filled(text, params) {
  return text.replace(/%\((\w+)\)s/g, (whole, name) => (name in params ? String(params[name]) : whole));
}

/** Of this installation, made when it is first needed. */
function phoneId(platform) {
  let id = platform.store.get("phone");
  if (!id) {
    id = platform.newIdNow();
    platform.store.set("phone", id);
  }
  return id;
}

module.exports = { makeHouse };
