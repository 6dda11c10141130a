// Defects from a list, each with its size: one row each.

import { h, icon } from "./dom.js";
import { t } from "./words.js";

export function defects({ field, draft, set }) {
  const known = field.node.items?.properties || {};
  const names = known.defect?.enum || [];
  const rows = () => draft.values[field.name] || [];
  const list = h("div", { class: "defects" });

  function draw() {
    list.replaceChildren(...rows().map(row), adder());
  }

  function update(index, more) {
    set(rows().map((each, at) => (at === index ? { ...each, ...more } : each)));
  }

  function row(given, index) {
    return h("div", { class: "defect" }, h("b", {}, given.defect),
      known.size ? h("input", { class: "weui-input big-input", inputmode: "decimal", placeholder: t("defect.size"), "aria-label": `${given.defect} ${t("defect.size")}`, value: given.size ?? "", oninput: (event) => update(index, { size: event.target.value }) }) : null,
      known.unit ? h("span", { class: "unit" }, given.unit || unit()) : null,
      h("button", { type: "button", class: "round", "aria-label": t("defect.remove", { name: given.defect }), onclick: () => { set(rows().filter((_, at) => at !== index)); draw(); } }, icon("close")));
  }

  const unit = () => known.unit?.enum?.[0] || field.unit || "mm";

  function adder() {
    return h("div", { class: "choices tall" }, names.map((name) => h("button", {
      type: "button", class: "choice add",
      onclick: () => { set([...rows(), { defect: name, size: "", ...(known.unit ? { unit: unit() } : {}) }]); draw(); list.querySelector(".defect:nth-last-child(2) input")?.focus(); },
    }, `+ ${name}`)));
  }

  draw();
  return list;
}
