// Wrong PINs in a row: the terminal's own and the server's are one count, and only the right PIN or another one ends it.

import assert from "node:assert/strict";
import test from "node:test";

import { afterTry, standing } from "../../miniprogram_api/inspector/static/pins.js";

const RULES = { pin_tries: 5, pin_wait_seconds: 300, pin_most: 10 };
const signer = (more = {}) => ({ badge_id: "b", key_no: 1, wrapped: "x", wrong_tries: 0, ...more });
const tries = (count, who, from = null) => Array.from({ length: count }).reduce((held) => afterTry(held, who, false, RULES, 1000), from);

test("after five one waits, after ten nothing opens it", () => {
  assert.deepEqual(standing(tries(4, signer()), signer(), RULES, 1000), { locked: false, wait: 0, left: 6 });
  assert.deepEqual(standing(tries(5, signer()), signer(), RULES, 1000), { locked: false, wait: 300, left: 5 });
  assert.equal(standing(tries(5, signer()), signer(), RULES, 302000).wait, 0);
  assert.equal(standing(tries(10, signer()), signer(), RULES, 10 ** 9).locked, true);
});

test("a terminal set up anew goes on where the server's count stands", () => {
  const known = signer({ wrong_tries: 8 });
  assert.equal(standing(null, known, RULES, 0).left, 2);
  assert.equal(standing(tries(2, known), known, RULES, 10 ** 9).locked, true);
  assert.equal(standing(null, signer({ wrapped: null, wrong_tries: 10 }), RULES, 0).locked, true);
});

test("what was told is not counted twice", () => {
  assert.equal(standing(tries(3, signer()), signer({ wrong_tries: 3 }), RULES, 0).left, 7);
});

test("the right PIN begins anew, also before the server has heard of it", () => {
  const known = signer({ wrong_tries: 9 });
  const right = afterTry(null, known, true, RULES, 0);
  assert.equal(standing(right, known, RULES, 0).left, 10);
  assert.equal(standing(tries(2, known, right), known, RULES, 0).left, 8);
  assert.equal(standing(right, signer({ wrong_tries: 4 }), RULES, 0).left, 6);
});

test("another PIN begins anew", () => {
  assert.deepEqual(standing(tries(10, signer()), signer({ key_no: 2 }), RULES, 1000), { locked: false, wait: 0, left: 10 });
});
