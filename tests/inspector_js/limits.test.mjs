// Limits on the phone say what the server's judge says, as far as they say anything.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { compare, judge, judgeCounts, read, round, told } from "../../miniprogram_api/inspector/static/limits.js";

const CASES = JSON.parse(readFileSync(process.env.JUDGED, "utf8"));

test("verdicts of the judge, value by value", () => {
  for (const { value, limit, verdict } of CASES.ranges) {
    const { level } = judge(value, { internal: limit });
    if (verdict === "pass") assert.notEqual(level, "out", `${value} in ${JSON.stringify(limit)}`);
    if (verdict === "fail") assert.equal(level, "out", `${value} in ${JSON.stringify(limit)}`);
  }
});

test("plans of counts, as the judge counts them", () => {
  for (const { values, limit, verdict } of CASES.plans) {
    const { level } = judgeCounts(values, { legal: limit });
    assert.equal(level === "out", verdict === "fail", `${values} in ${JSON.stringify(limit)}`);
  }
});

test("decimals are exact", () => {
  assert.equal(compare("0.1", "0.10"), 0);
  assert.equal(compare("-18.5", "-18"), -1);
  assert.equal(compare("9007199254740993", "9007199254740992"), 1);
});

test("rounding is half to even", () => {
  for (const { value, places, rounded } of CASES.rounded) assert.equal(compare(round(value, places), rounded), 0, `${value} at ${places}`);
});

test("what a scale or a thumb writes is read", () => {
  assert.deepEqual(read("３．４５"), { kind: "number", number: "3.45" });
  assert.deepEqual(read("3,45"), { kind: "number", number: "3.45" });
  assert.deepEqual(read("<0.01"), { kind: "less", number: "0.01" });
  assert.equal(read("未检出").kind, "absent");
  assert.equal(read("abc").kind, "text");
  assert.equal(read("  ").kind, "blank");
});

test("a value in its limits and outside its warning range is warned of", () => {
  assert.equal(judge("3.25", { internal: { low: "3.2" }, warning: { low: "3.3" } }).level, "warn");
});

test("limits are told set by set", () => {
  const lines = told({ legal: { low: "3.1" }, internal: { low: "3.2", high: "3.8", high_inclusive: false }, warning: { low: "3.3" } });
  assert.deepEqual(lines.map((each) => [each.set, each.text]), [["legal", "≥ 3.1"], ["internal", "≥ 3.2  < 3.8"], ["warning", "≥ 3.3"]]);
});
