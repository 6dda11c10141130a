// A task goes to a colleague.

import { json } from "./api.js";
import { ask, askText, h, say } from "./dom.js";
import * as pack from "./pack.js";
import { go, state } from "./state.js";
import { t } from "./words.js";

export async function handOver(task) {
  const others = pack.day().colleagues.filter((each) => each.user_id !== state.session.id);
  if (!others.length) return say(t("hand_over.nobody"), "bad");
  const select = h("select", { class: "weui-select big-input", "aria-label": t("hand_over.to") }, others.map((each) => h("option", { value: each.user_id }, each.name)));
  if ((await ask(t("hand_over.to"), select, [[null, t("cancel")], ["yes", t("ok"), "primary"]])) !== "yes") return undefined;
  const remark = await askText(t("hand_over.remark"), { long: true });
  if (remark === null) return undefined;
  try {
    await json("/api/v1/phone/handovers", { method: "POST", body: { inspection_id: task.id, to_user_id: select.value, remark: remark || null } });
    say(t("hand_over.done"));
    await pack.refresh();
    go("#/");
  } catch (error) {
    say(error.status ? error.message : t("needs_network"), "bad");
  }
  return undefined;
}

// A task that a colleague handed to me goes back to everybody.
export async function decline(task) {
  const handed = pack.day().handovers.find((each) => each.inspection_id === task.id);
  if (!handed) return undefined;
  try {
    await json(`/api/v1/phone/handovers/${handed.id}`, { method: "DELETE" });
    await pack.refresh();
    go("#/");
    return undefined;
  } catch (error) {
    return say(error.status ? error.message : t("needs_network"), "bad");
  }
}

export const handedToMe = (task) => task?.handed_to?.to_user_id === state.session.id;
