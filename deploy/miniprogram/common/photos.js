// Photos that wait: announced by an id of the phone's own, sent in parts, going on where they stopped. `files.part(path, from, length)`
// gives a promise of an ArrayBuffer.

const { Refused } = require("./api");

const NAME = "photos";
const PART = 256 * 1024;

function makePhotos(store, api, files, token) {
  const read = () => store.get(NAME) || [];
  const forget = (id) => store.set(NAME, read().filter((each) => each.id !== id));

  const add = (photo) => store.set(NAME, [...read().filter((each) => each.id !== photo.id), photo]);

  /** One photo: {id, path, size_bytes, sha256, entry_id, captured_at, …}; `by`: the key of whom it is delivered for. */
  async function send(photo) {
    const { path, by, ...announced } = photo;
    const mine = by || token();
    let at = await api.post("/api/v1/phone/photos", { ...announced, live: true }, { token: mine });
    while (!at.complete) {
      const body = await files.part(path, at.offset, Math.min(PART, photo.size_bytes - at.offset));
      const headers = { "Upload-Offset": String(at.offset), "Content-Type": "application/offset+octet-stream" };
      try {
        await api.post(`/api/v1/phone/photos/${photo.id}/parts`, body, { headers, token: mine });
      } catch (error) {
        if (!(error instanceof Refused) || error.code !== "photo_offset") throw error;
      }
      const now = await api.get(`/api/v1/phone/photos/${photo.id}`, { token: mine });
      if (now.offset <= at.offset && !now.complete) throw new Refused(0, {}); // it does not move: later
      at = now;
    }
  }

  /** All that wait; how many are left. A photo stays until the server has all of it. */
  async function flush() {
    for (const photo of read().filter((each) => !each.problem)) {
      try {
        await send(photo);
      } catch (error) {
        if (error instanceof Refused && error.again) break;
        if (!(error instanceof Refused)) throw error;
        store.set(NAME, read().map((each) => (each.id === photo.id ? { ...each, problem: error.text || error.code } : each)));
        continue; // refused for good: it stays, to be seen
      }
      forget(photo.id);
      await files.forget(photo.path);
    }
    return read().length;
  }

  async function drop(id) {
    const gone = read().find((each) => each.id === id);
    forget(id);
    if (gone) await files.forget(gone.path);
  }

  return { add, drop, flush, waiting: () => read().length, refused: () => read().filter((each) => each.problem) };
}

module.exports = { makePhotos, PART };
