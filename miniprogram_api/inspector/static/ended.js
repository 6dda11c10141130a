// How conflicts about one's own entries ended: asked for where there is a network, and kept beside what is still on the phone.

import { json } from "./api.js";
import { h, icon } from "./dom.js";
import * as db from "./db.js";
import * as queue from "./queue.js";
import { dayOf, moment, state } from "./state.js";
import { language, t } from "./words.js";

// Those of the person signed in; at a terminal of whoever signed what waits here. Empty where nobody can be asked.
export async function ownConflicts() {
  const held = (await db.all("entries")).filter((each) => each.state === "conflict");
  const badges = [...new Set(held.map((each) => each.sent?.signature?.badge_id).filter(Boolean))];
  const asked = state.session.terminal ? badges.map((id) => `?badge_id=${id}`) : [""];
  try {
    const told = (await Promise.all(asked.map((query) => json(`/api/v1/phone/own-conflicts${query}`)))).flatMap((each) => each.items);
    await queue.endConflicts(told.filter((each) => each.resolution));
    return told;
  } catch {
    return [];
  }
}

export const ofDay = (items, day) => items.filter((each) => [each.received_at, each.resolved_at].some((at) => at && dayOf(at) === day));

// Who decided, which of the two stands, and why.
export function decision(item) {
  if (!item.resolution) return [t("ended.open")];
  const stands = t(`ended.${item.resolution}`);
  const own = item.own === "both" ? null : t((item.resolution === "keep") === (item.own === "kept") ? "ended.own_stands" : "ended.own_does_not");
  return [t("ended.by", { name: item.resolver_name || "", at: moment(item.resolved_at), stands }), own, t("ended.reason", { reason: item.reason })].filter(Boolean);
}

export function endedCard(item) {
  return h("a", { class: `row ended ${item.resolution || "open"}`, "data-conflict": item.id, href: `#/record/${item.record_id}` }, h("span", { class: "mark held" }),
    h("span", { class: "row-text" }, h("b", {}, [(language === "en" && item.form_name_en) || item.form_name, item.lot_no].filter(Boolean).join(" · ")), decision(item).map((line) => h("small", {}, line))), icon("forward"));
}
