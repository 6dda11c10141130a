// The page begins here: what it knows is read from the phone first, the network is asked afterwards.

import * as conflicts from "./view_conflicts.js";
import * as entry from "./view_entry.js";
import * as history_ from "./view_history.js";
import * as me from "./view_me.js";
import * as pin from "./view_pin.js";
import * as queueView from "./view_queue.js";
import * as signIn from "./view_sign_in.js";
import * as today from "./view_today.js";
import * as db from "./db.js";
import { fingerUp } from "./finger.js";
import { notices, unsent } from "./frame.js";
import * as pack from "./pack.js";
import * as queue from "./queue.js";
import * as schedule from "./schedule.js";
import { reread, state } from "./state.js";
import { keepForGood, settleRoom } from "./storage.js";
import { listen } from "./wedge.js";
import { chooseLanguage, language } from "./words.js";

const ROUTES = [
  [/^#\/entry\/([\w-]+)$/, entry.render], [/^#\/record\/([\w-]+)$/, history_.renderRecord], [/^#\/queue$/, queueView.render], [/^#\/history$/, history_.render],
  [/^#\/me$/, me.render], [/^#\/pin$/, pin.render], [/^#\/conflicts$/, conflicts.render], [/^#\/sign-in$/, signIn.render], [/^(#\/)?$/, today.render],
];

let drawing = false, again = false;

// One after the other, so that a slow one never covers what was asked for later.
async function draw() {
  again = true;
  if (drawing) return;
  drawing = true;
  try {
    while (again) {
      again = false;
      await drawOnce();
    }
  } finally {
    drawing = false;
  }
}

async function drawOnce() {
  document.getElementById("over").replaceChildren();
  await reread();
  await fingerUp();
  const hash = location.hash || "#/";
  if (hash === "#/saved") return;
  if (!state.session || (await pack.locked())) return signIn.render();
  const [, view, found] = ROUTES.map(([pattern, render]) => [pattern, render, hash.match(pattern)]).find(([, , match]) => match) || [null, today.render, []];
  await view(found[1]);
}

// A change of the queue touches the count wherever one is, and the lists where nothing is being typed.
async function recount() {
  await reread();
  await fingerUp();
  document.getElementById("unsent")?.replaceWith(unsent());
  document.querySelector(".notices")?.replaceWith(notices() || "");
  if (queueView.shown()) queueView.render();
}

const calm = () => ["", "#/", "#/queue"].includes(location.hash) && !document.querySelector("#over > *, .sign-in") && !document.activeElement?.matches("input, textarea");

function register() {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register("/phone/worker.js", { scope: "/phone/", type: "module" }).then((registration) => {
    const waiting = () => {
      if (!registration.waiting || !navigator.serviceWorker.controller) return;
      state.update = () => registration.waiting.postMessage("take over");
      if (calm()) draw();
    };
    registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", waiting));
    waiting();
  }, () => {});
  navigator.serviceWorker.ready.then(() => { state.offlineReady = true; document.body.dataset.offline = "ready"; });
  let had = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.addEventListener("controllerchange", () => { if (had) location.reload(); had = true; });
}

async function begin() {
  chooseLanguage();
  listen();
  register();
  await db.keep("language", language);
  const invitation = location.hash.match(/^#invitation=([\w.-]+)$/); // out of the address at once: it is good for one binding
  if (invitation) {
    await db.keep("invitation", invitation[1]);
    history.replaceState(null, "", "/phone/#/sign-in");
  }
  if (new URLSearchParams(location.search).has("state")) history.replaceState(null, "", `${location.search}#/sign-in`); // back from the app around
  await pack.load();
  await queue.forgetOld();
  await draw();
  keepForGood();
  settleRoom();
  window.addEventListener("hashchange", draw);
  queue.onChange(recount);
  schedule.start(() => { if (calm()) draw(); else recount(); });
  await schedule.refreshDay(() => { if (calm()) draw(); });
}

begin();
