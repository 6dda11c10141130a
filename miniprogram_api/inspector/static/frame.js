// Around every screen: where one is, what is still on the phone, what stands in the way.

import { h, icon } from "./dom.js";
import * as pack from "./pack.js";
import { go, inBrowserView, online, state } from "./state.js";
import { has, t } from "./words.js";

export function head(title, { back = null, sub = null } = {}) {
  return h("header", { class: "head" },
    back ? h("a", { class: "round", href: back, "aria-label": t("back") }, icon("back")) : null,
    h("div", { class: "head-text" }, h("h1", {}, title), sub ? h("p", {}, sub) : null),
    unsent());
}

// The count of what is still on the phone: always in sight, and the way to it.
export function unsent() {
  const { entries, photos, stuck } = state.counts;
  const total = entries + photos;
  const kind = stuck ? "stuck" : total ? "some" : "none";
  return h("a", { class: `unsent ${kind}${online() ? "" : " off"}`, href: "#/queue", id: "unsent", "data-count": total },
    h("i", { class: "dot", "aria-hidden": "true" }), h("b", {}, total || icon("check")), h("span", {}, online() ? t(total ? "unsent.label" : "unsent.sent") : t("offline")));
}

export function notices() {
  const found = [];
  const note = (kind, text, action) => found.push(h("div", { class: `notice ${kind}` }, h("span", {}, text), action || null));
  if (!window.isSecureContext) note("bad", t("notice.insecure"));
  if (state.practice) note("practice", t("notice.practice"));
  if (state.session?.over) note("warn", t("notice.session_over"), h("a", { class: "small-button", href: "#/sign-in" }, t("sign_in.title")));
  if (Math.abs(state.ahead) > (pack.day()?.rules?.skew_seconds || 300)) note("warn", t("notice.clock", { minutes: Math.round(Math.abs(state.ahead) / 60) }));
  if (state.room.level !== "plenty") note(state.room.level === "low" ? "warn" : "bad", t(`storage.${state.room.level}`, state.room));
  if (inBrowserView()) note("warn", t("notice.web_view"));
  if (state.update) note("plain", t("notice.update"), h("button", { type: "button", class: "small-button", onclick: state.update }, t("notice.update_now")));
  return found.length ? h("div", { class: "notices" }, found) : null;
}

const TABS = [["#/", "list", "tab.today"], ["#/queue", "send", "tab.queue"], ["#/history", "clock", "tab.history"], ["#/me", "person", "tab.me"]];

export function tabs(active) {
  return h("nav", { class: "tabs", "aria-label": t("tab.label") }, TABS.map(([href, picture, key]) =>
    h("a", { href, "aria-current": href === active ? "page" : null }, icon(picture), h("span", {}, t(key)),
      href === "#/queue" && state.counts.entries + state.counts.photos ? h("b", { class: "weui-badge" }, state.counts.entries + state.counts.photos) : null)));
}

export function stateOf(lot) {
  return lot ? h("p", { class: `bar ${lot.state}` }, h("b", {}, t(`state.${lot.state}`)), h("span", {}, t(`state_says.${lot.state}`))) : null;
}

export function empty(text, sub = null) {
  return h("div", { class: "empty" }, icon("check"), h("p", {}, text), sub ? h("small", {}, sub) : null);
}

export const word = (key, fallback) => (has(key) ? t(key) : fallback);
export const home = () => go("#/");
