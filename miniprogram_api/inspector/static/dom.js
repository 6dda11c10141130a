// Elements from data, never from text with markup in it; and the few ways of saying something.

import { onWedge } from "./wedge.js";
import { t } from "./words.js";

export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function button(label, act, props = {}) {
  return h("button", { type: "button", class: "weui-btn weui-btn_default", ...props, onclick: act }, label);
}

const PICTURES = {
  scan: "M3 8V5a2 2 0 0 1 2-2h3M16 3h3a2 2 0 0 1 2 2v3M21 16v3a2 2 0 0 1-2 2h-3M8 21H5a2 2 0 0 1-2-2v-3M7 12h10",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  send: "M12 19V6M6 11l6-6 6 6M5 21h14",
  clock: "M12 7v5l3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM5 20c1-4 4-5 7-5s6 1 7 5",
  back: "M15 5l-7 7 7 7",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 17a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z",
  check: "M5 12.5l4.5 4.5L19 7.5",
  alert: "M12 8v5M12 16.5h.01M12 3 2.5 20h19Z",
  close: "M6 6l12 12M18 6 6 18",
  grid: "M4 4h16v16H4zM4 10h16M4 15h16M10 4v16M15 4v16",
  forward: "M9 5l7 7-7 7",
  album: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4",
};

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PICTURES[name]);
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" })) svg.setAttribute(key, value);
  svg.append(path);
  return svg;
}

export function show(...nodes) {
  const app = document.getElementById("app");
  onWedge(null); // the new screen says who takes what a scanner types
  app.replaceChildren(...nodes.filter(Boolean));
  app.removeAttribute("aria-busy");
  window.scrollTo(0, 0);
}

let silence;

export function say(text, kind = "plain") {
  const place = document.getElementById("said");
  place.replaceChildren(h("p", { class: `said ${kind}` }, text));
  clearTimeout(silence);
  silence = setTimeout(() => place.replaceChildren(), 4000);
}

// A question over the page: resolves with the value of the answer that was tapped, or null when dismissed. A `body` that is a function
// is given the way to answer.
export function ask(title, body, answers) {
  return new Promise((resolve) => {
    const over = document.getElementById("over");
    const before = document.activeElement;
    const done = (value) => {
      over.replaceChildren();
      if (before && before.isConnected) before.focus();
      resolve(value);
    };
    const choices = answers.map(([value, label, kind]) =>
      button(label, () => done(value), { class: `weui-btn weui-btn_${kind || "default"}`, "data-answer": String(value) }));
    const box = h("div", { class: "ask", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "ask-title" },
      h("h2", { id: "ask-title" }, title), body ? h("div", { class: "ask-body" }, typeof body === "function" ? body(done) : body) : null, h("div", { class: "ask-answers" }, choices));
    box.addEventListener("keydown", (event) => { if (event.key === "Escape") done(null); });
    over.replaceChildren(h("div", { class: "shade", onclick: (event) => { if (event.target === event.currentTarget) done(null); } }, box));
    (choices.at(-1) || box).focus();
  });
}

// A line to type in, asked for over the page: the text, or null.
export async function askText(title, { label, value = "", kind = "text", long = false, numeric = false } = {}) {
  const input = h(long ? "textarea" : "input", {
    class: "weui-input big-input", "aria-label": label || title, type: long ? null : kind, rows: long ? 3 : null, inputmode: numeric ? "numeric" : null,
    autocomplete: "off", value,
  });
  const asked = ask(title, input, [[null, t("cancel")], ["yes", t("ok"), "primary"]]);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !long) document.querySelector("#over [data-answer=yes]").click();
  });
  input.focus();
  return (await asked) === "yes" ? input.value.trim() : null;
}
