// The scanner over the page. Every way in is open at once: the camera, a photo of the code, typing, a scanner that types.

import { button, h, icon, say } from "./dom.js";
import { byHost, readFrom, readPicture } from "./readers.js";
import { hit, refuse, wake } from "./signals.js";
import { drain, onWedge } from "./wedge.js";
import { t } from "./words.js";

// Asks for codes until `take` answers true (enough) or the person closes it. `take(text)` may say what it found: {done, text, bad}.
export async function scan(take, { title = t("scan.title") } = {}) {
  wake();
  const text = await byHost();
  if (text === null) return;
  if (text) {
    const told = await heard(take, text);
    if (told?.done) return;
  }
  await overlay(take, title);
}

async function heard(take, text) {
  const told = await take(text);
  if (told?.bad) refuse();
  else hit();
  return told;
}

function overlay(take, title) {
  return new Promise((resolve) => {
    let stream = null, open = true, busy = false;
    const news = h("p", { class: "scan-news", role: "status" }, t("scan.aim"));
    const video = h("video", { playsinline: true, muted: true, "aria-hidden": "true" });
    const typed = h("input", { class: "weui-input big-input", "aria-label": t("scan.typed"), placeholder: t("scan.typed"), autocomplete: "off", autocapitalize: "characters", enterkeyhint: "go" });
    const close = () => {
      open = false;
      stream?.getTracks().forEach((track) => track.stop());
      screen.remove();
      onWedge(before);
      resolve();
    };
    const got = async (text) => {
      if (busy || !text) return;
      busy = true;
      try {
        const told = await heard(take, text);
        if (told?.done) return close();
        news.textContent = told?.text || text;
        news.className = `scan-news ${told?.bad ? "bad" : "good"}`;
      } finally {
        busy = false;
      }
    };
    const photo = h("input", { type: "file", accept: "image/*", capture: "environment", class: "hidden-file", id: "scan-photo", onchange: async (event) => {
      const [file] = event.target.files;
      event.target.value = "";
      const text = file ? await readPicture(file).catch(() => null) : null;
      if (text) got(text);
      else say(t("scan.nothing_on_photo"), "bad");
    } });
    const form = h("form", { class: "scan-typed", onsubmit: (event) => { event.preventDefault(); got(typed.value.trim()); typed.value = ""; } },
      typed, h("button", { class: "weui-btn weui-btn_primary", type: "submit" }, t("ok")));
    const screen = h("div", { class: "scanner", role: "dialog", "aria-label": title },
      h("header", {}, h("h2", {}, title), button(icon("close"), close, { class: "round", "aria-label": t("close") })),
      h("div", { class: "view" }, video, h("div", { class: "frame" }), news),
      h("div", { class: "ways" }, form, photo, h("label", { class: "weui-btn weui-btn_default", for: "scan-photo" }, icon("camera"), t("scan.photo"))));
    screen.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
    document.getElementById("over").append(screen);
    const before = onWedge(got);
    watch(video, () => open, got).then((made) => { stream = made; if (!open) made?.getTracks().forEach((track) => track.stop()); }, () => {
      news.textContent = t("scan.no_camera");
      screen.classList.add("blind");
      if (!open) return;
      typed.value = drain(); // a scanner may be typing already
      typed.focus();
    });
  });
}

// Reads the camera for as long as it is wanted; the same code counts again only after it was out of sight.
async function watch(video, wanted, got) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: { ideal: "environment" } }, audio: false });
  video.srcObject = stream;
  await video.play();
  const canvas = document.createElement("canvas");
  let seen = null, gone = 0;
  const look = async () => {
    if (!wanted()) return;
    if (video.videoWidth && !document.hidden) {
      const text = await readFrom(video, video.videoWidth, video.videoHeight, canvas).catch(() => null);
      gone = text ? 0 : gone + 1;
      if (gone > 8) seen = null;
      if (text && text !== seen) {
        seen = text;
        await got(text);
      }
    }
    setTimeout(() => requestAnimationFrame(look), 80);
  };
  look();
  return stream;
}
