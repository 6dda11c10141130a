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
