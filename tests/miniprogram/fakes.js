// A phone and a server that are only played: storage in memory, a network that can be cut, answers that are scripted.

const path = require("node:path");

const BUILT = process.env.BUILT;
const lib = (name) => require(path.join(BUILT, "wechat", "lib", name));

/** `serve(method, path, body, headers)` answers {status, data} or throws where the network is away. */
function phone(serve, more = {}) {
  const kept = new Map();
  let made = 0;
  return {
    signInPath: "/api/v1/auth/wechat/mini-program",
    language: () => "zh",
    label: () => "test",
    sent: [],
    async send({ url, method, headers, body }) {
      this.sent.push({ method, path: url.replace("https://t.example", ""), headers, body });
      return serve(method, url.replace("https://t.example", ""), body, headers);
    },
    store: {
      get: (name) => (kept.has(name) ? JSON.parse(kept.get(name)) : undefined),
      set: (name, value) => kept.set(name, JSON.stringify(value)),
      remove: (name) => kept.delete(name),
    },
    files: { part: async (file, from, length) => new Uint8Array(Buffer.from(file).subarray(from, from + length)).buffer, forget: async () => {} },
    random: async (length) => Uint8Array.from({ length }, (_, at) => (at + (made += 1) * 7) % 256),
    newIdNow: () => "00000000-0000-4000-a000-000000000000",
    signInCode: async () => "code-1",
    scan: async () => null,
    picture: async () => ({ path: "picture", size: 7 }),
    pictures: async () => [{ path: "shown", size: 5 }],
    uploaded: [],
    async upload({ url, path: file, headers }) {
      this.uploaded.push({ path: url.replace("https://t.example", ""), file, headers });
      return serve("POST", url.replace("https://t.example", ""), file, headers);
    },
    copied: [],
    async copy(text) { this.copied.push(text); },
    confirm: async () => true,
    hits: [],
    hit(good) { this.hits.push(good); },
    back() { this.opened.push("back"); },
    opened: [],
    open(url) { this.opened.push(url); },
    replace(url) { this.opened.push(url); },
    ...more,
  };
}

function houseOf(platform) {
  return lib("house").makeHouse(platform, { base: "https://t.example" }, lib("words"));
}

/** A page as the platforms run it: `setData` merges. */
function opened(make, house) {
  const page = make(house);
  page.setData = function setData(more) {
    for (const [name, value] of Object.entries(more)) {
      const steps = name.split(/[.[\]]+/).filter(Boolean);
      const last = steps.pop();
      steps.reduce((at, step) => at[step], this.data)[last] = value;
    }
  };
  return page;
}

module.exports = { lib, phone, houseOf, opened };
