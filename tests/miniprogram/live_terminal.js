// A shared terminal against a real server: BASE, CODE, BADGE, PIN in; one line of JSON out.

const crypto = require("node:crypto");
const { lib, phone, houseOf, opened } = require("./fakes");

const { BASE, CODE, BADGE, PIN } = process.env;
let online = true;

async function send({ url, method, headers, body }) {
  if (!online) throw new Error("offline");
  const answer = await fetch(url.replace("https://t.example", BASE), { method, headers, body: body === undefined ? body : JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, data: text ? JSON.parse(text) : "" };
}

async function run() {
  const platform = phone(null, { send, random: async (length) => crypto.randomBytes(length), newIdNow: () => crypto.randomUUID(), scan: async () => BADGE });
  const house = houseOf(platform);
  const signIn = opened(lib("page_sign_in"), house);
  signIn.agree();
  signIn.typeTerminal({ detail: { value: CODE } });
  await signIn.enrol();
  const entry = opened(lib("page_entry"), house);
  await entry.onLoad();
  await entry.choose({ currentTarget: { dataset: { id: entry.data.due[0].id } } });
  const check = opened(lib("page_check"), house);
  check.onLoad({ id: platform.opened.pop().split("id=")[1] });
  online = false;
  await check.allPass();
  const said = [];
  for (const pin of ["000001", PIN]) {
    check.typePin({ detail: { value: pin } });
    await check.usePin();
    said.push(check.data.message);
  }
  const waiting = house.queue.counts().waiting;
  online = true;
  await entry.deliver();
  console.log(JSON.stringify({ failed: signIn.data.message || entry.data.message, waiting, said, problems: entry.data.problems, unsent: entry.data.unsent, untold: (platform.store.get("pin_tries") || []).length }));
}

run();
