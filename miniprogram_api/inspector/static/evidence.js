// Photos of an entry: taken now by default; what was picked from the album says so.

import { h, icon, say } from "./dom.js";
import { addressOf, takePhoto } from "./photos.js";
import * as pack from "./pack.js";
import * as queue from "./queue.js";
import { clock, owner } from "./state.js";
import { forPhotos, isFull, room } from "./storage.js";
import { t } from "./words.js";

export function photoRow(draft, { itemId = null, changed = () => {} } = {}) {
  const shelf = h("div", { class: "photos" });
  const suffix = itemId || "entry";

  async function draw() {
    const photos = (await queue.photosOf(draft.entry_id)).filter((each) => (each.item_id || null) === itemId);
    const possible = forPhotos(await room());
    shelf.replaceChildren(...photos.map(thumb), ...(possible ? [picker("camera", true), picker("album", false)] : [h("p", { class: "wrong no-room" }, t("storage.no_photos"))]));
    shelf.dataset.count = photos.length;
    changed(photos.length);
  }

  function thumb(photo) {
    return h("figure", { class: "thumb" }, h("a", { href: addressOf(photo), target: "_blank" }, h("img", { src: addressOf(photo), alt: t("photo.of", { at: clock(photo.captured_at) }) })),
      h("figcaption", {}, clock(photo.captured_at), photo.live ? null : h("b", {}, t("photo.album_mark"))),
      h("button", { type: "button", class: "round", "aria-label": t("photo.remove"), onclick: async () => { await queue.dropPhoto(photo.id); draw(); } }, icon("close")));
  }

  function picker(name, live) {
    const id = `${name}-${suffix}`;
    const input = h("input", { type: "file", accept: "image/*", class: "hidden-file", id, capture: live ? "environment" : null, multiple: !live, onchange: async (event) => {
      const files = [...event.target.files];
      event.target.value = "";
      for (const file of files) await keepPhoto(draft, file, live, itemId);
      draw();
    } });
    return h("span", { class: `picker ${name}` }, input, h("label", { for: id, class: "weui-btn weui-btn_default" }, icon(name), t(`photo.${name}`)));
  }

  draw();
  return shelf;
}

export async function keepPhoto(draft, file, live, itemId = null) {
  try {
    const place = draft.task?.place_name || draft.lot?.place_name || pack.day()?.me?.place_name || null;
    await takePhoto(file, { entryId: draft.entry_id, itemId, lotId: draft.subject.lot_id, owner: owner(), place, live });
  } catch (error) {
    say(t(isFull(error) ? "storage.no_photos" : "photo.failed"), "bad");
  }
}
