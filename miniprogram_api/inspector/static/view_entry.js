// The entry: first glance (what it is, how it stands, the one thing due, two buttons), and the form behind it. No menu.

import { ask, button, h, icon, say, show } from "./dom.js";
import { photoRow } from "./evidence.js";
import { fieldView, unconfirmed } from "./field_views.js";
import { head, notices, stateOf } from "./frame.js";
import { blocked, gaugeRow } from "./gauges.js";
import { decline, handedToMe, handOver } from "./handover.js";
import { inspectedFields, sampleWrong } from "./inspected.js";
import { limitLine } from "./limit_words.js";
import { contextOf } from "./open.js";
import { picture } from "./pictures.js";
import * as queue from "./queue.js";
import { confirmIncomplete, save } from "./save.js";
import { allPass, levelOf, missing } from "./schema.js";
import { clock, ownerName, state } from "./state.js";
import { isFull } from "./storage.js";
import { gridView } from "./view_grid.js";
import { itemsView } from "./view_items.js";
import { saved } from "./view_saved.js";
import { has, t } from "./words.js";

export async function render(id) {
  const draft = await queue.draft(id);
  if (!draft || draft.owner !== state.session.id) {
    location.replace("#/");
    return;
  }
  const context = contextOf(draft);
  const keeping = keeper(draft);
  const screens = { glance, form: formView, later: formView, grid: gridView, items: itemsView };
  await screens[draft.mode](draft, context, { keeping, turn: (mode) => turn(draft, mode), finish: (more) => finish(draft, context, keeping, more) });
}

// Keeps the draft while it is typed: after a pause, and when the page goes out of sight.
function keeper(draft) {
  let timer = null, ended = false;
  const now = () => {
    clearTimeout(timer);
    timer = null;
    return ended ? Promise.resolve() : queue.saveDraft(draft);
  };
  const told = (error) => say(t(isFull(error) ? "storage.not_kept" : "save.failed"), "bad");
  const later = () => { clearTimeout(timer); timer = setTimeout(() => now().catch(told), 250); };
  document.addEventListener("visibilitychange", () => { if (document.hidden && timer) now().catch(told); });
  return { later, now, end: () => { ended = true; clearTimeout(timer); } };
}

async function turn(draft, mode) {
  draft.mode = mode;
  await queue.saveDraft(draft);
  render(draft.entry_id);
}

function glance(draft, context, { turn: to, finish: end }) {
  const { task, form, lot, title, fields } = context;
  const told = fields.map((field) => [field, limitLine(field)]);
  const lines = told.some(([, said]) => said.length) ? told.filter(([, said]) => said.length) : told;
  const pass = async () => {
    const filled = allPass(fields, draft.values);
    draft.values = filled.values;
    if (filled.left.length || task?.sampling?.whole) {
      await to("form");
      say(t("entry.still", { count: filled.left.length }));
      return focusOn(filled.left[0]);
    }
    return end();
  };
  show(
    head(title, { back: "#/", sub: lot?.product_name || task?.product_name || form.name }),
    h("main", { class: "with-actions" }, notices(), h("div", { class: "identity" }, picture(lot), h("div", {},
      h("b", { class: "big" }, lot?.product_name || task?.subject || form.name),
      h("p", {}, [draft.subject.code && lot ? lot.lot_no : null, lot?.quantity ? `${lot.quantity} ${lot.unit || ""}` : null, lot?.place_name || task?.place_name].filter(Boolean).join(" · ")))),
    stateOf(lot),
    h("section", { class: "due-card" },
      h("p", { class: "due-head" }, h("b", {}, task ? task.plan_name : form.name), task ? h("span", { class: task.state }, task.state === "missed" ? t("task.missed", { at: clock(task.due_at) }) : t("task.until", { at: clock(task.due_at) })) : null),
      task?.reason && task.reason !== task.trigger && has(`reason.${task.reason}`) ? h("p", { class: "help" }, t(`reason.${task.reason}`)) : null,
      task?.sampling ? h("p", { class: "sampling" }, t(task.sampling.whole ? "sampling.whole" : "sampling.says", task.sampling)) : null,
      h("dl", { class: "limits" }, lines.map(([field, said]) => h("div", {}, h("dt", {}, field.title), h("dd", {}, said.length ? said.map((line) => h("span", {}, line)) : "—"))))),
    h("div", { class: "other-ways" },
      button([icon("camera"), t("entry.evidence_first")], () => to("later"), { class: "weui-btn weui-btn_default tile" }),
      draft.subject.lot_id && allPass(fields, {}).left.length === 0 ? button([icon("scan"), t("entry.many")], () => to("items"), { class: "weui-btn weui-btn_default tile", id: "many" }) : null,
      fields.some((field) => field.kind === "number") && (draft.subject.lot_id || draft.subject.code) ? button([icon("grid"), t("entry.grid")], () => to("grid"), { class: "weui-btn weui-btn_default tile", id: "grid" }) : null,
      handedToMe(task) ? button([icon("back"), t("hand_over.decline")], () => decline(task), { class: "weui-btn weui-btn_default tile" }) : null,
      task && !state.session.terminal ? button([icon("person"), t("entry.hand_over")], () => handOver(task), { class: "weui-btn weui-btn_default tile" }) : null)),
    h("footer", { class: "actions" },
      h("p", { class: "signed" }, state.session.terminal ? t("entry.signed_by_badge") : t("entry.signed", { name: ownerName() })),
      h("div", { class: "two" },
        button(t("entry.exception"), () => to("form"), { class: "weui-btn weui-btn_default large", id: "exception" }),
        button(t("entry.all_pass"), pass, { class: "weui-btn weui-btn_primary large", id: "all-pass" }))));
}

function focusOn(field) {
  const box = field && document.querySelector(`[data-field="${CSS.escape(field.name)}"]`);
  box?.scrollIntoView({ block: "center" });
  box?.querySelector("input, textarea, button")?.focus({ preventScroll: true });
}

async function formView(draft, context, { keeping, turn: to, finish: end }) {
  const { task, form, lot, title, fields } = context;
  const later = draft.mode === "later";
  const next = (field) => {
    const following = fields.slice(fields.indexOf(field) + 1).find((each) => missing([each], draft.values).length || !(each.name in draft.values));
    if (following) focusOn(following);
    else document.getElementById("save")?.focus();
  };
  const views = fields.map((field) => fieldView(field, draft, { change: keeping.later, next, original: draft.original?.[field.name] }));
  const fill = () => {
    draft.values = allPass(fields, draft.values).values;
    keeping.now().then(() => render(draft.entry_id));
  };
  const general = (draft.problem?.errors || []).filter((each) => !fields.some((field) => field.name === each.field));
  show(
    head(title, { back: "#/", sub: form.name }),
    h("main", { class: "with-actions" }, notices(), stateOf(lot),
      general.map((each) => h("p", { class: "notice bad" }, each.text)),
      later ? h("p", { class: "notice plain" }, t("later.says")) : null,
      draft.corrects ? h("p", { class: "notice plain" }, t("correct.says", { reason: draft.correction_reason })) : null,
      later ? h("section", { class: "field evidence" }, h("legend", {}, t("photo.title")), photoRow(draft)) : null,
      h("div", { class: "fields" }, views), await gaugeRow(draft, fields, keeping.later), inspectedFields(draft, task, keeping.later),
      later ? null : h("section", { class: "field" }, h("legend", {}, t("photo.title")), photoRow(draft)),
      form.second_check ? h("p", { class: "help" }, t("entry.second_check")) : null,
      h("button", { type: "button", class: "link danger", onclick: () => discard(draft, keeping) }, t("entry.discard"))),
    h("footer", { class: "actions" },
      h("p", { class: "signed" }, state.session.terminal ? t("entry.signed_by_badge") : t("entry.signed", { name: ownerName() })),
      h("div", { class: "two" },
        later ? button(t("later.put_aside"), () => aside(draft, keeping), { class: "weui-btn weui-btn_default large", id: "aside" })
          : allPass(fields, draft.values).left.length < missing(fields, draft.values).length ? button(t("entry.rest_pass"), fill, { class: "weui-btn weui-btn_default large" })
            : button(t("entry.evidence_first"), () => to("later"), { class: "weui-btn weui-btn_default large" }),
        button(t("entry.save"), () => end(), { class: "weui-btn weui-btn_primary large", id: "save" }))));
}

// Scan and photos now, numbers later: the moment of the photos is the moment of the entry.
async function aside(draft, keeping) {
  const photos = await queue.photosOf(draft.entry_id);
  if (!photos.length) return say(t("later.photo_first"), "bad");
  draft.captured_at ??= photos.map((each) => each.captured_at).sort()[0];
  draft.typed_later = true;
  await keeping.now();
  say(t("later.kept"));
  location.hash = "#/";
  return undefined;
}

async function discard(draft, keeping) {
  if ((await ask(t("entry.discard_sure"), t("entry.discard_says"), [["yes", t("entry.discard"), "warn"], [null, t("entry.go_on"), "primary"]])) !== "yes") return;
  keeping.end();
  await queue.dropDraft(draft.entry_id);
  location.hash = "#/";
}

// Looked over once more, in the order of the page; then kept.
async function finish(draft, context, keeping, { checked = true } = {}) {
  const { fields, task } = context;
  let incomplete = false;
  if (checked) {
    const odd = fields.find((field) => levelOf(field, draft.values[field.name]).level === "unread") || fields.find((field) => unconfirmed(field, draft));
    if (odd) {
      focusOn(odd);
      document.querySelector(`[data-field="${CSS.escape(odd.name)}"] input`)?.dispatchEvent(new Event("change"));
      return say(t(levelOf(odd, draft.values[odd.name]).level === "unread" ? "field.unread" : "field.look_again", { title: odd.title }), "bad");
    }
    const left = missing(fields, draft.values);
    if (left.length) {
      const answer = await confirmIncomplete(left.map((field) => field.title));
      if (answer !== "incomplete") return focusOn(left[0]);
      incomplete = true;
    }
  }
  const wrong = sampleWrong(draft, task);
  if (wrong) return say(wrong, "bad");
  if (blocked(draft)) return say(t("gauge.blocked"), "bad");
  const button_ = document.getElementById("save") || document.getElementById("all-pass");
  if (button_) button_.disabled = true;
  try {
    if (draft.mode === "later") draft.typed_later = true;
    await keeping.now();
    const about = await save(draft, context, { incomplete });
    if (!about) return undefined;
    keeping.end();
    return saved(about);
  } catch (error) {
    console.error(error);
    return say(t(isFull(error) ? "storage.not_kept" : "save.failed"), "bad");
  } finally {
    if (button_) button_.disabled = false;
  }
}
