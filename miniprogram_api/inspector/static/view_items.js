// Many items, one check: each hit is a row, all pass, and the exceptions are singled out.

import { button, h, icon, say, show } from "./dom.js";
import { photoRow } from "./evidence.js";
import { fieldView } from "./field_views.js";
import { head, notices, stateOf } from "./frame.js";
import * as pack from "./pack.js";
import { scan } from "./scanner.js";
import { allPass } from "./schema.js";
import { hit, refuse } from "./signals.js";
import { onWedge } from "./wedge.js";
import { t } from "./words.js";

export async function itemsView(draft, context, { keeping, finish }) {
  const { task, lot, title, fields, form } = context;
  draft.values = allPass(fields, draft.values).values;
  const list = h("div", { class: "rows", id: "items" });
  const count = h("b", { class: "big", id: "item-count" });

  // One scanned text becomes a row, or is refused with the reason.
  async function take(text) {
    const found = await pack.identify(text, task);
    if (found.several) return { bad: true, text: t("open.several", { lot: text.trim() }) };
    if (found.unknown) return { bad: true, text: t("scan.unknown") };
    if (found.refusal) return { bad: true, text: found.refusal.text || t("items.other_lot", { other: found.refusal.lot_no, lot: lot?.lot_no || "" }) };
    if (!task && found.kind === "item" && found.lot && lot && found.lot.id !== lot.id) return { bad: true, text: t("items.other_lot", { other: found.lot.lot_no, lot: lot.lot_no }) };
    const part = found.kind === "lot" ? found.lot : null; // split off this lot, with a number of its own
    if (part && part.id === lot?.id) return { bad: true, text: t("items.not_an_item") };
    const name = part ? part.lot_no : found.code;
    if (draft.rows.some((row) => row.name === name)) return { bad: true, text: t("items.twice", { code: name }) };
    draft.rows.push({ entry_id: crypto.randomUUID(), name, code: part ? null : found.code, lot_id: part?.id || null, values: {}, bad: false });
    await keeping.now();
    draw();
    return { text: t("items.taken", { count: draft.rows.length, code: name }) };
  }

  async function typed(text) {
    const told = await take(text);
    if (told.bad) refuse();
    else hit();
    say(told.text, told.bad ? "bad" : "good");
  }

  function draw() {
    const bad = draft.rows.filter((row) => row.bad).length;
    count.textContent = t("items.count", { count: draft.rows.length, bad });
    list.replaceChildren(...[...draft.rows].reverse().map(rowView));
    const end = document.getElementById("save");
    if (end) end.disabled = !draft.rows.length;
  }

  function rowView(row) {
    return h("div", { class: `item ${row.bad ? "bad" : "good"}` }, h("button", { type: "button", class: "row", disabled: row.stored, "aria-expanded": String(Boolean(row.open)), onclick: () => { row.open = !row.open; draw(); } },
      h("span", { class: `mark ${row.bad ? "rejected" : "passed"}` }), h("span", { class: "row-text" }, h("b", {}, row.name), h("small", {}, t(row.bad ? "items.exception" : "items.pass"), row.stored ? ` · ${t("items.stored")}` : null)), row.stored ? null : icon("forward")),
    row.open ? exception(row) : null);
  }

  function exception(row) {
    const own = { values: { ...draft.values, ...row.values }, confirmed: {}, problem: null };
    const change = () => {
      row.values = Object.fromEntries(Object.entries(own.values).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(draft.values[name])));
      row.bad = Object.keys(row.values).length > 0;
      keeping.later();
    };
    return h("div", { class: "exception" }, fields.map((field) => fieldView(field, own, { change, next: () => {} })), photoRow(draft, { itemId: row.entry_id }),
      h("div", { class: "two" },
        button(t("items.remove"), () => { draft.rows = draft.rows.filter((each) => each !== row); keeping.now(); draw(); }),
        button(t("ok"), () => { row.open = false; draw(); }, { class: "weui-btn weui-btn_primary" })));
  }

  function end() {
    const bad = draft.rows.filter((row) => row.bad).length;
    draft.inspected = task?.sampling ? { sample_size: String(draft.rows.length), defectives: String(bad) } : {};
    return finish({ checked: false });
  }

  show(head(title, { back: "#/", sub: form.name }),
    h("main", { class: "with-actions" }, notices(), stateOf(lot), h("p", { class: "help" }, t("items.says")), count, list),
    h("footer", { class: "actions" }, h("div", { class: "two" },
      button([icon("scan"), t("items.scan")], () => scan(take, { title: t("items.scan") }), { class: "weui-btn weui-btn_default large", id: "scan-items" }),
      button(t("items.save"), end, { class: "weui-btn weui-btn_primary large", id: "save", disabled: true }))));
  onWedge(typed);
  draw();
}
