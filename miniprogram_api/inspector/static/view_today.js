// The day: scan, or tap what is due. What presses comes first.

import { h, icon, show } from "./dom.js";
import { empty, head, notices, tabs } from "./frame.js";
import { openFound, openTask, scanAny, takeText } from "./open.js";
import * as pack from "./pack.js";
import * as queue from "./queue.js";
import { clock, ownerName, state } from "./state.js";
import { onWedge } from "./wedge.js";
import { t } from "./words.js";

export async function render() {
  const me = pack.day()?.me;
  const drafts = (await queue.drafts()).filter((each) => each.owner === state.session.id);
  const due = pack.tasks().filter((task) => task.state !== "upcoming"), later = pack.tasks().filter((task) => task.state === "upcoming");
  const results = h("div", { class: "found", id: "found" });
  const last = h("input", {
    class: "weui-input big-input", id: "last-six", inputmode: "text", autocapitalize: "characters", autocomplete: "off", enterkeyhint: "search", "aria-label": t("today.last_six"),
    placeholder: t("today.last_six"), oninput: (event) => results.replaceChildren(...found(event.target.value)),
    onkeydown: (event) => { if (event.key === "Enter" && event.target.value.trim()) takeText(event.target.value.trim()); },
  });
  show(
    head(ownerName(), { sub: [me?.tenant_name, me?.place_name].filter(Boolean).join(" · ") }),
    h("main", { class: "with-tabs" }, notices(),
      h("button", { type: "button", class: "scan-button", id: "scan", onclick: scanAny }, icon("scan"), h("b", {}, t("scan.title")), h("small", {}, t("today.scan_says"))),
      last, results, drafts.length ? section(t("today.drafts"), drafts.map(draftRow)) : null,
      pack.day() ? null : empty(t("today.no_day"), t("today.no_day_says")),
      due.length ? section(t("today.due", { count: due.length }), due.map(taskRow)) : pack.day() ? empty(t("today.nothing"), t("today.nothing_says")) : null,
      later.length ? section(t("today.later"), later.map(taskRow)) : null),
    tabs("#/"));
  onWedge(takeText);
}

function section(title, rows) {
  return h("section", {}, h("h2", {}, title), h("div", { class: "rows" }, rows));
}

function found(text) {
  return pack.ending(text).slice(0, 8).map((lot) => h("button", { type: "button", class: "row", onclick: () => openFound({ kind: "lot", lot, due: pack.dueOn(lot.id) }) },
    h("span", { class: `mark ${lot.state}` }), h("span", { class: "row-text" }, h("b", {}, lot.lot_no), h("small", {}, lot.product_name)), icon("forward")));
}

export function taskRow(task) {
  const mine = task.handed_to && task.handed_to.to_user_id === state.session.id;
  const when = task.state === "missed" ? t("task.missed", { at: clock(task.due_at) }) : t(task.state === "upcoming" ? "task.from" : "task.until", { at: clock(task.state === "upcoming" ? task.due_from : task.due_at) });
  return h("button", { type: "button", class: `row ${task.state}`, "data-task": task.id, onclick: () => openTask(task) },
    h("span", { class: `mark ${pack.lotOf(task.lot_id)?.state || "none"}` }),
    h("span", { class: "row-text" }, h("b", {}, task.subject || task.plan_name), h("small", {}, `${task.plan_name} · ${t(`trigger.${task.trigger}`)}`),
      mine ? h("small", { class: "handed" }, t("task.handed", { name: task.handed_to.from_name })) : null),
    h("span", { class: "when" }, when), icon("forward"));
}

function draftRow(draft) {
  const later = draft.mode === "later";
  return h("a", { class: "row", href: `#/entry/${draft.entry_id}` }, h("span", { class: "mark draft" }),
    h("span", { class: "row-text" }, h("b", {}, draft.subject.code || draft.lot?.lot_no || draft.task?.subject || draft.form.name),
      h("small", {}, draft.problem ? t("draft.refused") : t(later ? "draft.later" : "draft.unfinished"))),
    h("span", { class: "when" }, clock(draft.begun)), icon("forward"));
}
