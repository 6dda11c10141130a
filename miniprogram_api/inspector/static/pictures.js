// The picture of a product, kept on the phone once it was seen; its first character where there is none.

import { send } from "./api.js";
import { h } from "./dom.js";

const SHELF = "phone-pictures";

export function picture(lot) {
  const box = h("div", { class: "picture", "aria-hidden": "true" }, (lot?.product_name || "·").slice(0, 1));
  if (lot?.photo) load(lot.photo).then((address) => { if (address) box.replaceChildren(h("img", { src: address, alt: "" })); }, () => {});
  return box;
}

async function load(path) {
  const shelf = globalThis.caches ? await caches.open(SHELF) : null;
  let answer = await shelf?.match(path);
  if (!answer) {
    answer = await send(path);
    await shelf?.put(path, answer.clone());
  }
  return URL.createObjectURL(await answer.blob());
}

export const forgetPictures = () => globalThis.caches?.delete(SHELF);
