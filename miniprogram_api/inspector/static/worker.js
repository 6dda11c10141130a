// The service worker: the page opens without a network, in one version; and the queue goes up in the background where the platform can.

const SHELF = `phone-${KEPT.version}`;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELF).then((shelf) => shelf.addAll(KEPT.files.map((each) => new Request(each, { cache: "reload" })))));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("phone-") && ![SHELF, "phone-pictures"].includes(name);
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  const page = request.mode === "navigate" && url.pathname === "/phone/";
  if (!page && !KEPT.files.includes(url.pathname)) return;
  event.respondWith(caches.open(SHELF).then((shelf) => shelf.match(page ? "/phone/" : url.pathname)).then((held) => held || fetch(request)));
});

self.addEventListener("sync", (event) => {
  if (event.tag !== "deliver") return;
  event.waitUntil(deliverAll().then((outcome) => {
    if (outcome.failed && !outcome.signIn) throw new Error("try again");
  }));
});
