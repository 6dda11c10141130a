// Promise: what was entered stays on the phone until the server has it, whatever becomes of the network; each entry is stored once; what is
// refused or contested is kept to be looked at; photos go on where they stopped.

const assert = require("node:assert/strict");
const { createHash } = require("node:crypto");
const { test } = require("node:test");
const { lib, phone } = require("./fakes");

const { makeQueue, MOST_AT_ONCE } = lib("queue");
const { makePhotos, PART } = lib("photos");
const { makeApi } = lib("api");

const entry = (id, more = {}) => ({ entry_id: id, values: { fat: "3.4" }, ...more });
const stored = (entries) => ({ answers: entries.map(({ entry: each }) => ({ entry_id: each.entry_id, outcome: "stored", problem: null })) });

test("entries go in order, in batches, and leave when they are stored", async () => {
  const batches = [];
  const queue = makeQueue(phone().store, async (entries) => { batches.push(entries.map((each) => each.entry.seq)); return stored(entries); });
  for (let n = 1; n <= MOST_AT_ONCE + 3; n += 1) queue.add(entry(`e${n}`));
  assert.deepEqual(await queue.flush(), { sent: MOST_AT_ONCE + 3, left: 0, away: false });
  assert.deepEqual(batches.map((batch) => batch.length), [MOST_AT_ONCE, 3]);
  assert.deepEqual(batches.flat(), Array.from({ length: MOST_AT_ONCE + 3 }, (_, at) => at + 1));
});

test("an answer that was lost is asked for again, and nothing is dropped", async () => {
  const ledger = new Map();
  let cut = true;
  const queue = makeQueue(phone().store, async (entries) => {
    const answers = entries.map(({ entry: each }) => {
      const outcome = ledger.has(each.entry_id) ? "replayed" : "stored";
      ledger.set(each.entry_id, each);
      return { entry_id: each.entry_id, outcome, problem: null };
    });
    if (cut) throw new Error("cut after it was stored");
    return { answers };
  });
  for (let n = 0; n < 20; n += 1) queue.add(entry(`e${n}`));
  assert.equal((await queue.flush()).away, true);
  assert.equal(queue.counts().waiting, 20);
  cut = false;
  assert.equal((await queue.flush()).left, 0);
  assert.equal(ledger.size, 20);
});

test("two calls at once are one; another start of the app finds what was left", async () => {
  const { store } = phone();
  let calls = 0;
  const first = makeQueue(store, async () => { throw new Error("away"); });
  first.add(entry("a"));
  await first.flush();
  const second = makeQueue(store, async (entries) => { calls += 1; return stored(entries); });
  await Promise.all([second.flush(), second.flush(), second.flush()]);
  assert.equal(calls, 1);
  assert.equal(second.counts().waiting, 0);
});

test("refused and contested entries stay, are not sent again, and an amended one is", async () => {
  let told = { a: "refused", b: "conflict" };
  const seen = [];
  const queue = makeQueue(phone().store, async (entries) => {
    seen.push(...entries.map((each) => each.entry.entry_id));
    return { answers: entries.map(({ entry: each }) => ({ entry_id: each.entry_id, outcome: told[each.entry_id] || "stored", problem: { text: "不对" } })) };
  });
  ["a", "b", "c"].forEach((id) => queue.add(entry(id)));
  await queue.flush();
  assert.deepEqual(queue.counts(), { waiting: 0, refused: 1, conflict: 1 });
  await queue.flush();
  assert.deepEqual(seen, ["a", "b", "c"]);
  told = {};
  queue.add(entry("a", { values: { fat: "3.5" } }));
  await queue.flush();
  assert.deepEqual(queue.counts(), { waiting: 0, refused: 0, conflict: 1 });
});

test("an entry amended while it was under way is not taken for delivered", async () => {
  const queue = makeQueue(phone().store, async (entries) => {
    if (entries[0].entry.values.fat === "1") queue.add(entry("a", { values: { fat: "2" } }));
    return stored(entries);
  });
  queue.add(entry("a", { values: { fat: "1" } }));
  assert.equal((await queue.flush()).left, 1);
  assert.deepEqual(await queue.flush(), { sent: 1, left: 0, away: false });
});

function photoServer(bytes, breaks) {
  const state = { got: 0, parts: 0 };
  const answer = () => ({ status: 200, data: { offset: state.got, complete: state.got === bytes.length } });
  return [state, async (method, path, body, headers) => {
    if (!path.endsWith("/parts")) return answer();
    state.parts += 1;
    if (breaks.has(state.parts)) throw new Error("cut");
    assert.equal(Number(headers["Upload-Offset"]), state.got);
    assert.deepEqual(Buffer.from(body), bytes.subarray(state.got, state.got + body.byteLength));
    state.got += body.byteLength;
    return { status: 204, data: "" };
  }];
}

test("a photo goes on where it stopped and is forgotten only when it is whole", async () => {
  const bytes = Buffer.alloc(PART * 2 + 100, 7);
  const [state, serve] = photoServer(bytes, new Set([2]));
  const platform = phone(serve);
  const gone = [];
  const files = { part: async (_, from, length) => new Uint8Array(bytes.subarray(from, from + length)).buffer, forget: async (path) => gone.push(path) };
  const photos = makePhotos(platform.store, makeApi(platform, "https://t.example", "en"), files, () => "qtp_1");
  photos.add({ id: "p", path: "x", size_bytes: bytes.length, sha256: "0", entry_id: "e", captured_at: "t" });
  assert.equal(await photos.flush(), 1);
  assert.equal(state.got, PART);
  assert.equal(await photos.flush(), 0);
  assert.equal(state.got, bytes.length);
  assert.deepEqual(gone, ["x"]);
  assert.ok(platform.sent.every((each) => each.headers.Authorization === "Bearer qtp_1"));
});

test("the digest is the one that everybody computes", () => {
  const { sha256 } = lib("sha256");
  for (const length of [0, 1, 55, 56, 63, 64, 65, 1000, 100_000]) {
    const bytes = Buffer.alloc(length, length % 251);
    const copy = new Uint8Array(bytes).buffer;
    assert.equal(sha256(copy), createHash("sha256").update(bytes).digest("hex"), String(length));
  }
});
