// Samples × characteristics. Enter goes on to the next cell, whoever presses it: a thumb, a scale or a calliper.

import { ask, button, h, say, show } from "./dom.js";
import { photoRow } from "./evidence.js";
import { gaugeRow } from "./gauges.js";
import { fieldView, shownValue } from "./field_views.js";
import { head, notices, stateOf } from "./frame.js";
import { broken, limitLine } from "./limit_words.js";
import { isBlank, levelOf } from "./schema.js";
import { t } from "./words.js";

const MOST_ROWS = 50, FEWEST_ROWS = 5;

export async function gridView(draft, context, { keeping, finish }) {
  const { task, lot, title, fields, form } = context;
  const columns = fields.filter((field) => field.kind === "number"), others = fields.filter((field) => field.kind !== "number");
  const wanted = Math.min(MOST_ROWS, task?.sampling?.sample_size || FEWEST_ROWS);
  while (draft.rows.length < wanted) draft.rows.push(fresh());
  const body = h("tbody", {});
  const progress = h("p", { class: "help", id: "grid-progress" });

  function draw() {
    body.replaceChildren(...draft.rows.map((row, at) => h("tr", {}, h("th", { scope: "row" }, String(at + 1)), columns.map((field, column) => h("td", {}, cell(row, at, field, column))))));
    tell();
  }

  function cell(row, at, field, column) {
    const input = h("input", {
      class: "grid-cell", inputmode: "decimal", autocomplete: "off", enterkeyhint: "next", disabled: row.stored, "aria-label": t("grid.cell", { sample: at + 1, title: field.title }), value: row.values[field.name] ?? "", "data-cell": `${at}-${column}`,
      oninput: () => { row.values[field.name] = input.value; mark(); keeping.later(); },
      onkeydown: async (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        if (await looked()) forward(at, column);
      },
      onchange: () => looked(),
    });
    const mark = () => { input.dataset.level = levelOf(field, row.values[field.name]).level; row.bad = columns.some((each) => levelOf(each, row.values[each.name]).level === "out"); tell(); };
    let asking = null;
    const looked = () => (asking ??= look().finally(() => { asking = null; }));
    const look = async () => {
      const value = row.values[field.name], { level, sets } = levelOf(field, value);
      row.sure ??= {};
      if (level === "unread") return say(t("field.unread"), "bad") ?? false;
      if (level !== "out" || row.sure[field.name] === value) return true;
      const answer = await ask(t("field.sure", { value: shownValue(field, value) }), sets[0] === "range" ? t("field.range") : broken(sets), [["yes", t("field.yes"), "warn"], ["no", t("field.no"), "primary"]]);
      if (answer === "yes") {
        row.sure[field.name] = value;
        keeping.later();
        return true;
      }
      input.focus();
      input.select();
      return false;
    };
    mark();
    return input;
  }

  function forward(at, column) {
    const [nextAt, nextColumn] = column + 1 < columns.length ? [at, column + 1] : [at + 1, 0];
    const next = body.querySelector(`[data-cell="${nextAt}-${nextColumn}"]`);
    if (next) next.focus();
    else document.getElementById("save").focus();
    next?.scrollIntoView({ block: "center", inline: "nearest" });
  }

  const full = (row) => columns.every((field) => !isBlank(field, row.values[field.name]));

  function tell() {
    const done = draft.rows.filter(full).length, bad = draft.rows.filter((row) => row.bad).length;
    progress.textContent = t("grid.progress", { done, wanted: draft.rows.length, bad });
  }

  async function end() {
    const begun = draft.rows.filter((row) => columns.some((field) => !isBlank(field, row.values[field.name])));
    const short = begun.find((row) => !full(row));
    if (!begun.length || short) return say(t("grid.fill", { sample: draft.rows.indexOf(short || draft.rows[0]) + 1 }), "bad");
    const doubtful = begun.flatMap((row) => columns.map((field) => [row, field])).find(([row, field]) => levelOf(field, row.values[field.name]).level === "out" && row.sure?.[field.name] !== row.values[field.name]);
    if (doubtful) return body.querySelector(`[data-cell="${draft.rows.indexOf(doubtful[0])}-${columns.indexOf(doubtful[1])}"]`).dispatchEvent(new Event("change"));
    const blank = others.find((field) => field.required && isBlank(field, draft.values[field.name]));
    if (blank) return say(t("save.missing", { count: 1 }) + blank.title, "bad");
    if (task?.sampling && begun.length < task.sampling.sample_size && begun.length < MOST_ROWS) {
      const enough = await ask(t("grid.fewer", { done: begun.length, wanted: task.sampling.sample_size }), null, [["yes", t("entry.save"), "default"], [null, t("save.go_on"), "primary"]]);
      if (enough !== "yes") return undefined;
    }
    draft.rows = begun;
    draft.inspected = task?.sampling ? { sample_size: String(begun.length), defectives: String(begun.filter((row) => row.bad).length) } : {};
    return finish({ checked: false });
  }

  show(head(title, { back: "#/", sub: form.name }),
    h("main", { class: "with-actions" }, notices(), stateOf(lot), progress,
      h("div", { class: "grid-scroll", tabindex: "0", role: "region", "aria-label": t("entry.grid") }, h("table", { class: "grid" },
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("grid.sample")), columns.map((field) => h("th", { scope: "col" }, field.title, narrowest(field).map((line) => h("small", {}, line)))))), body)),
      h("button", { type: "button", class: "link", onclick: () => { draft.rows.push(fresh()); keeping.later(); draw(); } }, t("grid.more")),
      others.map((field) => fieldView(field, draft, { change: keeping.later, next: () => {} })), await gaugeRow(draft, fields, keeping.later),
      h("section", { class: "field" }, h("legend", {}, t("photo.title")), photoRow(draft))),
    h("footer", { class: "actions" }, button(t("entry.save"), end, { class: "weui-btn weui-btn_primary large", id: "save" })));
  draw();
  body.querySelector("input")?.focus();
}

// The limit nearest to the plant: what is judged by first.
const narrowest = (field) => limitLine({ ...field, limits: field.limits && { ...field.limits, warning: null } }).slice(-1);

const fresh = () => ({ entry_id: crypto.randomUUID(), values: {}, bad: false });
