// Entries that came twice with different bodies, side by side; whoever checks says which one was found.

import { json } from "./api.js";
import { askText, button, h, say, show } from "./dom.js";
import { empty, head, notices, word } from "./frame.js";
import * as pack from "./pack.js";
import { clock } from "./state.js";
import { t } from "./words.js";

export async function render() {
  let items = [];
  try {
    ({ items } = await json("/api/v1/phone/conflicts"));
  } catch (error) {
    say(error.status ? error.message : t("needs_network"), "bad");
  }
  const open = items.filter((each) => !each.resolution);
  show(head(t("conflicts.title"), { back: "#/me", sub: t("conflicts.count", { count: open.length }) }),
    h("main", {}, notices(), open.length ? open.map(card) : empty(t("conflicts.none")), items.filter((each) => each.resolution).slice(0, 20).map(card)));
}

function differing(item) {
  const gauge = (id) => (pack.day()?.gauges || []).find((each) => each.id === id)?.name || id.slice(0, 8);
  const lists = (entry) => ({ ...(entry.inspected || {}), photos: entry.photo_ids?.length || null, gauges: entry.gauge_ids?.map(gauge).join(t("comma")) || null });
  const flat = (entry) => ({ ...Object.fromEntries(Object.entries(entry || {}).filter(([, value]) => typeof value !== "object")), ...(entry ? lists(entry) : {}), ...(entry?.values || {}) });
  const [kept, other] = [flat(item.kept), flat(item.other)];
  return [...new Set([...Object.keys(kept), ...Object.keys(other)])].filter((name) => JSON.stringify(kept[name]) !== JSON.stringify(other[name]))
    .map((name) => [titleOf(item, name), kept[name], other[name]]);
}

const said = (value) => (value === null || value === undefined ? "—" : typeof value === "object" ? JSON.stringify(value) : String(value));

function titleOf(item, name) {
  const form = pack.day()?.forms.find((each) => each.code === item.form_code);
  return form?.fields?.[name]?.title || form?.schema.properties?.[name]?.title || word(`entry_field.${name}`, name);
}

function card(item) {
  return h("article", { class: `conflict${item.resolution ? " done" : ""}`, "data-conflict": item.id }, h("h2", {}, [item.form_name, item.lot_no].filter(Boolean).join(" · ")),
    h("div", { class: "grid-scroll", tabindex: "0", role: "region", "aria-label": t("conflicts.title") }, h("table", { class: "sides" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("conflicts.field")), h("th", { scope: "col" }, t("conflicts.kept"), h("small", {}, `${item.kept_by} ${clock(item.kept_at)}`)), h("th", { scope: "col" }, t("conflicts.other"), h("small", {}, `${item.other_by} ${clock(item.received_at)}`)))),
      h("tbody", {}, differing(item).map(([name, one, other]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, said(one)), h("td", {}, said(other))))))),
    item.resolution ? h("p", { class: "help" }, `${t(`conflicts.was_${item.resolution}`)} · ${item.resolver_name || ""} · ${item.reason || ""}`) : h("div", { class: "two" },
      button(t("conflicts.keep"), () => resolve(item, "keep"), { class: "weui-btn weui-btn_default keep" }), button(t("conflicts.correct"), () => resolve(item, "correct"), { class: "weui-btn weui-btn_primary correct" })));
}

async function resolve(item, resolution) {
  const reason = await askText(t("conflicts.reason"), { long: true });
  if (!reason) return;
  try {
    await json(`/api/v1/phone/conflicts/${item.id}/resolution`, { method: "POST", body: { resolution, reason } });
    render();
  } catch (error) {
    say(error.status ? error.message : t("needs_network"), "bad");
  }
}
