// Who uses the phone, in which language, and what else it can do.

import { ask, button, h, icon, show } from "./dom.js";
import * as db from "./db.js";
import { head, notices, tabs } from "./frame.js";
import * as pack from "./pack.js";
import { forgetPictures } from "./pictures.js";
import * as queue from "./queue.js";
import { signOut } from "./session.js";
import { go, ownerName, reread, state } from "./state.js";
import { keepForGood } from "./storage.js";
import { chooseLanguage, language, t } from "./words.js";

export async function render() {
  const me = pack.day()?.me;
  const contact = await db.kept("contact"), kept = await keepForGood();
  const hours = Math.max(0, Math.round((pack.day()?.rules?.local_unlock_hours || 72) - (Date.now() - (contact || 0)) / 3600000));
  show(head(ownerName(), { sub: me?.tenant_name }),
    h("main", { class: "with-tabs" }, notices(),
      h("div", { class: "weui-cells" },
        line(t("me.roles"), (me?.roles || []).map((role) => t(`role.${role}`)).join(t("comma")) || "—"),
        line(t("me.unlock"), t("me.hours", { hours })),
        line(t("me.version"), document.body.dataset.version.slice(0, 8)),
        line(t("me.storage"), t(kept ? "me.storage_kept" : "me.storage_not")),
        line(t("me.offline"), t(state.offlineReady ? "me.offline_ready" : "me.offline_not"))),
      h("div", { class: "rows" },
        h("button", { type: "button", class: "row", id: "practice", "aria-pressed": String(state.practice), onclick: practise }, h("span", { class: "row-text" }, h("b", {}, t("practice.title")), h("small", {}, t("practice.says"))),
          h("span", { class: `switch${state.practice ? " on" : ""}`, "aria-hidden": "true" })),
        h("button", { type: "button", class: "row", id: "language", onclick: other }, h("span", { class: "row-text" }, h("b", {}, t("language.other"))), icon("forward")),
        h("a", { class: "row", href: "#/pin", id: "pin" }, h("span", { class: "row-text" }, h("b", {}, t("pin.title")), h("small", {}, t(state.session.terminal ? "pin.at_terminal" : "pin.of_badge"))), icon("forward")),
        me?.may_check ? h("a", { class: "row", href: "#/conflicts", id: "conflicts" }, h("span", { class: "row-text" }, h("b", {}, t("conflicts.title")), h("small", {}, t("conflicts.says"))), icon("forward")) : null),
      button(t("me.sign_out"), leave, { class: "weui-btn weui-btn_default", id: "sign-out" })), tabs("#/me"));
}

const line = (name, value) => h("div", { class: "weui-cell" }, h("div", { class: "weui-cell__bd" }, name), h("div", { class: "weui-cell__ft" }, value));

async function practise() {
  await db.keep("practice", !state.practice);
  await reread();
  render();
}

async function other() {
  const to = language === "en" ? "zh_CN" : "en";
  chooseLanguage(to);
  await db.keep("language", to);
  const held = await db.kept("pack");
  if (held) await db.keep("pack", { ...held, etag: null }); // titles come in the other language
  await pack.refresh();
  render();
}

async function leave() {
  const { entries, photos } = await queue.counts();
  const drafts = (await queue.drafts()).filter((each) => each.owner === state.session.id).length;
  if (entries || photos || drafts) {
    const answer = await ask(t("me.unsent", { entries, photos, drafts }), t("me.unsent_says"), [["yes", t("me.sign_out_anyway"), "warn"], [null, t("me.stay"), "primary"]]);
    if (answer !== "yes") return;
  }
  await signOut();
  await forgetPictures();
  await reread();
  go("#/sign-in");
}
