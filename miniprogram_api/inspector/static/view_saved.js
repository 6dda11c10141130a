// Saved: said at once, with the way to the next one.

import { button, h, icon, show } from "./dom.js";
import { head } from "./frame.js";
import { scanAny, takeText } from "./open.js";
import { hit } from "./signals.js";
import { online } from "./state.js";
import { onWedge } from "./wedge.js";
import { t } from "./words.js";

export function saved(about) {
  history.replaceState(null, "", "#/saved");
  hit();
  document.getElementById("said").replaceChildren(); // what was wrong with it is no longer
  show(
    head(t("saved.title"), { back: "#/" }),
    h("main", { class: "with-actions saved" }, h("div", { class: "big-check" }, icon("check")), h("h2", { id: "saved" }, t("saved.what", { title: about.title })),
      h("p", {}, [about.form, about.photos ? t("saved.photos", { count: about.photos }) : null].filter(Boolean).join(" · ")),
      h("p", { class: "help" }, about.practice ? t("saved.practice") : t(online() ? "saved.sending" : "saved.waits"))),
    h("footer", { class: "actions" }, h("div", { class: "two" },
      h("a", { class: "weui-btn weui-btn_default large", href: "#/" }, t("saved.today")),
      button([icon("scan"), t("saved.next")], scanAny, { class: "weui-btn weui-btn_primary large", id: "next" }))));
  onWedge(takeText);
}
