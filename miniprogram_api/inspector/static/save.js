// The end of an entry: looked at once more, signed where it must be, and durably on the phone.

import { ask, askText, say } from "./dom.js";
import { sign, signerOf, standingOf, tried, unlock } from "./badge.js";
import * as db from "./db.js";
import { entryOf, stamp } from "./entry.js";
import * as pack from "./pack.js";
import * as queue from "./queue.js";
import { scan } from "./scanner.js";
import { background, kick } from "./schedule.js";
import { owner, ownerName, reread, state } from "./state.js";
import { keepForGood } from "./storage.js";
import { t } from "./words.js";

const PIN = /^\d{4,12}$/;

// Whose badge is scanned here, or null.
export async function badgeHere() {
  const { signers } = pack.day();
  let signer = null;
  await scan(async (text) => {
    signer = await signerOf(text, signers || []);
    return signer ? { done: true } : { bad: true, text: t("badge.unknown") };
  }, { title: t("badge.scan") });
  return signer;
}

// Who signs here, with his key: null when he went back. On a phone of one's own nobody is asked.
async function signerHere() {
  const { rules } = pack.day();
  const signer = await badgeHere();
  if (!signer) return null;
  for (;;) {
    const { locked, wait } = await standingOf(signer, rules);
    if (locked || wait) {
      say(locked ? t("badge.locked") : t("badge.wait", { seconds: wait }), "bad");
      return null;
    }
    const pin = await askText(t("badge.pin", { name: signer.name }), { kind: "password", numeric: true });
    if (!pin) return null;
    const key = PIN.test(pin) ? await unlock(signer, state.session.id, pin) : null;
    await tried(signer, Boolean(key), rules, owner());
    if (key) return { signer, key };
    const { left } = await standingOf(signer, rules);
    say(left <= 3 ? t("badge.few_left", { count: left }) : t("badge.wrong_pin"), "bad");
    kick(); // a wrong PIN is told as soon as it can be
  }
}

// Keeps the entry: the title of what was saved, or null when the person went back.
export async function save(draft, context, { incomplete = false } = {}) {
  const { form, task, fields, title } = context;
  let lateReason = draft.late_reason || null;
  const late = form.late_after_minutes ?? pack.day().rules.late_after_minutes;
  if (!lateReason && late && draft.captured_at && Date.now() - Date.parse(draft.captured_at) > late * 60000) {
    lateReason = await askText(t("save.late_reason", { minutes: late }), { long: true });
    if (!lateReason) return null;
  }
  const signed = state.session.terminal ? await signerHere() : null;
  if (state.session.terminal && !signed) return null;
  draft.photos = draft.practice ? [] : await queue.photosOf(draft.entry_id); // practised pictures go nowhere
  const entry = entryOf(draft, { fields, task, seq: await db.nextSeq(), at: new Date(), incomplete, lateReason });
  const text = signed ? JSON.stringify(entry) : null;
  const sent = signed ? { text, signature: await sign(signed.signer, signed.key, text) } : { entry: null };
  const about = {
    title, form: form.name, lot_id: draft.subject.lot_id || null, signer: signed?.signer.name || ownerName(), at: stamp(new Date()), practice: draft.practice,
    draft: { ...draft, photos: [], problem: null }, photos: draft.photos.length,
  };
  await queue.saveEntry({ entry, sent, owner: owner(), about, photoIds: draft.photos.map((each) => each.id) });
  await reread();
  keepForGood();
  background();
  kick();
  return about;
}

export async function confirmIncomplete(names) {
  return ask(t("save.missing", { count: names.length }), names.join(t("comma")), [["incomplete", t("save.incomplete")], ["go_on", t("save.go_on"), "primary"]]);
}
