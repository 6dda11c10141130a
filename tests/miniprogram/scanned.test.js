// Promise: what WeChat, Alipay and a scanner hand over names the printed address, and the page shows what the server says, in the order and
// the words of the platform's own page, and no more.

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { lib, phone, houseOf, opened } = require("./fakes");

const { addressOf, questionOf } = lib("scanned");
const ADDRESS = "https://t.example/t/T1MS08EJRG0FKRXH3CYK";

test("both platforms' ways of handing over an address", () => {
  assert.equal(addressOf({ q: encodeURIComponent(ADDRESS), scancode_time: "1" }), ADDRESS);
  assert.equal(addressOf({ qrCode: ADDRESS }), ADDRESS);
  assert.equal(addressOf({ code: "T1MS08EJRG0FKRXH3CYK" }), "T1MS08EJRG0FKRXH3CYK");
  assert.equal(addressOf({ q: "https%3A%2F%2Ft.example%2Ft%2F50%" }), "https%3A%2F%2Ft.example%2Ft%2F50%");
  assert.equal(addressOf(undefined), "");
  assert.equal(questionOf(ADDRESS), `/api/v1/public/codes?url=${encodeURIComponent(ADDRESS)}`);
  assert.equal(questionOf("A/B"), "/api/v1/public/codes/A%2FB");
});

const ANSWER = {
  kind: "item", status: "recalled", title: "召回中", explain: "正在召回", advice: null, scan_count: 3, first_scanned_at: "2026-05-06T00:30:00+00:00", tail: "3CYK",
  recall: { what_to_do: "退货", reason: "超标", contact: null, level_text: "一级召回" }, blocks: ["logistics", "inspections", "corrections"], notes: ["以下是此前公示的内容。"],
  checked: ["码由本平台签发"], not_checked: ["包装里的东西"], compare: ["末四位一致"], official_host: "t.example", about_site: ["只有 t.example"], all_passed: false,
  publication: {
    product: { name: "鲜牛奶", name_en: "Milk", label: [{ name: "净含量", value: "950 mL" }], images: [{ url: "/files/l/d", alt: "盒" }] }, lot: { lot_no: "L1", expires_at: "2026-12-01" }, producer: { name: "乳业" },
    inspections: [{ name: "出厂检验", items: [{ name: "脂肪", value: "3.4", unit: "g/100g", limit: "≥3.1", limit_set: "legal", verdict: "pass" }, { name: "蛋白质", value: null, verdict: "not_judged" }] }],
    corrections: [{ field: "到期日", old: "2026-12-02", new: "2026-12-01", at: "2026-05-02" }],
    logistics: [{ from: "厂", to: "店", temperature: { unit: "℃", limit_high: 8, points: [["2026-05-06T00:00:00Z", 4], ["2026-05-06T01:00:00Z", 9]] } }],
    page: { pack: { code_place: "瓶底", code_place_en: "base" } },
  },
};

async function scanned(answer, options = {}) {
  const page = opened(lib("page_scan"), houseOf(phone(async () => ({ status: 200, data: answer }), options)));
  await page.onLoad({ q: encodeURIComponent(ADDRESS) });
  return page;
}

test("an answer is arranged: recall first, then what to compare, the blocks in the publisher's order, blanks left out", async () => {
  const { answer, state, shown } = (await scanned(ANSWER)).data;
  assert.equal(state, "answered");
  assert.deepEqual([answer.tone, answer.title, answer.counted], ["bad", "召回中", "第 3 次查询 · 首次查询 2026-05-06 08:30"]);
  assert.deepEqual(shown.sections.map((section) => section.key), ["recall", "product", "check", "leg0", "inspection0", "corrections"]);
  const [recall, product, check, leg, inspection, corrections] = shown.sections;
  assert.deepEqual(recall.rows.map((row) => row.value), ["超标", "退货"]);
  assert.deepEqual(product.pictures, [{ url: "https://t.example/files/l/d", alt: "盒" }]);
  assert.deepEqual(check.rows.map((row) => row.value), ["L1", "2026-12-01", "3CYK", "瓶底"]);
  assert.deepEqual(leg.bars.map((bar) => bar.out), [false, true]);
  assert.match(leg.note, /4 – 9 ℃/);
  assert.match(inspection.rows[0].value, /^3\.4 g\/100g \| .*≥3\.1 · 合格$/);
  assert.equal(inspection.rows[1].value, "未判定");
  assert.match(corrections.rows[0].value, /^2026-12-01 · 2026-05-02 更正：原值 +2026-12-02$/);
  assert.deepEqual(shown.lines, ["以下是此前公示的内容。"]);
});

test("what a scan checks, and what to hold against the pack, stands on a tab of its own", async () => {
  const page = await scanned(ANSWER);
  page.choose({ currentTarget: { dataset: { tab: "genuine" } } });
  const lines = page.data.shown.sections.flatMap((section) => section.lines);
  for (const line of ["码由本平台签发", "包装里的东西", "末四位一致", "t.example", "只有 t.example"]) assert.ok(lines.includes(line), line);
});

test("a food shows its label first and the brand's story apart", async () => {
  const food = {
    ...ANSWER, status: "genuine", recall: null, blocks: ["corrections"],
    digital_label: { items: [{ name: "配料", value: "生牛乳" }], nutrition: { name: "营养成分表", text: "", rows: [{ name: "能量", amount: "271 kJ", share: "3%" }] } },
    publication: { ...ANSWER.publication, page: { ...ANSWER.publication.page, digital_label: true, story: { title: "山里", text: "好\n牛奶", text_en: "Good", pictures: [{ url: "/files/l/s", alt: "山" }] } } },
  };
  const { answer } = (await scanned(food)).data;
  assert.deepEqual(answer.tabs.map((tab) => tab.key), ["scan", "story", "genuine"]);
  assert.deepEqual(answer.tabs[0].sections.map((section) => section.key), ["label", "nutrition", "check", "corrections"]);
  assert.deepEqual(answer.tabs[1].sections[0].lines, ["好", "牛奶"]);
  const english = (await scanned(food, { language: () => "en" })).data.answer;
  assert.deepEqual(english.tabs[1].sections[0].lines, ["Good"]);
  assert.equal(english.tabs[0].sections[2].rows[3].value, "base");
});

test("the same phone asking again is told so instead of being alarmed, and nobody else is", async () => {
  const platform = phone(async () => ({ status: 200, data: { ...ANSWER, status: "genuine", recall: null, notes: ["如果首次查询不是您本人，请留意包装是否完好、末四位是否一致。", "x"], scan_count: platform.sent.length } }));
  const house = houseOf(platform);
  const page = opened(lib("page_scan"), house);
  for (const times of [1, 2]) {
    await page.onLoad({ qrCode: ADDRESS });
    assert.equal(platform.sent.length, times);
  }
  assert.deepEqual(page.data.shown.lines, ["以前的查询都来自这台设备。", "x"]);
  assert.ok(platform.sent.every((each) => !JSON.stringify(each).includes("count")));
});

test("no network is said as such, a refusal in the server's words", async () => {
  const away = opened(lib("page_scan"), houseOf(phone(async () => { throw new Error("offline"); })));
  await away.onLoad({ qrCode: ADDRESS });
  assert.equal(away.data.state, "failed");
  assert.match(away.data.message, /没有连上网络/);
  const busy = opened(lib("page_scan"), houseOf(phone(async () => ({ status: 429, data: { code: "too_many_requests", detail: "请稍后" } }))));
  await busy.onLoad({ qrCode: ADDRESS });
  assert.equal(busy.data.message, "请稍后");
});

test("a code that is not ours names the product its label names, and nothing more", async () => {
  const { answer, shown } = (await scanned({ kind: null, status: "unknown", title: "查无此码", explain: "x", product: { company: "乳业", name: "鲜牛奶", code_place: "瓶底" } })).data;
  assert.deepEqual([answer.tone, answer.tabs.length, answer.counted], ["doubt", 1, ""]);
  assert.deepEqual(shown.sections[0].rows.map((row) => row.value), ["乳业", "瓶底"]);
});
