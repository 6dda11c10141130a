// One's own entries of a day; each can be looked at, and corrected with a reason. The original stays.

import { json } from "./api.js";
import { ask, askText, button, h, icon, say, show } from "./dom.js";
import * as db from "./db.js";
import { endedCard, ofDay, ownConflicts } from "./ended.js";
import { empty, head, notices, tabs, word } from "./frame.js";
import { begin } from "./open.js";
import * as pack from "./pack.js";
import { clock, dayOf, state, today } from "./state.js";
import { t } from "./words.js";

let day = null, listed = new Map();

export async function render() {
  day ??= today();
  const picker = h("input", { class: "weui-input big-input", type: "date", value: day, max: today(), "aria-label": t("history.day"), onchange: (event) => { day = event.target.value || today(); render(); } });
  let items = null;
  try {
    if (!state.session.terminal) ({ items } = await json(`/api/v1/phone/records?day=${day}`));
  } catch (error) {
    if (error.status && error.status !== 401) say(error.message, "bad");
  }
  const own = items || (await fromPhone());
  const conflicts = items ? ofDay(await ownConflicts(), day) : [];
  listed = new Map(own.map((each) => [each.record_id, each]));
  show(head(t("tab.history"), { sub: t("history.count", { count: own.length }) }),
    h("main", { class: "with-tabs" }, notices(), picker, items ? null : h("p", { class: "help" }, t(state.session.terminal ? "history.terminal" : "history.offline")),
      conflicts.length ? h("section", {}, h("h2", {}, t("conflicts.title")), h("div", { class: "rows" }, conflicts.map(endedCard))) : null,
      own.length ? h("div", { class: "rows" }, own.map(row)) : conflicts.length ? null : empty(t("history.empty"))), tabs("#/history"));
}

// Without a network: what this phone has sent itself.
async function fromPhone() {
  const sent = (await db.all("sent")).filter((each) => each.at && dayOf(each.at) === day);
  return sent.reverse().map((each) => ({ form_name: each.about.form, subject: each.about.title, captured_at: each.about.at, verdict: each.answers.at(-1)?.verdict, flags: each.answers.at(-1)?.flags || [], record_id: null }));
}

function row(item) {
  const verdict = item.verdict || "not_judged";
  return h("button", { type: "button", class: "row", disabled: !item.record_id, onclick: () => { location.hash = `#/record/${item.record_id}`; } },
    h("span", { class: `mark ${{ pass: "passed", fail: "rejected" }[verdict] || "waiting"}` }),
    h("span", { class: "row-text" }, h("b", {}, item.subject || item.form_name), h("small", {}, `${item.form_name} · ${t(`verdict.${verdict}`)}`),
      item.corrected_by ? h("small", { class: "flag" }, t("history.corrected")) : null, (item.flags || []).map((flag) => h("small", { class: "flag" }, word(`flag.${flag}`, flag)))),
    h("span", { class: "when" }, clock(item.captured_at)), item.record_id ? icon("forward") : null);
}

export async function renderRecord(id) {
  let record;
  try {
    record = await json(`/api/v1/records/${id}`);
  } catch (error) {
    say(error.status ? error.message : t("needs_network"), "bad");
    location.replace("#/history");
    return;
  }
  const form = pack.formOf(record.form_version_id) || pack.day()?.forms.find((each) => each.code === record.form_code);
  const values = Object.entries(record.values || {});
  const title = (name) => form?.fields?.[name]?.title || form?.schema.properties?.[name]?.title || name;
  show(head(record.form_name || form?.name || t("record.title"), { back: "#/history", sub: clock(record.captured_at) }),
    h("main", { class: "with-actions" }, notices(),
      h("p", { class: `bar ${{ pass: "passed", fail: "rejected" }[record.verdict] || "waiting"}` }, h("b", {}, t(`verdict.${record.verdict || "not_judged"}`))),
      h("dl", { class: "limits values" }, values.map(([name, value]) => h("div", {}, h("dt", {}, title(name)), h("dd", {}, typeof value === "object" ? JSON.stringify(value) : String(value))))),
      record.checked_by ? h("p", { class: "help" }, t("check.by", { name: record.checked_by })) : null,
      record.corrected_by ? h("p", { class: "help" }, t("history.corrected")) : null),
    h("footer", { class: "actions" }, record.wants_check && !record.checked_by ? button(t("check.title"), () => check(record), { class: "weui-btn weui-btn_default large", id: "check" }) : null, button(t("correct.title"), () => correct(record, form), { class: "weui-btn weui-btn_primary large", id: "correct", disabled: !form || Boolean(record.corrected_by) })));
}

const SUBJECTS = ["lot_id", "code", "device_id", "place_id", "supplier_id", "shipment_id", "working_day"];

async function correct(record, form) {
  const reason = await askText(t("correct.reason"), { long: true });
  if (!reason) return undefined;
  const about = { ...record, ...listed.get(record.id) };
  const name = SUBJECTS.find((each) => about[each] !== null && about[each] !== undefined);
  if (!name) return say(t("open.no_form"), "bad");
  const subject = { [name]: about[name] };
  return begin({ form, subject, lot: pack.lotOf(subject.lot_id), mode: "form", corrects: record.id, correction_reason: reason, original: record.values });
}

// Another person confirms it here and now, under his own name and password.
async function check(record) {
  const name = h("input", { class: "weui-input big-input", autocomplete: "off", autocapitalize: "none", placeholder: t("sign_in.username"), "aria-label": t("sign_in.username") });
  const word_ = h("input", { class: "weui-input big-input", type: "password", autocomplete: "off", placeholder: t("sign_in.password"), "aria-label": t("sign_in.password") });
  if ((await ask(t("check.says"), h("div", { class: "stack" }, name, word_), [[null, t("cancel")], ["yes", t("check.title"), "primary"]])) !== "yes") return;
  try {
    await json(`/api/v1/records/${record.id}/check`, { method: "POST", body: { username: name.value.trim(), password: word_.value } });
    say(t("check.done"), "good");
    renderRecord(record.id);
  } catch (error) {
    say(error.status ? error.message : t("needs_network"), "bad");
  }
}
