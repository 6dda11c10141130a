// Promise: what WeChat, Alipay and a scanner hand over names the printed address, and the page shows what the server says and no more.

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
  kind: "item", status: "recalled", title: "召回中", explain: "正在召回", advice: null, scan_count: 3,
  recall: { what_to_do: "退货", reason: "超标", contact: null },
  publication: {
    product: { name: "鲜牛奶", name_en: "Milk", label: [{ name: "净含量", value: "950 mL" }] }, lot: { lot_no: "L1", expires_at: "2026-12-01" }, producer: { name: "乳业" },
    inspections: [{ name: "出厂检验", items: [{ name: "脂肪", value: "3.4", unit: "g/100g", limit: "≥3.1" }, { name: "蛋白质", value: null }] }],
    corrections: [{ field: "到期日", old: "2026-12-02", new: "2026-12-01" }],
  },
};

test("an answer is arranged: recall first, blanks left out, a value beside its limit", async () => {
  const page = opened(lib("page_scan"), houseOf(phone(async () => ({ status: 200, data: ANSWER }))));
  await page.onLoad({ q: encodeURIComponent(ADDRESS) });
  const { answer, state } = page.data;
  assert.equal(state, "answered");
  assert.deepEqual([answer.tone, answer.title, answer.counted], ["bad", "召回中", "第 3 次查询"]);
  assert.deepEqual(answer.sections[0].rows.map((row) => row.value), ["退货", "超标"]);
  const all = answer.sections.flatMap((section) => section.rows.map((row) => row.value));
  assert.ok(all.includes("3.4 g/100g | ≥3.1"));
  assert.ok(all.includes("未判定"));
  assert.ok(all.includes("2026-12-02 → 2026-12-01"));
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

test("the form for a report is a page of the server, about this code", async () => {
  const platform = phone(async () => ({ status: 200, data: { kind: null, status: "unknown", title: "查无此码", explain: "x" } }));
  const page = opened(lib("page_scan"), houseOf(platform));
  await page.onLoad({ qrCode: ADDRESS });
  await page.report();
  assert.deepEqual(platform.copied, [`https://t.example/report?source=scan&code=${encodeURIComponent(ADDRESS)}`]);
});
