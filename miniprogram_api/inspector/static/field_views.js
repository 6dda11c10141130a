// One field of a form as an inspector meets it: large, its limits beside it, red at once, asked about once more.

import { h } from "./dom.js";
import { defects } from "./field_defects.js";
import { tidy } from "./limits.js";
import { broken, limitLine } from "./limit_words.js";
import { isBlank, levelOf } from "./schema.js";
import { t } from "./words.js";

export const shownValue = (field, value) => (Array.isArray(value) ? value.filter(Boolean).join(", ") : `${tidy(value)}${field.unit ? ` ${field.unit}` : ""}`);
export const confirmKey = (value) => JSON.stringify(value);

// Whether a value beyond its limits still waits for its second look.
export const unconfirmed = (field, draft) => levelOf(field, draft.values[field.name]).level === "out" && ["number", "counts"].includes(field.kind)
  && draft.confirmed[field.name] !== confirmKey(draft.values[field.name]);

// `change()` after every keystroke, `next(field)` when the field is done.
export function fieldView(field, draft, { change, next, original = undefined }) {
  const says = h("p", { class: "says", role: "status" });
  const id = `field-${field.name}`;
  let marked = null;
  const set = (value) => {
    draft.values[field.name] = value;
    mark(false);
    change();
  };
  const control = controls[field.kind]?.({ field, draft, set, id, done, mark }) || controls.text({ field, draft, set, id, done, mark });
  const box = h("fieldset", { class: `field kind-${field.kind}`, "data-field": field.name },
    h("legend", {}, h("span", {}, field.title), field.required ? h("em", {}, t("field.required")) : null),
    limitLine(field).map((line) => h("p", { class: "limit" }, line)), field.help ? h("p", { class: "help" }, field.help) : null,
    draft.problem ? problemsOf(field, draft) : null, control, original === undefined ? null : originalOf(field, original, set, () => redraw()), says);

  function mark(asking) {
    const { level, sets } = levelOf(field, draft.values[field.name]);
    const now = JSON.stringify([level, sets, asking, draft.values[field.name], draft.confirmed[field.name]]);
    if (now === marked) return; // what stands there may be under a finger
    marked = now;
    box.dataset.level = level;
    if (level === "out") says.replaceChildren(...second(sets, asking));
    else says.replaceChildren(level === "warn" ? t("field.warn") : level === "unread" && asking ? t("field.unread") : "");
  }

  function second(sets, asking) {
    const said = h("b", {}, sets[0] === "range" ? t("field.range") : broken(sets));
    if (!asking || !["number", "counts"].includes(field.kind)) return [said];
    const value = draft.values[field.name];
    if (draft.confirmed[field.name] === confirmKey(value)) return [said, h("span", { class: "confirmed" }, t("field.confirmed"))];
    return [said, h("div", { class: "second", role: "group", "aria-label": t("field.sure", { value: shownValue(field, value) }) },
      h("span", {}, t("field.sure", { value: shownValue(field, value) })),
      h("button", { type: "button", class: "weui-btn weui-btn_warn yes", onclick: () => { draft.confirmed[field.name] = confirmKey(value); mark(true); change(); next(field); } }, t("field.yes")),
      h("button", { type: "button", class: "weui-btn weui-btn_default no", onclick: () => { const input = box.querySelector("input"); input.focus(); input.select(); } }, t("field.no")))];
  }

  // The field was left, or Enter came: by a person, a scale or a calliper.
  function done(forward) {
    mark(true);
    if (forward && !unconfirmed(field, draft) && box.dataset.level !== "unread") next(field);
  }

  function redraw() {
    box.replaceWith(fieldView(field, draft, { change, next, original }));
  }

  mark(!isBlank(field, draft.values[field.name]));
  return box;
}

const problemsOf = (field, draft) => draft.problem.errors.filter((each) => each.field === field.name).map((each) => h("p", { class: "wrong" }, each.text));

function originalOf(field, value, set, redraw) {
  const shown = typeof value === "object" ? JSON.stringify(value) : String(value);
  return h("div", { class: "original" }, h("span", {}, t("correct.original", { value: shown })),
    h("button", { type: "button", class: "small-button", onclick: () => { set(field.kind === "counts" ? String(value).split(/[,，\s]+/) : value); redraw(); } }, t("correct.keep")));
}

function typedInput({ field, id, value, set, done, mode, label = null }) {
  return h("input", {
    class: "weui-input big-input", id, inputmode: mode, autocomplete: "off", enterkeyhint: "next", "aria-label": label || field.title, value: value ?? "",
    oninput: (event) => set(event.target.value), onchange: () => done(false),
    onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); done(true); } },
  });
}

const controls = {
  number({ field, draft, set, id, done }) {
    const input = typedInput({ field, id, value: draft.values[field.name], set, done, mode: field.whole ? "numeric" : "decimal" });
    const sets = ["legal", "customer", "internal", "warning"].map((name) => field.limits?.[name]).filter(Boolean);
    const below = sets.some((each) => [each.low, each.high].some((bound) => String(bound ?? "").startsWith("-"))) || field.node.minimum < 0;
    const put = (text) => { input.value = text; set(text); input.focus(); };
    return h("div", { class: "number-row" }, h("div", { class: "number-box" }, input, field.unit ? h("span", { class: "unit" }, field.unit) : null),
      below ? h("button", { type: "button", class: "chip", "aria-label": t("field.sign"), onclick: () => put(input.value.startsWith("-") ? input.value.slice(1) : `-${input.value}`) }, "±") : null,
      sets.some((each) => each.absent) ? h("button", { type: "button", class: "chip wide", onclick: () => { put("未检出"); done(true); } }, t("field.not_detected")) : null);
  },
  counts({ field, draft, set, id, done }) {
    const values = () => Array.from({ length: field.many }, (_, at) => draft.values[field.name]?.[at] ?? "");
    return h("div", { class: "counts" }, values().map((value, at) => typedInput({
      field, id: `${id}-${at}`, value, mode: "decimal", label: `${field.title} ${at + 1}`,
      set: (text) => { const all = values(); all[at] = text; set(all); },
      done: (forward) => { if (forward && at + 1 < field.many) document.getElementById(`${id}-${at + 1}`).focus(); else done(forward); },
    })), field.unit ? h("span", { class: "unit" }, field.unit) : null);
  },
  choice: (given) => choices(given, given.field.options),
  yes: (given) => choices(given, [{ value: true, label: t("yes") }, { value: false, label: t("no") }]),
  choices({ field, draft, set }) {
    const chosen = new Set(draft.values[field.name] || []);
    return h("div", { class: "choices" }, field.options.map(({ value, label }) => h("button", {
      type: "button", class: "choice", "aria-pressed": String(chosen.has(value)),
      onclick: (event) => { chosen.has(value) ? chosen.delete(value) : chosen.add(value); event.currentTarget.setAttribute("aria-pressed", String(chosen.has(value))); set([...chosen]); },
    }, label)));
  },
  defects: (given) => defects(given),
  long: ({ field, draft, set, id }) => h("textarea", { class: "weui-textarea big-input", id, rows: 3, "aria-label": field.title, value: draft.values[field.name] ?? "", oninput: (event) => set(event.target.value) }),
  list: ({ field, draft, set, id }) => h("textarea", {
    class: "weui-textarea big-input", id, rows: 3, "aria-label": field.title, value: (draft.values[field.name] || []).join("\n"),
    oninput: (event) => set(event.target.value.split("\n").map((line) => line.trim()).filter(Boolean)),
  }),
  date: (given) => dated(given, "date"),
  time: (given) => dated(given, "time"),
  "date-time": (given) => dated(given, "datetime-local"),
  text: ({ field, draft, set, id, done }) => typedInput({ field, id, value: draft.values[field.name], set, done, mode: "text" }),
};

const dated = ({ field, draft, set, id }, type) => h("input", { class: "weui-input big-input", id, type, "aria-label": field.title, value: draft.values[field.name] ?? "", onchange: (event) => set(event.target.value) });

function choices({ field, draft, set, done }, options) {
  const row = h("div", { class: `choices${options.length > 4 ? " tall" : ""}` });
  row.append(...options.map(({ value, label }) => h("button", {
    type: "button", class: "choice", "aria-pressed": String(draft.values[field.name] === value), "data-value": String(value),
    onclick: (event) => {
      for (const each of row.children) each.setAttribute("aria-pressed", "false");
      event.currentTarget.setAttribute("aria-pressed", "true");
      set(value);
      done(true);
    },
  }, label)));
  return row;
}
