// Promise: an inspector signs in with what the platform knows of him, records one or many with and without a network, sees red values and empty
// fields at once and looks at them again, learns why something was not taken, and the phone locks when it has been away too long while what was entered stays.

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { lib, phone, houseOf, opened } = require("./fakes");

const FORM = {
  id: "f1", form_id: "f", schema: { properties: { fat: { title: "fat" }, look: { enum: ["合格", "不合格"] }, note: { type: "string" }, warm: { type: "boolean" }, n: { type: "integer" } }, required: ["look"] },
  order: ["look", "fat"], fields: { fat: { title: "脂肪", unit: "g/100g", characteristic: { kind: "number", options: [] } } }, limits: "k",
};
const LOOKED = { ...FORM, schema: { properties: { look: { enum: ["合格", "不合格"] } }, required: ["look"] }, order: ["look"], fields: {} };
const PACK = {
  lots: [{ id: "l1", lot_no: "L1", last_six: ["990012"], state: "waiting", product_name: "鲜牛奶" }], rules: { gauge_overdue: "mark" }, gauges: [], forms: [FORM], limits_of: [],
  limits: { k: { fat: { legal: { low: "3.1" }, internal: { low: "3.2", high: "3.6" }, required: true } } },
  inspections: [{ id: "i1", subject: "批次 L1 · 鲜牛奶", plan_name: "出厂检验", state: "due", lot_id: "l1", form_version_id: "f1", product_id: "p1", limits: null }],
};

/** The day as this world has it. */
function packOf({ form = FORM, sampling = null, rules = PACK.rules, gauges = [] }) {
  const more = sampling ? { sampling, quantity: "100" } : {};
  return { ...PACK, forms: [form], rules, gauges, inspections: PACK.inspections.map((each) => ({ ...each, ...more })) };
}

function server(world) {
  return async (method, path, body) => {
    if (world.offline) throw new Error("offline");
    const said = body && !(body instanceof ArrayBuffer) ? body : {};
    if (path.endsWith("/mini-program")) return world.bound || said.invitation ? { status: 200, data: { access_token: "a1", refresh_token: "r1", display_name: "王检", tenant: "乳业" } } : { status: 401, data: { code: "identity_unbound", title: "还没有绑定" } };
    if (path === "/api/v1/auth/me") return { status: 200, data: { id: world.person || "u1" } };
    if (path === "/api/v1/phone/keys") return { status: 201, data: { key: world.person ? `qtp_${world.person}` : "qtp_1", local_unlock_hours: 72 } };
    if (path === "/api/v1/auth/refresh") return { status: 200, data: { access_token: "a2", refresh_token: "r2" } };
    if (path === "/api/v1/phone/pack") return world.expired ? (world.expired = false, { status: 401, data: { code: "unauthenticated" } }) : { status: 200, data: packOf(world) };
    if (path.startsWith("/api/v1/phone/lookup")) {
      const found = world.lookup(decodeURIComponent(path.split("text=")[1].split("&")[0]));
      return found ? { status: 200, data: found } : { status: 404, data: { code: "code_not_known" } };
    }
    if (path.startsWith("/api/v1/phone/own-conflicts")) return { status: 200, data: { items: world.ends || [] } };
    if (path === "/api/v1/phone/sync") {
      world.stored.push(...said.entries.map((each) => each.entry));
      return { status: 200, data: { answers: said.entries.flatMap(({ entry }) => [...(entry.items || []), entry].map((each) => ({ entry_id: each.entry_id, outcome: "stored", problem: null, inspection: each.inspection_id ? { inspection_id: each.inspection_id, pending: "0" } : null, ...(world.outcome || {}), ...((world.outcomes || {})[each.code || "check"] || {}) }))) } };
    }
    if (path.endsWith("/parts")) return { status: 204, data: "" };
    if (path.startsWith("/api/v1/phone/photos")) return { status: 200, data: { offset: 7, complete: true } };
    throw new Error(path);
  };
}

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

/** The page of one entry, as the list opened it. */
async function opens(house, platform, entry) {
  await entry.choose({ currentTarget: { dataset: { id: "i1" } } });
  return checkOf(house, platform);
}

function checkOf(house, platform) {
  const page = opened(lib("page_check"), house);
  page.onLoad({ id: platform.opened[platform.opened.length - 1].split("id=")[1] });
  return { page, ...hands(page) };
}

/** What fingers do on it. */
function hands(page) {
  const at = (dataset, value) => ({ currentTarget: { dataset }, detail: { value } });
  return {
    type: (name, value) => page.typed(at({ name }, value)), leave: (name) => page.left(at({ name })), sure: (name) => page.sure(at({ name })),
    pick: (name, value) => page.pick(at({ name, value })), field: (name) => page.data.fields.find((each) => each.name === name), at,
  };
}

test("fields in their order with their limits, red beside the limit that is broken, blanks named; red asks for a second look", async () => {
  const world = { bound: true, stored: [] };
  const { page: entry, house, platform } = await signedIn(world);
  const { page, type, leave, sure, pick, field } = await opens(house, platform, entry);
  assert.deepEqual(page.data.limits.map((each) => each.lines.length), [2]);
  page.toForm();
  assert.deepEqual(page.data.fields.map((each) => [each.name, each.kind]), [["look", "choice"], ["fat", "number"], ["note", "text"], ["warm", "yes"], ["n", "number"]]);
  await page.save();
  assert.match(page.data.short, /look.*脂肪|脂肪/);
  const levels = ["3.05", "3.15", "3.4", "3.70", "x"].map((text) => { type("fat", text); return [field("fat").level, field("fat").said]; });
  assert.deepEqual(levels.map(([level]) => level), ["out", "out", "pass", "out", "unread"]);
  assert.match(levels[0][1], /法定、内控/);
  await page.save();
  assert.equal(world.stored.length, 0);
  type("fat", "3.05");
  pick("look", "合格");
  pick("warm", "yes");
  leave("fat");
  assert.match(field("fat").asking, /3\.05/);
  await page.save();
  assert.match(page.data.message, /再看一眼/);
  sure("fat");
  await page.save();
  assert.equal(platform.opened[platform.opened.length - 1], "back");
  await entry.onShow();
  await entry.deliver();
  assert.deepEqual(world.stored.map((each) => [each.lot_id, each.inspection_id, each.values]), [["l1", "i1", { look: "合格", fat: "3.05", warm: true }]]);
  assert.equal(entry.data.drafts.length, 0);
});

test("all pass never fills in a measured number", async () => {
  const { page: entry, house, platform } = await signedIn({ bound: true, stored: [] });
  const { page, field } = await opens(house, platform, entry);
  await page.allPass();
  assert.equal(page.data.mode, "form");
  assert.equal(field("fat").value, "");
  assert.equal(field("look").options.find((each) => each.chosen).value, "合格");
});

test("an entry without a network waits, and is delivered with its photo when there is one", async () => {
  const world = { bound: true, stored: [] };
  const { page: entry, house, platform } = await signedIn(world);
  world.offline = true;
  const { page, type, pick } = await opens(house, platform, entry);
  page.toForm();
  pick("look", "合格");
  type("fat", "3.4");
  await page.picture();
  await page.save();
  await entry.onShow();
  assert.equal(entry.data.unsent, 2);
  assert.equal(entry.data.due.length, 0);
  world.offline = false;
  await entry.deliver();
  assert.equal(entry.data.unsent, 0);
  const [sent] = world.stored;
  assert.match(sent.entry_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(sent.photo_ids.length, 1);
  assert.equal(world.stored.length, 1);
});

test("photos first, numbers later: what was begun is there after the app was closed, and says so", async () => {
  const world = { bound: true, stored: [] };
  const { page: entry, house, platform } = await signedIn(world);
  const { page } = await opens(house, platform, entry);
  page.toLater();
  page.putAside();
  assert.match(page.data.message, /请先拍照/);
  await page.picture();
  page.putAside();
  const again = houseOf(platform);
  const list = opened(lib("page_entry"), again);
  await list.onLoad();
  assert.deepEqual(list.data.drafts.map((each) => each.state), ["待补数"]);
  list.resume({ currentTarget: { dataset: { id: list.data.drafts[0].id } } });
  const later = checkOf(again, platform);
  later.page.toForm();
  later.pick("look", "合格");
  later.type("fat", "3.4");
  await later.page.save();
  await list.deliver();
  assert.deepEqual([world.stored[0].typed_later, world.stored[0].photo_ids.length], [true, 1]);
});

test("many items are one check: who does not belong is refused with the reason, exceptions are singled out", async () => {
  const world = { bound: true, stored: [], lookup: (text) => (text === "C3" ? { kind: "item", code: "C3", lot: { id: "l2", lot_no: "L2" }, due: null, refusal: { code: "item_of_other_lot", text: "这件属于批次 L2" } } : { kind: "item", code: text, lot: PACK.lots[0], due: null, refusal: null }) };
  const { page: entry, house, platform } = await signedIn(Object.assign(world, { form: LOOKED }));
  const { page, pick, at } = await opens(house, platform, entry);
  assert.equal(page.data.many, true);
  page.toItems();
  for (const text of ["C1", "C2", "C2", "C3"]) await page.takeItem(text);
  assert.deepEqual(platform.hits, [true, true, false, false]);
  assert.match(page.data.message, /L2/);
  page.openItem(at({ id: page.data.rows[1].id }));
  pick("look", "不合格");
  page.closeItem();
  assert.deepEqual(page.data.rows.map((row) => row.bad), [false, true]);
  await page.saveItems();
  await entry.deliver();
  const [sent] = platform.sent.filter((each) => each.path.endsWith("/sync")).map((each) => each.body.entries[0].entry);
  assert.deepEqual(sent.items.map((each) => [each.code, each.values]), [["C1", {}], ["C2", { look: "不合格" }]]);
  assert.deepEqual([sent.lot_id, sent.values], ["l1", { look: "合格" }]);
});

test("a grid goes on by itself, stops at red for a second look, and counts its samples", async () => {
  const world = { bound: true, stored: [], sampling: { sample_size: 2, accept: 0, reject: 1, letter: "A" } };
  const { page: entry, house, platform } = await signedIn(world);
  const { page, pick, at } = await opens(house, platform, entry);
  page.toGrid();
  assert.deepEqual(page.data.grid.columns.map((each) => each.name), ["fat", "n"]);
  const cell = (row, column, value) => { page.typedCell(at({ at: row, column }, value)); page.nextCell(at({ at: row, column })); };
  cell(0, 0, "3.4");
  assert.equal(page.data.focus, "0-1");
  cell(0, 1, "1");
  cell(1, 0, "2.9");
  assert.equal(page.data.grid.rows[1].cells[0].level, "out");
  assert.match(page.data.asking.text, /2\.9/);
  await page.saveGrid();
  assert.equal(world.stored.length, 0);
  page.sureCell();
  cell(1, 1, "2");
  await page.saveGrid();
  assert.match(page.data.message, /look/);
  pick("look", "合格");
  await page.saveGrid();
  await entry.deliver();
  const [sent] = world.stored;
  assert.deepEqual(sent.inspected, { sample_size: 2, defectives: 1 });
  assert.deepEqual([sent.values, sent.items[0].values], [{ look: "合格", fat: "2.9", n: 2 }, { fat: "3.4", n: 1 }]);
});

test("an overdue gauge is refused where the plant says so, and marked where it does not", async () => {
  for (const [rule, taken] of [["block", 0], ["mark", 1]]) {
    const world = { bound: true, stored: [], rules: { gauge_overdue: rule }, gauges: [{ id: "g1", code: "G1", name: "卡尺", calibration: "expired", due_on: "2026-01-01" }] };
    const { page: entry, house, platform } = await signedIn(world);
    const { page, at } = await opens(house, platform, entry);
    assert.match(page.data.gauges[0].said, /2026-01-01/);
    page.gauge(at({ id: "g1" }));
    assert.equal(page.draft.gauge_ids.length, taken);
  }
});

test("what is refused goes back into the form with its reason; a conflict is told and leaves when it was seen", async () => {
  const world = { bound: true, stored: [], outcome: { outcome: "refused", problem: { code: "invalid", text: "请检查", errors: [{ field: "values.fat", code: "x", text: "脂肪不对" }] } } };
  const { page: entry, house, platform } = await signedIn(world);
  const { page, pick, type } = await opens(house, platform, entry);
  page.toForm();
  pick("look", "合格");
  type("fat", "3.4");
  await page.save();
  await entry.deliver();
  const [held] = entry.data.problems;
  assert.deepEqual([held.lines, held.amendable], [["请检查", "脂肪不对"], true]);
  entry.amend({ currentTarget: { dataset: { id: held.id } } });
  const again = checkOf(house, platform);
  assert.equal(again.field("fat").said, "脂肪不对");
  again.type("fat", "3.5");
  world.outcome = { outcome: "conflict", conflict_id: "c", problem: { code: "entry_conflict", text: "x", errors: [] } };
  await again.page.save();
  await entry.deliver();
  const [conflict] = entry.data.problems;
  assert.equal(conflict.id, held.id);
  assert.match(conflict.lines.join(" "), /质量经理.*fat: 3\.5/s);
  world.ends = [{ entry_id: held.id, own: "other", resolution: "keep", resolver_name: "赵经理", resolved_at: "2026-05-06T00:30:00Z", reason: "原始记录" }];
  await entry.deliver();
  assert.match(entry.data.problems[0].lines.join(" "), /赵经理.*先到的有效.*没有采用.*原始记录/s);
  await entry.drop({ currentTarget: { dataset: { id: conflict.id } } });
  assert.equal(entry.data.problems.length, 0);
});

test("the last six characters offer the lots of the day; an unknown code is called so", async () => {
  const { page: entry, platform } = await signedIn({ bound: true, stored: [], lookup: () => null });
  entry.typeLast({ detail: { value: "0012" } });
  assert.deepEqual(entry.data.found.map((each) => each.id), ["l1"]);
  await entry.take("nobody");
  assert.match(entry.data.message, /未找到/);
  assert.deepEqual(platform.hits, [false]);
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
  const { page: check, type, pick } = await opens(house, platform, page);
  check.toForm();
  pick("look", "合格");
  type("fat", "3.4");
  await check.save();
  await page.onShow();
  platform.confirm = async () => false;
  await page.signOut();
  assert.ok(house.session.read());
  platform.confirm = async () => true;
  await page.signOut();
  assert.equal(house.session.read(), null);
  assert.equal(house.queue.counts().waiting, 1);
  world.offline = false;
  await house.session.signIn(platform.signInPath, "another");
  await house.queue.flush();
  assert.equal(platform.sent.filter((each) => each.path.endsWith("/sync")).pop().headers.Authorization, "Bearer qtp_1");
});

const refusedItem = { outcome: "refused", status: 404, problem: { code: "code_not_known", text: "未找到", errors: [] } };

test("of a check of many only what was not taken is put right and sent again", async () => {
  const world = { bound: true, stored: [], form: LOOKED, outcomes: { C2: refusedItem }, lookup: (text) => ({ kind: "item", code: text, lot: PACK.lots[0], due: null, refusal: null }) };
  const { page: entry, house, platform } = await signedIn(world);
  const { page } = await opens(house, platform, entry);
  page.toItems();
  for (const text of ["C1", "C2"]) await page.takeItem(text);
  await page.saveItems();
  await entry.deliver();
  entry.amend({ currentTarget: { dataset: { id: entry.data.problems[0].id } } });
  const again = checkOf(house, platform);
  assert.deepEqual(again.page.data.rows.map((row) => [row.name, row.stored]), [["C1", true], ["C2", false]]);
  again.page.openItem(again.at({ id: again.page.data.rows[1].id }));
  again.page.dropItem();
  await again.page.takeItem("C4");
  await again.page.saveItems();
  await entry.deliver();
  assert.equal(entry.data.problems.length, 0);
  const last = platform.sent.filter((each) => each.path.endsWith("/sync")).pop().body.entries.map((each) => each.entry);
  assert.equal(last.length, 1);
  assert.deepEqual([last[0].items.map((each) => each.code), last[0].lot_id, last[0].inspection_id], [["C4"], undefined, undefined]);
});

test("a scanned piece of a lot that is due begins its check; two lots of one number are asked about", async () => {
  const world = { bound: true, stored: [], form: LOOKED, lookup: (text) => ({ kind: "item", code: text, lot: PACK.lots[0], due: PACK.inspections[0], refusal: null }) };
  const { page: entry, house, platform } = await signedIn(world);
  await entry.take("C1");
  const { page } = checkOf(house, platform);
  assert.deepEqual([page.data.mode, page.data.rows.map((row) => row.name), page.draft.subject], ["items", ["C1"], { lot_id: "l1" }]);
  world.offline = true;
  platform.store.set("pack", { ...packOf(world), lots: [PACK.lots[0], { ...PACK.lots[0], id: "l9" }] });
  await entry.take("L1");
  assert.deepEqual(entry.data.found.map((each) => each.id), ["l1", "l9"]);
});

test("what was recorded is not due again after a restart without a network", async () => {
  const world = { bound: true, stored: [] };
  const { page: entry, house, platform } = await signedIn(world);
  const { page, pick, type } = await opens(house, platform, entry);
  page.toForm();
  pick("look", "合格");
  type("fat", "3.4");
  await page.save();
  await entry.deliver();
  world.offline = true;
  const list = opened(lib("page_entry"), houseOf(platform));
  await list.onLoad();
  assert.deepEqual([list.data.due, list.data.unsent], [[], 0]);
});

test("whoever signs in next neither sees what another began nor delivers in his name", async () => {
  const world = { bound: true, stored: [] };
  const { page: entry, house, platform } = await signedIn(world);
  world.offline = true;
  const { page, pick, type } = await opens(house, platform, entry);
  page.toForm();
  pick("look", "合格");
  type("fat", "3.4");
  await page.picture();
  await page.save();
  await entry.choose({ currentTarget: { dataset: { id: "i1" } } });
  assert.equal(house.drafts.all().length, 1);
  world.offline = false;
  world.person = "u2";
  await house.session.signIn(platform.signInPath, "another");
  await house.session.registerKey("y");
  assert.equal(house.drafts.all().length, 0);
  assert.equal(house.session.read().key, "qtp_u2");
  await entry.deliver();
  const delivered = platform.sent.filter((each) => each.path.endsWith("/sync") || each.path.endsWith("/photos")).map((each) => each.headers.Authorization);
  assert.deepEqual([...new Set(delivered)], ["Bearer qtp_1"]);
});
