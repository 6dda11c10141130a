// Signing in: a password, the ways that are set up here besides, or the code of a shared terminal.

import { ask, askText, button, h, icon, say, show } from "./dom.js";
import { json } from "./api.js";
import { notices } from "./frame.js";
import * as pack from "./pack.js";
import { enrol, signIn, ways } from "./session.js";
import { kick } from "./schedule.js";
import { home } from "./frame.js";
import { reread, state } from "./state.js";
import { chooseLanguage, language, t } from "./words.js";
import * as db from "./db.js";
import * as queue from "./queue.js";

const PASSWORD = "/api/v1/auth/login";
// Apps around the page that know who has them open. `code`: what it is called when it comes back.
const HOSTS = [
  { way: "wechat_official", agent: /MicroMessenger/i, word: "sign_in.wechat", code: "code", authorization: "/api/v1/auth/wechat/authorization", path: "/api/v1/auth/wechat/official-account" },
  { way: "alipay_page", agent: /AlipayClient/i, word: "sign_in.alipay", code: "auth_code", authorization: "/api/v1/auth/alipay/authorization", path: "/api/v1/auth/alipay/page" },
];
const label = () => `${navigator.userAgentData?.platform || navigator.platform || "phone"}`.slice(0, 60);

export async function render() {
  const locked = state.session && !state.session.over && (await pack.locked());
  const wrong = h("p", { class: "wrong", role: "alert", hidden: true });
  const name = h("input", { class: "weui-input", id: "username", name: "username", autocomplete: "username", autocapitalize: "none", required: true });
  const word = h("input", { class: "weui-input", id: "password", name: "password", type: "password", autocomplete: "current-password", required: true });
  const submit = h("button", { type: "submit", class: "weui-btn weui-btn_primary", id: "sign-in" }, t("sign_in.title"));
  const more = h("div", { class: "more-ways" });
  const form = h("form", { class: "sign-in", onsubmit: (event) => { event.preventDefault(); attempt(PASSWORD, { username: name.value.trim(), password: word.value }, wrong, submit); } },
    h("div", { class: "weui-cells" },
      cell(t("sign_in.username"), name), cell(t("sign_in.password"), word)), wrong, submit, more);
  show(h("main", { class: "plain-page" }, notices(),
    h("div", { class: "brand" }, h("span", { class: "brand-mark" }, icon("scan")), h("h1", {}, t("app.name"))),
    locked ? h("p", { class: "notice warn" }, t("sign_in.locked", { hours: pack.day()?.rules?.local_unlock_hours || 72, count: state.counts.entries })) : null,
    (await db.kept("invitation")) ? h("p", { class: "notice plain" }, t("sign_in.invited")) : null,
    form, h("div", { class: "foot-links" },
      h("button", { type: "button", class: "link", onclick: terminal }, t("sign_in.terminal")),
      h("button", { type: "button", class: "link", onclick: other }, t("language.other")))));
  offer(more, wrong, submit);
}

const cell = (text, input) => h("div", { class: "weui-cell" }, h("div", { class: "weui-cell__hd" }, h("label", { class: "weui-label", for: input.id }, text)), h("div", { class: "weui-cell__bd" }, input));

async function other() {
  const to = language === "en" ? "zh_CN" : "en";
  chooseLanguage(to);
  await db.keep("language", to);
  render();
}

async function attempt(path, body, wrong, submit) {
  const held = await queue.counts();
  const before = state.session;
  wrong.hidden = true;
  submit.disabled = true;
  try {
    const invitation = path === PASSWORD ? null : await db.kept("invitation");
    const told = await signIn(path, invitation ? { ...body, invitation } : body, label());
    if (invitation) await db.forget("invitation");
    if (told.mustChange) return fail(wrong, t("sign_in.must_change"));
    if (told.notForPhones) return fail(wrong, t("sign_in.not_for_phones"));
    await reread();
    await pack.load();
    await pack.refresh();
    await reread();
    kick();
    if (held.entries && before && before.id !== state.session.id) say(t("sign_in.of_others", { count: held.entries }));
    home();
  } catch (error) {
    if (error.code === "tenant_required") return choose(error.problem.choices, (tenant) => attempt(path, { ...body, tenant }, wrong, submit));
    fail(wrong, error.status ? error.message : t("sign_in.no_network"));
  } finally {
    submit.disabled = false;
  }
}

function fail(wrong, text) {
  wrong.textContent = text;
  wrong.hidden = false;
}

async function choose(choices, go) {
  const picked = await ask(t("sign_in.which"), null, choices.map((each) => [each, each]));
  if (picked) go(picked);
}

async function terminal() {
  const code = await askText(t("sign_in.terminal_code"));
  if (!code) return;
  try {
    await enrol(code);
    await pack.load();
    await pack.refresh();
    await reread();
    home();
  } catch (error) {
    say(error.status ? error.message : t("sign_in.no_network"), "bad");
  }
}

// Buttons only for what is set up here; inside WeChat and Alipay the one of the app around the page.
async function offer(more, wrong, submit) {
  const offered = new Set((await ways()).map((each) => each.way));
  const here = HOSTS.find((host) => offered.has(host.way) && host.agent.test(navigator.userAgent));
  if (here) more.append(button(t(here.word), () => setOut(here), { class: "weui-btn weui-btn_default", id: here.way }));
  if (offered.has("phone")) more.append(button(t("sign_in.phone"), () => byPhone(wrong, submit)));
  const back = new URLSearchParams(location.search);
  const from = HOSTS.find((host) => back.has(host.code) && back.has("state"));
  if (from) {
    history.replaceState(null, "", "/phone/#/sign-in");
    attempt(from.path, { code: back.get(from.code), state: back.get("state") }, wrong, submit);
  }
}

// Silently, by the app around the page: there for a code, and back with it.
async function setOut(host) {
  const { url } = await json(`${host.authorization}?${new URLSearchParams({ page: "/phone/" })}`, { anonymous: true });
  location.href = url;
}

async function byPhone(wrong, submit) {
  const phone = await askText(t("sign_in.phone_number"), { kind: "tel", numeric: true });
  if (!phone) return;
  try {
    const asked = await json("/api/v1/auth/sms-codes", { method: "POST", body: { phone, invitation: (await db.kept("invitation")) || null }, anonymous: true });
    const code = await askText(t("sign_in.sms_code"), { numeric: true });
    if (code) attempt("/api/v1/auth/phone", { request_id: asked.request_id, code }, wrong, submit);
  } catch (error) {
    fail(wrong, error.status ? error.message : t("sign_in.no_network"));
  }
}
