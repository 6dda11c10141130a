// Promise: an inspector signs in with what the platform knows of him, records with and without a network, sees red values and empty fields at
// once, and the phone locks when it has been away too long while what was entered stays.

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { lib, phone, houseOf, opened } = require("./fakes");

const { broken, fieldsOf, limitsOf, missing, valuesOf } = lib("form");
const FORM = {
  id: "f1", form_id: "f", schema: { properties: { fat: { title: "fat" }, look: { enum: ["合格", "不合格"] }, note: { type: "string" }, warm: { type: "boolean" }, n: { type: "integer" } }, required: ["look"] },
  order: ["look", "fat"], fields: { fat: { title: "脂肪", unit: "g/100g", characteristic: { kind: "number", options: [] } } }, limits: "k",
};
const PACK = {
  lots: [{ id: "l1", state: "waiting" }], forms: [FORM], limits_of: [],
  limits: { k: { fat: { legal: { low: "3.1" }, internal: { low: "3.2", high: "3.6" }, required: true } } },
  inspections: [{ id: "i1", subject: "批次 L1 · 鲜牛奶", plan_name: "出厂检验", state: "due", lot_id: "l1", form_version_id: "f1", product_id: "p1", limits: null }],
};

function server(world) {
  return async (method, path, body) => {
    if (world.offline) throw new Error("offline");
    const said = body && !(body instanceof ArrayBuffer) ? body : {};
    if (path.endsWith("/mini-program")) return world.bound || said.invitation ? { status: 200, data: { access_token: "a1", refresh_token: "r1", display_name: "王检", tenant: "乳业" } } : { status: 401, data: { code: "identity_unbound", title: "还没有绑定" } };
    if (path === "/api/v1/phone/keys") return { status: 201, data: { key: "qtp_1", local_unlock_hours: 72 } };
    if (path === "/api/v1/auth/refresh") return { status: 200, data: { access_token: "a2", refresh_token: "r2" } };
    if (path === "/api/v1/phone/pack") return world.expired ? (world.expired = false, { status: 401, data: { code: "unauthenticated" } }) : { status: 200, data: PACK };
    if (path === "/api/v1/phone/sync") {
      world.stored.push(...said.entries.map((each) => each.entry));
      return { status: 200, data: { answers: said.entries.map((each) => ({ entry_id: each.entry.entry_id, outcome: "stored", problem: null })) } };
    }
    if (path.endsWith("/parts")) return { status: 204, data: "" };
    if (path.startsWith("/api/v1/phone/photos")) return { status: 200, data: { offset: 7, complete: true } };
    throw new Error(path);
  };
}

test("fields in their order, red beside the limit that is broken, blanks named", () => {
  const fields = fieldsOf(FORM, limitsOf(PACK, PACK.inspections[0], FORM, "p1"));
  assert.deepEqual(fields.map((field) => [field.name, field.kind]), [["look", "option"], ["fat", "number"], ["note", "text"], ["warm", "boolean"], ["n", "number"]]);
  const fat = fields[1];
  assert.equal(fat.said, "3.2 – 3.6");
  assert.deepEqual(["3.05", "3.15", "3.4", "3.7", "<0.01", ""].map((text) => broken(fat, text)), ["legal", "internal", null, "internal", null, null]);
  assert.deepEqual(missing(fields, { note: "x" }), ["look", "fat"]);
  assert.deepEqual(valuesOf(fields, { fat: " 3.40 ", n: "4", note: "", warm: true, look: "合格" }), { look: "合格", fat: "3.40", warm: true, n: 4 });
});

test("signing in asks for an invitation once, and registers the key that delivers", async () => {
  const world = { stored: [] };
  const platform = phone(server(world));
  const house = houseOf(platform);
  const page = opened(lib("page_sign_in"), house);
  await page.signIn();
  assert.match(page.data.message, /隐私/);
  page.agree();
  await page.signIn();
  assert.equal(page.data.needsInvitation, true);
  assert.equal(page.data.message, "还没有绑定");
  page.typed({ detail: { value: " inv-1 " } });
  await page.signIn({ type: "tap" });
  assert.deepEqual(platform.opened, ["/pages/entry/entry"]);
  assert.equal(house.session.read().key, "qtp_1");
  const asked = platform.sent.filter((each) => each.path.endsWith("/mini-program")).map((each) => each.body);
  assert.deepEqual(asked[1], { code: "code-1", invitation: "inv-1" });
});

async function signedIn(world) {
  const platform = phone(server(world));
  const house = houseOf(platform);
  await house.session.signIn(platform.signInPath, "c");
  await house.session.registerKey("x");
  const page = opened(lib("page_entry"), house);
  await page.onLoad();
  return { platform, house, page };
}

function choose(page) {
  page.choose({ currentTarget: { dataset: { id: "i1" } } });
  const type = (name, value) => page.typed({ currentTarget: { dataset: { name } }, detail: { value } });
  return type;
}

test("an entry without a network waits, and is delivered with its photo when there is one", async () => {
  const world = { bound: true, stored: [] };
  const { page } = await signedIn(world);
  assert.equal(page.data.due.length, 1);
  world.offline = true;
  const type = choose(page);
  await page.save();
  assert.deepEqual(Object.keys(page.data.wrong), ["look", "fat"]);
  type("look", "0");
  type("fat", "3.05");
  assert.match(page.data.wrong.fat, /法定/);
  await page.picture();
  await page.save();
  assert.equal(page.data.unsent, 2);
  assert.equal(page.data.chosen, null);
  world.offline = false;
  await page.deliver();
  assert.equal(page.data.unsent, 0);
  const [entry] = world.stored;
  assert.deepEqual([entry.lot_id, entry.inspection_id, entry.values], ["l1", "i1", { look: "合格", fat: "3.05" }]);
  assert.match(entry.entry_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(entry.photo_ids.length, 1);
  assert.equal(world.stored.length, 1);
});

test("a session that is over is renewed once; the pack on the phone serves 72 hours without a word from the server", async () => {
  const world = { bound: true, stored: [], expired: true };
  const { page, house, platform } = await signedIn(world);
  assert.equal(house.session.read().access, "a2");
  world.offline = true;
  await page.refresh();
  assert.match(page.data.message, /没有网络/);
  assert.equal(page.data.due.length, 1);
  const kept = platform.store.get("session");
  platform.store.set("session", { ...kept, heard: Date.now() - 73 * 3600 * 1000 });
  await page.refresh();
  assert.equal(page.data.due.length, 0);
  assert.match(page.data.message, /离线时间过长/);
});

test("signing out with entries unsent asks first", async () => {
  const world = { bound: true, stored: [] };
  const { page, house, platform } = await signedIn(world);
  world.offline = true;
  const type = choose(page);
  type("look", "0");
  type("fat", "3.4");
  await page.save();
  platform.confirm = async () => false;
  await page.signOut();
  assert.ok(house.session.read());
  platform.confirm = async () => true;
  await page.signOut();
  assert.equal(house.session.read(), null);
  assert.equal(house.queue.counts().waiting, 1);
});
