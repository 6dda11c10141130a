// Promise: whoever bought something reports a problem with words and photos, without an account, and sees with his ticket what became of it; he
// asks for recalls by what stands on the pack. What was typed is not lost, and what was sent twice is one report.

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { lib, phone, houseOf, opened } = require("./fakes");

const CITIES = { items: [{ code: "330100", province: "浙江省", name: "杭州市" }, { code: "330200", province: "浙江省", name: "宁波市" }] };
const TICKET = { state: "answered", created_at: "2026-05-06T00:30:00Z", topic: "package", words: "鼓包", company: "乳业", product: "鲜牛奶", lot_no: "L1", photos: 1, steps: [{ kind: "answer", at: "2026-05-06T01:00:00Z", words: "请换货" }] };

function server(world) {
  return async (method, path, body) => {
    if (world.offline) throw new Error("offline");
    if (path === "/api/v1/public/cities") return { status: 200, data: CITIES };
    if (path === "/api/v1/public/complaints") {
      world.filed.push(body);
      if (world.cut) {
        world.cut = false;
        throw new Error("cut after it was stored");
      }
      return { status: 201, data: { ticket: "AAAA-BBBB-CCCC-DDDD", url: "x" } };
    }
    if (path.endsWith("/photos")) return world.noPhotos ? { status: 422, data: { code: "picture_refused" } } : { status: 201, data: { number: 1 } };
    if (path.startsWith("/api/v1/public/tickets/")) return path.includes("AAAA") ? { status: 200, data: TICKET } : { status: 404, data: { code: "not_found" } };
    if (path.startsWith("/api/v1/public/recalls")) return world.recall;
    throw new Error(path);
  };
}

async function form(world, about) {
  const platform = phone(server(world));
  const house = houseOf(platform);
  house.about = about;
  const page = opened(lib("page_report"), house);
  await page.onLoad();
  return { platform, house, page, type: (name, value) => page.typed({ currentTarget: { dataset: { name } }, detail: { value } }) };
}

test("a report goes up with its photos, and the ticket shows the answer", async () => {
  const world = { filed: [] };
  const { platform, house, page, type } = await form(world, { code: "https://t.example/t/X", source: "scan" });
  await page.send();
  assert.ok(page.data.wrong.words);
  assert.equal(world.filed.length, 0);
  type("words", " 盒子鼓包 ");
  type("contact", "13800138000");
  page.pickTopic({ currentTarget: { dataset: { topic: "package" } } });
  page.pickProvince({ detail: { value: "1" } });
  page.pickTown({ detail: { value: "1" } });
  await page.addPhoto();
  await page.send();
  const [{ entry_id: id, ...said }] = world.filed;
  assert.match(id, /^[0-9a-f]{8}-/);
  assert.deepEqual(said, { topic: "package", source: "scan", code: "https://t.example/t/X", words: "盒子鼓包", contact: "13800138000", city: "330200" });
  assert.deepEqual(platform.uploaded.map((each) => [each.path, each.file]), [["/api/v1/public/tickets/AAAA-BBBB-CCCC-DDDD/photos", "shown"]]);
  assert.match(platform.opened[0], /^\/pages\/ticket\/ticket/);
  const ticket = opened(lib("page_ticket"), house);
  await ticket.onLoad({ isNew: "1", lost: "0" });
  assert.equal(ticket.data.found.answers[0].words, "请换货");
  assert.match(ticket.data.found.answers[0].by, /乳业/);
  assert.equal(ticket.data.ticket, "AAAA-BBBB-CCCC-DDDD");
});

test("sent again after the answer was lost it is the same report; with other words it is another", async () => {
  const world = { filed: [], cut: true };
  const { page, type } = await form(world, null);
  type("words", "坏了");
  await page.send();
  assert.match(page.data.message, /没有连上网络/);
  assert.equal(page.data.given.words, "坏了");
  world.cut = true;
  await page.send();
  type("words", "坏了，两盒");
  await page.send();
  const ids = world.filed.map((each) => each.entry_id);
  assert.equal(ids.length, 3);
  assert.equal(ids[0], ids[1]);
  assert.notEqual(ids[1], ids[2]);
});

test("a photo that is not taken is told of; the report stands", async () => {
  const world = { filed: [], noPhotos: true };
  const { platform, house, page, type } = await form(world, null);
  type("words", "坏了");
  await page.addPhoto();
  await page.send();
  assert.match(platform.opened[0], /lost=1$/);
  const ticket = opened(lib("page_ticket"), house);
  await ticket.onLoad({ isNew: "1", lost: "1" });
  assert.match(ticket.data.message, /1 张照片/);
});

test("an unknown ticket is called so, whatever is wrong with it", async () => {
  const house = houseOf(phone(server({ filed: [] })));
  const page = opened(lib("page_ticket"), house);
  await page.onLoad({});
  page.type({ detail: { value: "ZZZZ" } });
  await page.find();
  assert.match(page.data.message, /没有这个单号/);
  assert.equal(page.data.found, null);
});

const HIT = { company: "乳业", product: "鲜牛奶", brand: "鲜", spec: "250 mL", lot_no: "L1", produced_on: "2026-05-01", expires_on: null, first_serial: 5, last_serial: 9, level: 1, reason: "超标", what_to_do: "退货", published_at: "2026-05-06T00:30:00Z" };

test("recalls are asked for by what stands on the pack", async () => {
  const world = { filed: [], recall: { status: 200, data: { outcome: "affected", as_of: "2026-05-06T00:30:00Z", title: "在召回范围内", explain: "停止食用", matches: [HIT], others: [] } } };
  const platform = phone(server(world));
  const house = houseOf(platform);
  const page = opened(lib("page_recall"), house);
  await page.ask();
  assert.equal(platform.sent.length, 0);
  const type = (name, value) => page.typed({ currentTarget: { dataset: { name } }, detail: { value } });
  type("product", "鲜牛奶");
  type("lot", "L 1");
  await page.ask();
  assert.equal(platform.sent[0].path, `/api/v1/public/recalls?product=${encodeURIComponent("鲜牛奶")}&lot=L%201`);
  const { found } = page.data;
  assert.deepEqual([found.tone, found.title, found.matches[0].title], ["bad", "在召回范围内", "鲜牛奶 250 mL"]);
  assert.deepEqual(found.matches[0].rows.map((row) => row.value).slice(0, 4), ["L1", "5–9", "2026-05-01", "退货"]);
  page.report();
  assert.deepEqual(house.about, { source: "recall", product: "鲜牛奶", lot: "L 1", code: "" });
  world.recall = { status: 422, data: { code: "invalid", title: "x", errors: [{ field: "gtin", code: "x", text: "y" }] } };
  type("gtin", "12");
  await page.ask();
  assert.match(page.data.wrong.gtin, /8、12、13/);
});
