// Promise: the verdict's component of the WeChat project draws its words, and its count only where there is one.

const assert = require("node:assert/strict");
const path = require("node:path");
const { test } = require("node:test");
const { JSDOM } = require("jsdom");

const { window } = new JSDOM("<!doctype html><body></body>", { url: "http://localhost" });
for (const name of ["document", "HTMLElement", "Node", "Event", "CustomEvent", "MutationObserver"]) globalThis[name] = window[name];
globalThis.window = window;
const simulate = require("miniprogram-simulate");

test("the verdict", () => {
  const file = path.join(process.env.BUILT, "wechat", "components", "verdict", "verdict");
  const component = simulate.render(simulate.load(file, { compiler: "simulate" }), { tone: "good", title: "正品", explain: "由企业签发", counted: "" });
  component.attach(window.document.createElement("div"));
  assert.ok(component.dom.innerHTML.includes("正品"));
  assert.ok(component.dom.innerHTML.includes("--good"));
  assert.ok(!component.dom.innerHTML.includes("counted"));
  component.setData({ counted: "第 3 次查询" });
  assert.ok(component.dom.innerHTML.includes("第 3 次查询"));
});
