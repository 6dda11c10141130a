// What is still on the phone, in its order: on its way, or stuck with the reason and what to do.

import { ask, button, h, show } from "./dom.js";
import * as db from "./db.js";
import { decision, ownConflicts } from "./ended.js";
import { fingerUp } from "./finger.js";
import { empty, head, notices, tabs } from "./frame.js";
import * as queue from "./queue.js";
import { kick } from "./schedule.js";
import { clock, go, online, reread, state } from "./state.js";
import { t } from "./words.js";

export async function render() {
  if (online() && (await queue.waitingEntries()).some((each) => each.state === "conflict" && !each.ended)) await ownConflicts();
  const entries = await queue.waitingEntries();
  const photos = (await db.all("photos")).filter((each) => !each.draft && !each.complete);
  const trouble = await db.kept("trouble");
  await fingerUp();
  show(head(t("tab.queue"), { sub: t("queue.sub", { entries: entries.length, photos: photos.length }) }),
    h("main", { class: "with-tabs" }, notices(),
      trouble && online() ? h("p", { class: "notice warn" }, trouble.text || t("queue.trouble")) : null,
      entries.length || photos.length ? button(t("queue.send"), async () => { await kick(); render(); }, { class: "weui-btn weui-btn_primary", id: "send-now", disabled: !online() }) : empty(t("queue.empty"), t("queue.empty_says")),
      entries.length || photos.length ? h("p", { class: "help" }, t(online() ? "queue.says" : "queue.says_offline")) : null,
      h("div", { class: "rows" }, entries.map(row)),
      photos.filter((each) => each.problem).map(refusedPhoto)),
    tabs("#/queue"));
}

function row(held) {
  const { about } = held;
  return h("article", { class: `queued ${held.state}`, "data-entry": held.entry_id },
    h("header", {}, h("b", {}, about.title), h("span", { class: "when" }, clock(about.at))),
    h("p", {}, [about.form, about.signer, about.photos ? t("saved.photos", { count: about.photos }) : null, about.practice ? t("practice.mark") : null].filter(Boolean).join(" · ")),
    held.state === "waiting" ? h("p", { class: "state" }, t("queue.waiting")) : reason(held));
}

function reason(held) {
  if (held.state === "conflict") {
    return h("div", { class: held.ended ? "reason decided" : "reason" }, (held.ended ? decision(held.ended) : [t("queue.conflict")]).map((line) => h("p", {}, line)), button(t("queue.seen"), async () => { await queue.dropEntry(held.entry_id); await reread(); render(); }));
  }
  const lines = held.problem.errors.map((each) => each.text).filter(Boolean);
  return h("div", { class: "reason", role: "alert" }, h("b", {}, held.problem.text), lines.filter((line) => line !== held.problem.text).map((line) => h("p", {}, line)),
    h("div", { class: "two" }, button(t("queue.drop"), () => drop(held)), button(t("queue.amend"), () => amend(held), { class: "weui-btn weui-btn_primary amend" })));
}

function refusedPhoto(photo) {
  return h("article", { class: "queued refused", "data-photo": photo.id }, h("div", { class: "reason", role: "alert" },
    h("p", {}, t("queue.photo_refused", { at: clock(photo.captured_at), text: photo.problem })),
    h("div", { class: "two" }, button(t("queue.photo_drop"), () => dropPhoto(photo)),
      button(t("queue.photo_again"), async () => { await queue.photoAgain(photo.id); await kick(); render(); }, { class: "weui-btn weui-btn_primary" }))));
}

async function dropPhoto(photo) {
  if ((await ask(t("queue.photo_drop_sure"), t("queue.photo_drop_says"), [["yes", t("queue.photo_drop"), "warn"], [null, t("cancel"), "primary"]])) !== "yes") return;
  await queue.dropPhoto(photo.id);
  await reread();
  render();
}

async function amend(held) {
  await queue.reopen(held.entry_id);
  await reread();
  go(`#/entry/${held.entry_id}`);
}

async function drop(held) {
  if ((await ask(t("queue.drop_sure"), t("queue.drop_says"), [["yes", t("queue.drop"), "warn"], [null, t("cancel"), "primary"]])) !== "yes") return;
  await queue.dropEntry(held.entry_id);
  await reread();
  render();
}

export const shown = () => location.hash === "#/queue" && state.session;
