// What the entry decided of a quantity: the nonconforming pieces of a sample, or how much was accepted and rejected.

import { h } from "./dom.js";
import { t } from "./words.js";

export function inspectedFields(draft, task, change) {
  if (!task || task.quantity === null || task.quantity === undefined || draft.corrects) return null;
  return task.sampling ? sample(draft, task, change) : quantities(draft, task, change);
}

function number(draft, name, label, change, fallback = "") {
  return h("label", { class: "pair" }, h("span", {}, label), h("input", {
    class: "weui-input big-input", inputmode: "decimal", autocomplete: "off", name, placeholder: fallback, value: draft.inspected[name] ?? "",
    oninput: (event) => { draft.inspected[name] = event.target.value; change(); },
  }));
}

function sample(draft, task, change) {
  const { sampling } = task;
  draft.inspected.sample_size ??= String(sampling.sample_size);
  const shown = h("output", { class: "big" }, draft.inspected.defectives ?? "0");
  const step = (by) => {
    const next = Math.max(0, Math.min(Number(draft.inspected.sample_size) || 0, Number(draft.inspected.defectives || 0) + by));
    draft.inspected.defectives = String(next);
    shown.textContent = next;
    shown.classList.toggle("bad", next >= sampling.reject);
    change();
  };
  return h("fieldset", { class: "field sample" }, h("legend", {}, h("span", {}, t("sampling.title"))), h("p", { class: "limit" }, t(sampling.whole ? "sampling.whole" : "sampling.says", sampling)),
    number(draft, "sample_size", t("sampling.size"), change),
    h("div", { class: "pair" }, h("span", {}, t("sampling.defectives")), h("div", { class: "stepper" },
      h("button", { type: "button", class: "chip", "aria-label": t("sampling.less"), onclick: () => step(-1) }, "−"), shown,
      h("button", { type: "button", class: "chip", "aria-label": t("sampling.more"), onclick: () => step(1) }, "+"))));
}

function quantities(draft, task, change) {
  return h("details", { class: "field" }, h("summary", {}, t("quantity.title", { pending: task.pending, unit: task.unit || "" })), h("p", { class: "help" }, t("quantity.says")),
    number(draft, "accepted", t("quantity.accepted", { unit: task.unit || "" }), change), number(draft, "rejected", t("quantity.rejected", { unit: task.unit || "" }), change));
}

// What is wrong with the counts, in words, or null.
export function sampleWrong(draft, task) {
  if (!task?.sampling || !draft.inspected.sample_size) return null;
  const [size, bad] = [Number(draft.inspected.sample_size), Number(draft.inspected.defectives || 0)];
  if (!Number.isInteger(size) || size < 1) return t("sampling.size_wrong");
  if (["items", "grid"].includes(draft.mode)) return null;
  return bad > size ? t("sampling.too_many") : null;
}
