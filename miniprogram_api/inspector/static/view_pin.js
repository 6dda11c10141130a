// Another PIN for one's badge: by the old one, or by the password where it is forgotten; at a terminal for the badge that is scanned.

import { json } from "./api.js";
import { h, say, show } from "./dom.js";
import { empty, head, notices } from "./frame.js";
import * as pack from "./pack.js";
import { badgeHere } from "./save.js";
import { go, state } from "./state.js";
import { t } from "./words.js";

// The badge: its id, and whose it is.
async function badge() {
  if (state.session.terminal) {
    const signer = await badgeHere();
    return signer && { id: signer.badge_id, name: signer.name };
  }
  const { items } = await json("/api/v1/badges");
  const own = items.find((each) => each.user_id === state.session.id);
  return own && { id: own.id, name: own.user_name, locked: own.locked };
}

export async function render() {
  let found = null;
  try {
    found = await badge();
  } catch (error) {
    say(error.status ? error.message : t("needs_network"), "bad");
    return go("#/me");
  }
  if (!found && state.session.terminal) return go("#/me");
  show(head(t("pin.title"), { back: "#/me", sub: found?.name }), h("main", {}, notices(), found ? form(found) : empty(t("pin.no_badge"), t("pin.no_badge_says"))));
  document.querySelector("form.pin input")?.focus();
  return undefined;
}

const digits = (id) => h("input", { class: "weui-input big-input", id, type: "password", inputmode: "numeric", maxlength: 6, autocomplete: "off", required: true });
const line = (text, input) => h("div", { class: "field" }, h("label", { class: "label", for: input.id }, text), input);

function form(found) {
  const [fresh, again] = [digits("new-pin"), digits("new-pin-again")];
  let byPassword = Boolean(found.locked), proof;
  const wrong = h("p", { class: "wrong", role: "alert", hidden: true });
  const place = h("div", {});
  const draw = () => {
    proof = byPassword ? h("input", { class: "weui-input big-input", id: "pin-password", type: "password", autocomplete: "current-password", required: true }) : digits("old-pin");
    place.replaceChildren(line(t(byPassword ? "pin.password" : "pin.old"), proof), state.session.terminal || found.locked ? "" : h("button", { type: "button", class: "link", onclick: () => { byPassword = !byPassword; draw(); } }, t(byPassword ? "pin.by_old" : "pin.by_password")));
  };
  draw();
  return h("form", { class: "pin", novalidate: true, onsubmit: (event) => { event.preventDefault(); change(found, { byPassword, proof, fresh, again, wrong }); } },
    found.locked ? h("p", { class: "notice warn" }, t("badge.locked")) : null,
    place, line(t("pin.new"), fresh), line(t("pin.again"), again), h("p", { class: "help" }, t("pin.says")), wrong,
    h("button", { type: "submit", class: "weui-btn weui-btn_primary large", id: "set-pin" }, t("pin.save")));
}

async function change(found, { byPassword, proof, fresh, again, wrong }) {
  const refuse = (text) => Object.assign(wrong, { textContent: text, hidden: false });
  wrong.hidden = true;
  if (![...(byPassword ? [] : [proof]), fresh].every((each) => /^\d{6}$/.test(each.value))) return refuse(t("pin.six"));
  if (fresh.value !== again.value) return refuse(t("pin.differ"));
  try {
    await json(`/api/v1/phone/badges/${found.id}/pin`, { method: "PUT", body: { pin: fresh.value, [byPassword ? "password" : "old_pin"]: proof.value } });
  } catch (error) {
    if (!error.status) return refuse(t("needs_network"));
    return refuse(error.problem.errors?.[0]?.text || error.message);
  }
  say(t("pin.done"), "good");
  await pack.refresh();
  return go("#/me");
}
