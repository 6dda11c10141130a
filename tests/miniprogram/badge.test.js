// Promise: at a shared terminal badge and PIN sign each entry without a network: the same bytes that every other implementation computes; a
// wrong PIN opens nothing, and after so many it waits, also when the app was closed meanwhile.

const assert = require("node:assert/strict");
const crypto = require("node:crypto");
const { test } = require("node:test");
const { lib, phone, houseOf, opened } = require("./fakes");

const { sha256, hmac, pbkdf2 } = lib("sha256");
const { utf8, toBase64, fromBase64 } = lib("texts");
const { opened: unsealed } = lib("aes_gcm");
const plain = (buffer) => new Uint8Array(buffer);
const same = (one, other) => assert.equal(Buffer.from(one).toString("hex"), Buffer.from(other).toString("hex"));

test("digests, keys and texts are those that everybody computes", async () => {
  for (const size of [0, 1, 2, 55, 56, 63, 64, 65, 300]) {
    const bytes = crypto.createHash("shake256", { outputLength: size }).update(String(size)).digest();
    assert.equal(sha256(plain(bytes).buffer), crypto.createHash("sha256").update(bytes).digest("hex"));
    same(hmac(plain(bytes), utf8("某")), crypto.createHmac("sha256", bytes).update("某").digest());
    assert.equal(toBase64(plain(bytes)), bytes.toString("base64"));
    same(fromBase64(bytes.toString("base64")), bytes);
  }
  same(utf8("aé中😀"), Buffer.from("aé中😀"));
  let pauses = 0;
  same(await pbkdf2(utf8("405918"), utf8("salt"), 40001, async () => { pauses += 1; }), crypto.pbkdf2Sync("405918", "salt", 40001, 32, "sha256"));
  assert.equal(pauses, 2);
});

function wrapped(secret, pin, about) {
  const [salt, iv] = [Buffer.alloc(16, 7), Buffer.alloc(12, 9)];
  const sealing = crypto.createCipheriv("aes-256-gcm", crypto.pbkdf2Sync(pin, salt, 1000, 32, "sha256"), iv);
  sealing.setAAD(Buffer.from(about));
  const text = Buffer.concat([sealing.update(secret), sealing.final(), sealing.getAuthTag()]);
  return { salt: salt.toString("base64"), iterations: 1000, iv: iv.toString("base64"), wrapped: text.toString("base64") };
}

test("a seal opens to what was sealed, for what it was sealed, and to nothing else", () => {
  const key = Buffer.alloc(32, 3);
  for (const size of [1, 16, 32, 47]) {
    const sealing = crypto.createCipheriv("aes-256-gcm", key, Buffer.alloc(12, 1));
    sealing.setAAD(Buffer.from("about"));
    const body = Buffer.alloc(size, 5);
    const sealed = Buffer.concat([sealing.update(body), sealing.final(), sealing.getAuthTag()]);
    same(unsealed(plain(key), new Uint8Array(12).fill(1), utf8("about"), plain(sealed)), body);
    assert.equal(unsealed(plain(key), new Uint8Array(12).fill(1), utf8("other"), plain(sealed)), null);
    sealed[0] ^= 1;
    assert.equal(unsealed(plain(key), new Uint8Array(12).fill(1), utf8("about"), plain(sealed)), null);
  }
});

const SECRET = Buffer.alloc(32, 4);
const BADGE = "QB-某";
const SIGNER = { badge_id: "b1", user_id: "u1", name: "李检", key_no: 1, badge_digest: crypto.createHash("sha256").update(BADGE).digest("hex"), ...wrapped(SECRET, "405918", "t1|b1|1") };
const FORM = { id: "f1", form_id: "f", name: "巡检", subject_kind: "lot", schema: { properties: { look: { enum: ["合格", "不合格"] } }, required: ["look"] }, order: ["look"], fields: {}, limits: null };
const PACK = {
  lots: [{ id: "l1", lot_no: "L1", last_six: [], state: "waiting" }], forms: [FORM], limits: {}, limits_of: [], gauges: [], signers: [SIGNER], rules: { pin_tries: 2, pin_wait_seconds: 300, pin_most: 4, gauge_overdue: "mark" },
  inspections: [{ id: "i1", subject: "L1", plan_name: "巡检", state: "due", lot_id: "l1", form_version_id: "f1" }],
};

async function terminal(world) {
  const platform = phone(async (method, path, body) => {
    if (path === "/api/v1/auth/terminals") return body.code === "ABCD" ? { status: 200, data: { terminal_id: "t1", key: "qtt_1", name: "1 号线", tenant_name: "乳业" } } : { status: 401, data: { code: "terminal_code_refused", title: "登记码不对" } };
    if (path === "/api/v1/phone/pack") return { status: 200, data: PACK };
    if (world.offline) throw new Error("offline");
    if (path === "/api/v1/phone/pin-tries") {
      world.tries.push(...body.tries);
      return { status: 204, data: "" };
    }
    world.sent.push(...body.entries);
    return { status: 200, data: { answers: body.entries.map((each) => ({ entry_id: JSON.parse(each.text).entry_id, outcome: "stored", problem: null })) } };
  });
  const house = houseOf(platform);
  const signIn = opened(lib("page_sign_in"), house);
  signIn.agree();
  signIn.typeTerminal({ detail: { value: "WRONG" } });
  await signIn.enrol();
  assert.equal(signIn.data.message, "登记码不对");
  signIn.typeTerminal({ detail: { value: " ABCD " } });
  await signIn.enrol();
  const entry = opened(lib("page_entry"), house);
  await entry.onLoad();
  await entry.choose({ currentTarget: { dataset: { id: "i1" } } });
  const page = opened(lib("page_check"), house);
  page.onLoad({ id: platform.opened.pop().split("id=")[1] });
  return { platform, house, entry, page };
}

test("badge and PIN sign the very text that is sent, without a network", async () => {
  const world = { sent: [], offline: true };
  const { platform, house, entry, page } = await terminal(world);
  platform.scan = async () => "nobody's badge";
  await page.allPass();
  assert.match(page.data.message, /未在此终端登记/);
  platform.scan = async () => BADGE;
  await page.allPass();
  assert.match(page.data.pin.said, /李检/);
  page.typePin({ detail: { value: "405918" } });
  await page.usePin();
  assert.equal(house.queue.counts().waiting, 1);
  world.offline = false;
  await entry.deliver();
  const [{ text, signature }] = world.sent;
  assert.deepEqual(signature, { badge_id: "b1", key_no: 1, mac: crypto.createHmac("sha256", SECRET).update(text).digest("base64") });
  assert.deepEqual(JSON.parse(text).values, { look: "合格" });
  assert.ok(!JSON.stringify([...platform.sent]).includes("405918"));
});

test("wrong PINs sign nothing and make it wait, whatever is closed meanwhile", async () => {
  const world = { sent: [], tries: [] };
  const { platform, house, page } = await terminal(world);
  platform.scan = async () => BADGE;
  await page.allPass();
  for (const pin of ["111111", "222222"]) {
    page.typePin({ detail: { value: pin } });
    await page.usePin();
    assert.match(page.data.message, /PIN/);
  }
  assert.deepEqual(world.tries.map((each) => [each.badge_id, each.key_no]), [["b1", 1], ["b1", 1]]);
  const again = opened(lib("page_check"), houseOf(platform));
  again.onLoad({ id: house.drafts.all()[0].entry_id });
  await again.allPass();
  again.typePin({ detail: { value: "405918" } });
  await again.usePin();
  assert.match(again.data.message, /请等/);
  assert.equal(house.queue.counts().waiting, 0);
});
