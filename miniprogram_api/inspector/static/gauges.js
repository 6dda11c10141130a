// Which gauges were used: one tap each, the ones of last time first. An overdue one is marked, or refused where the plant says so.

import { h } from "./dom.js";
import * as db from "./db.js";
import * as pack from "./pack.js";
import { t } from "./words.js";

const SOUND = "valid";

export const overdue = (gauge) => gauge.calibration !== SOUND && gauge.calibration !== "none";
export const blocked = (draft) => pack.day().rules.gauge_overdue === "block" && chosen(draft).some(overdue);
const chosen = (draft) => (pack.day().gauges || []).filter((each) => draft.gauge_ids.includes(each.id));

export async function gaugeRow(draft, fields, change) {
  const gauges = pack.day().gauges || [];
  if (!gauges.length || !fields.some((field) => field.measured)) return null;
  const used = new Set((await db.kept(`gauges:${draft.form.form_id}`)) || []);
  const [first, rest] = [gauges.filter((each) => used.has(each.id)), gauges.filter((each) => !used.has(each.id))];
  const chips = [...first, ...rest].map((each) => chip(each));
  return h("fieldset", { class: "field gauges" }, h("legend", {}, h("span", {}, t("gauge.title"))), h("div", { class: "choices tall" }, chips));

  function chip(gauge) {
    const late = overdue(gauge);
    return h("button", {
      type: "button", class: `choice${late ? " overdue" : ""}`, "aria-pressed": String(draft.gauge_ids.includes(gauge.id)), disabled: late && pack.day().rules.gauge_overdue === "block",
      onclick: (event) => {
        const has = draft.gauge_ids.includes(gauge.id);
        draft.gauge_ids = has ? draft.gauge_ids.filter((id) => id !== gauge.id) : [...draft.gauge_ids, gauge.id];
        event.currentTarget.setAttribute("aria-pressed", String(!has));
        db.keep(`gauges:${draft.form.form_id}`, draft.gauge_ids);
        change();
      },
    }, `${gauge.name} ${gauge.code}`, late ? h("small", {}, t(`gauge.${gauge.calibration}`, { on: gauge.due_on || "" })) : null);
  }
}
