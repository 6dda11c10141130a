// What must outlive the process: one database on the phone. Everything that counts is written durably before the page says "saved".

const NAME = "quality-phone";
let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const db = request.result;
      db.createObjectStore("kept");
      db.createObjectStore("drafts", { keyPath: "entry_id" });
      db.createObjectStore("entries", { keyPath: "entry_id" }).createIndex("seq", "seq");
      db.createObjectStore("photos", { keyPath: "id" }).createIndex("entry_id", "entry_id");
      db.createObjectStore("sent", { keyPath: "entry_id" });
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => { request.result.close(); opened = null; };
      resolve(request.result);
    };
    request.onerror = () => { opened = null; reject(request.error); };
  });
  return opened;
}

// Runs `work` with the named stores; what it starts is committed together or not at all. Resolves after the commit.
export async function together(names, work, mode = "readwrite") {
  const db = await open();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(names, mode, { durability: "strict" });
    const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
    let result;
    transaction.oncomplete = () => resolve(result);
    transaction.onabort = () => reject(transaction.error || new Error("aborted"));
    Promise.resolve(work(stores)).then((value) => { result = value; }, (error) => {
      try { transaction.abort(); } catch { /* it has ended by itself */ }
      reject(error);
    });
  });
}

export function asked(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

const read = (name, work) => together([name], (stores) => work(stores[name]), "readonly");

export const get = (name, key) => read(name, (store) => asked(store.get(key)));
export const all = (name) => read(name, (store) => asked(store.getAll()));
export const put = (name, value) => together([name], (stores) => { stores[name].put(value); });
export const remove = (name, key) => together([name], (stores) => { stores[name].delete(key); });

export const kept = (key) => get("kept", key);
export const keep = (key, value) => together(["kept"], (stores) => { stores.kept.put(value, key); });
export const forget = (key) => remove("kept", key);

// A number that no other entry of this phone has, larger than all before.
export const nextSeq = () => together(["kept"], async ({ kept: store }) => {
  const seq = ((await asked(store.get("seq"))) || 0) + 1;
  store.put(seq, "seq");
  return seq;
});

// The name under which this installation is known; made once.
export const installation = () => together(["kept"], async ({ kept: store }) => {
  const known = await asked(store.get("installation"));
  if (known) return known;
  const made = crypto.randomUUID();
  store.put(made, "installation");
  return made;
});
