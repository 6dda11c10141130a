// Promise: the WeChat project's component and pages draw what their code says: each template is understood, and shows the words it is given.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { JSDOM } = require("jsdom");
const { lib, phone, houseOf, opened } = require("./fakes");

const { window } = new JSDOM("<!doctype html><body></body>", { url: "http://localhost" });
for (const name of ["document", "HTMLElement", "Node", "Event", "CustomEvent", "MutationObserver"]) globalThis[name] = window[name];
globalThis.window = window;
const simulate = require("miniprogram-simulate");

const WECHAT = path.join(process.env.BUILT, "wechat");
const verdict = simulate.load(path.join(WECHAT, "components", "verdict", "verdict"), { compiler: "simulate" });

/** A page drawn as a component of its template and its data. */
function drawn(name, data) {
  const template = fs.readFileSync(path.join(WECHAT, "pages", name, `${name}.wxml`), "utf8");
  const page = simulate.render(simulate.load({ template, data, usingComponents: { verdict } }));
  page.attach(window.document.createElement("div"));
  return page.dom.innerHTML;
}

test("the verdict", () => {
  const component = simulate.render(verdict, { tone: "good", title: "正品", explain: "由企业签发", counted: "" });
  component.attach(window.document.createElement("div"));
  assert.ok(component.dom.innerHTML.includes("正品"));
  assert.ok(component.dom.innerHTML.includes("--good"));
  assert.ok(!component.dom.innerHTML.includes("counted"));
  component.setData({ counted: "第 3 次查询" });
  assert.ok(component.dom.innerHTML.includes("第 3 次查询"));
});

const ANSWER = {
  kind: "item", status: "genuine", title: "正品", explain: "由企业签发", scan_count: 1, blocks: ["producer"], checked: ["码由本平台签发"], compare: ["末四位一致"], tail: "3CYK",
  publication: { product: { name: "鲜牛奶" }, lot: { lot_no: "L1" }, producer: { name: "乳业" } },
};

test("a scan", async () => {
  const page = opened(lib("page_scan"), houseOf(phone(async () => ({ status: 200, data: ANSWER }))));
  await page.onLoad({ code: "X" });
  const html = drawn("scan", page.data);
  for (const words of ["正品", "鲜牛奶", "L1", "3CYK", "乳业", "反映问题", "本页核对了什么"]) assert.ok(html.includes(words), words);
});

test("the pages of the service", async () => {
  const house = houseOf(phone(async () => ({ status: 200, data: { items: [] } })));
  for (const [name, words] of [["report", "怀疑假冒"], ["ticket", "单号"], ["recall", "到期日"], ["sign_in", "登录"], ["privacy", "隐私"]]) {
    const page = opened(lib(`page_${name}`), house);
    if (name === "report") await page.onLoad();
    assert.ok(drawn(name, page.data).includes(words), name);
  }
});

const FORM = {
  id: "f1", form_id: "f", name: "出厂检验", subject_kind: "lot", order: ["fat", "look", "warm", "bad"], limits: "k", fields: { fat: { title: "脂肪", unit: "g", characteristic: { kind: "number", options: [] } } },
  schema: { properties: { fat: {}, look: { enum: ["合格", "不合格"] }, warm: { type: "boolean" }, bad: { type: "array", items: { properties: { defect: { enum: ["划伤"] }, size: {} } } } } },
};
const PACK = {
  lots: [{ id: "l1", lot_no: "L1", last_six: [], state: "held", product_name: "鲜牛奶" }], forms: [FORM], limits_of: [], limits: { k: { fat: { legal: { low: "3.1" } } } }, rules: { gauge_overdue: "block" },
  gauges: [{ id: "g", name: "卡尺", code: "G1", calibration: "expired", due_on: "2026-01-01" }],
  inspections: [{ id: "i1", subject: "L1", plan_name: "出厂", state: "due", lot_id: "l1", form_version_id: "f1", quantity: "100", sampling: { sample_size: 3, accept: 0, reject: 1, letter: "A" } }],
};

test("the pages of an inspector, in each of their ways", async () => {
  const platform = phone(async () => ({ status: 200, data: PACK }));
  const house = houseOf(platform);
  house.session.heard();
  const entry = opened(lib("page_entry"), house);
  await entry.onLoad();
  assert.ok(drawn("entry", entry.data).includes("出厂"));
  await entry.choose({ currentTarget: { dataset: { id: "i1" } } });
  const check = opened(lib("page_check"), house);
  check.onLoad({ id: platform.opened.pop().split("id=")[1] });
  const ways = { glance: ["全部合格", "冻结", "≥ 3.1 g"], form: ["脂肪", "划伤", "卡尺 G1", "实际抽样数"], later: ["先放着"], items: ["连续扫码"], grid: ["样本", "再加一个样本", "划伤"] };
  for (const [mode, said] of Object.entries(ways)) {
    check.turn(mode);
    const html = drawn("check", check.data);
    for (const words of said) assert.ok(html.includes(words), `${mode}: ${words}`);
  }
});
