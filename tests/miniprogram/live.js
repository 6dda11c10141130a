// The shared code against a real server: BASE, WECHAT_CODE, INVITATION, ADDRESS in; one line of JSON out.

const crypto = require("node:crypto");
const fs = require("node:fs");
const { lib, phone, houseOf, opened } = require("./fakes");

const { BASE, WECHAT_CODE, INVITATION, ADDRESS, PICTURE } = process.env;
let online = true;

async function send({ url, method, headers, body }) {
  if (!online) throw new Error("offline");
  const raw = body === undefined || body instanceof ArrayBuffer ? body : JSON.stringify(body);
  const answer = await fetch(url.replace("https://t.example", BASE), { method, headers, body: raw });
  const text = await answer.text();
  let data = text;
  try { data = JSON.parse(text); } catch (error) { /* no JSON: an empty answer */ }
  return { status: answer.status, data };
}

async function upload({ url, path, name, headers }) {
  if (!online) throw new Error("offline");
  const body = new FormData();
  body.append(name, new Blob([fs.readFileSync(path)]), "photo.jpg");
  const answer = await fetch(url.replace("https://t.example", BASE), { method: "POST", headers, body });
  return { status: answer.status, data: await answer.json() };
}

async function run() {
  const picture = fs.readFileSync(PICTURE);
  const platform = phone(null, {
    send, signInCode: async () => WECHAT_CODE, random: async (length) => crypto.randomBytes(length), newIdNow: () => crypto.randomUUID(),
    files: { part: async (_, from, length) => new Uint8Array(picture.subarray(from, from + length)).buffer, forget: async () => {} },
    upload, pictures: async () => [{ path: PICTURE, size: picture.length }],
    picture: async () => ({ path: PICTURE, size: picture.length }),
  });
  const house = houseOf(platform);
  const scan = opened(lib("page_scan"), house);
  await scan.onLoad({ q: encodeURIComponent(ADDRESS) });
  scan.report();
  const report = opened(lib("page_report"), house);
  await report.onLoad();
  report.typed({ currentTarget: { dataset: { name: "words" } }, detail: { value: "盒子鼓包" } });
  report.pickProvince({ detail: { value: "1" } });
  await report.addPhoto();
  await report.send();
  const ticket = opened(lib("page_ticket"), house);
  await ticket.onLoad({});
  const recall = opened(lib("page_recall"), house);
  recall.typed({ currentTarget: { dataset: { name: "lot" } }, detail: { value: "NO-SUCH-LOT" } });
  await recall.ask();
  platform.opened.length = 0;
  const signIn = opened(lib("page_sign_in"), house);
  signIn.onLoad({ invitation: INVITATION });
  signIn.agree();
  await signIn.signIn();
  const entry = opened(lib("page_entry"), house);
  await entry.onLoad();
  const due = entry.data.due.length;
  entry.shown = true;
  online = false;
  await entry.choose({ currentTarget: { dataset: { id: entry.data.due[0].id } } });
  const check = opened(lib("page_check"), house);
  check.onLoad({ id: platform.opened.pop().split("id=")[1] });
  const at = (dataset, value) => ({ currentTarget: { dataset }, detail: { value } });
  check.toForm();
  const look = check.data.fields.find((each) => each.name === "look");
  check.pick(at({ name: "look", value: look.options[1].value }));
  const red = check.data.fields.find((each) => each.name === "look").said;
  check.pick(at({ name: "look", value: look.options[0].value }));
  check.counted(at({ name: "sample_size" }, "20"));
  await check.picture();
  await check.save();
  platform.opened.pop();
  await entry.onShow();
  const offline = entry.data.unsent;
  online = true;
  await entry.deliver();
  const { unsent, problems } = entry.data;
  const reported = { found: ticket.data.found, towns: report.data.towns, recall: (recall.data.found || {}).outcome, message: report.data.message || ticket.data.message };
  console.log(JSON.stringify({ reported, scan: scan.data.answer, failed: scan.data.message, opened: platform.opened, said: signIn.data.message || check.data.message || check.data.short, due, red, offline, unsent, problems }));
}

run();
