// An inspector records a check, with or without a network: what is due from the pack of the day on the phone, entries into the queue.

const { Refused } = require("./api");
const { broken, enteredOf, fieldsOf, limitsOf, missing, samplingOf } = require("./form");
const { sha256 } = require("./sha256");
const { newId } = require("./uuid");

const KEYS = ["due_today", "nothing_due", "save", "photo", "unsent", "send_now", "back", "sign_out", "refused_entries", "retry"];
const PACK = "pack";

module.exports = function makeEntryPage(house) {
  const { words, platform, session, queue, photos } = house;
  return {
    data: {
      due: [], chosen: null, fields: [], typed: {}, wrong: {}, message: "", unsent: 0, pictures: 0, problems: [],
      words: Object.fromEntries(KEYS.map((key) => [key, words(key)])),
    },
    async onLoad() {
      this.pictures = [];
      this.draw(platform.store.get(PACK));
      await this.refresh();
      await this.deliver();
    },
    onShow() {
      this.count();
    },
    /** The pack of the day; without a network the one on the phone, as long as it may be used. */
    async refresh() {
      try {
        const pack = await session.ask("GET", "/api/v1/phone/pack");
        platform.store.set(PACK, pack);
        session.heard();
        this.draw(pack);
        this.setData({ message: "" });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (error.status === 0 && session.isUnlocked()) this.setData({ message: words("working_offline") });
        else if (error.status === 0) this.setData({ message: words("locked"), due: [] });
        else this.setData({ message: error.text });
      }
    },
    draw(pack) {
      this.pack = pack;
      if (!pack) return;
      const lots = new Map(pack.lots.map((lot) => [lot.id, lot]));
      this.setData({
        due: pack.inspections.filter((each) => each.state !== "upcoming").map((each) => ({
          id: each.id, title: each.subject, plan: each.plan_name, late: each.state === "missed", state: (lots.get(each.lot_id) || {}).state || "",
        })),
      });
    },
    choose(event) {
      const inspection = this.pack.inspections.find((each) => each.id === event.currentTarget.dataset.id);
      const form = this.pack.forms.find((each) => each.id === inspection.form_version_id);
      const limits = limitsOf(this.pack, inspection, form, inspection.product_id);
      const fields = [...fieldsOf(form, limits), ...samplingOf(inspection, words)];
      this.inspection = inspection;
      this.pictures = [];
      this.setData({ chosen: { title: inspection.subject, plan: inspection.plan_name }, fields, typed: {}, wrong: {}, pictures: 0, message: "" });
    },
    typed(event) {
      const { name } = event.currentTarget.dataset;
      const field = this.data.fields.find((each) => each.name === name);
      const value = field.kind === "option" ? field.options[Number(event.detail.value)] : event.detail.value;
      const set = broken(field, String(value));
      this.setData({
        typed: { ...this.data.typed, [name]: value },
        wrong: { ...this.data.wrong, [name]: set ? words(`outside_${set}`) : "" },
      });
    },
    async picture() {
      const picture = await platform.picture();
      if (!picture) return;
      this.pictures.push({ ...picture, captured_at: new Date().toISOString() });
      this.setData({ pictures: this.pictures.length });
    },
    async save() {
      const empty = missing(this.data.fields, this.data.typed);
      if (empty.length) {
        this.setData({ wrong: { ...this.data.wrong, ...Object.fromEntries(empty.map((name) => [name, words("required")])) }, message: words("fill_in") });
        return;
      }
      const entryId = await newId(platform.random);
      const photoIds = [];
      for (const picture of this.pictures) {
        const id = await newId(platform.random);
        const digest = sha256(await platform.files.part(picture.path, 0, picture.size));
        photos.add({ id, path: picture.path, size_bytes: picture.size, sha256: digest, entry_id: entryId, captured_at: picture.captured_at });
        photoIds.push(id);
      }
      queue.add(this.entryOf(entryId, photoIds));
      this.pictures = [];
      this.setData({ chosen: null, typed: {}, pictures: 0, message: words("saved_here"), due: this.data.due.filter((each) => each.id !== this.inspection.id) });
      this.count();
      await this.deliver();
    },
    entryOf(entryId, photoIds) {
      const task = this.inspection;
      const entry = {
        entry_id: entryId, captured_at: new Date().toISOString(), form_version_id: task.form_version_id, inspection_id: task.id,
        ...enteredOf(this.data.fields, this.data.typed), photo_ids: photoIds,
      };
      for (const subject of ["lot_id", "device_id", "place_id", "shipment_id", "working_day"]) {
        if (task[subject]) return { ...entry, [subject]: task[subject] };
      }
      return entry;
    },
    async deliver() {
      const entries = await queue.flush();
      if (!entries.away) {
        await photos.flush();
        if (entries.sent) this.setData({ message: words("delivered", { count: entries.sent }) });
      }
      this.count();
    },
    count() {
      const { waiting, refused, conflict } = queue.counts();
      this.setData({
        unsent: waiting + photos.waiting(),
        problems: refused + conflict ? queue.all().filter((each) => each.state !== "waiting").map((each) => ({
          id: each.entry.entry_id, text: each.problem ? each.problem.text : words("being_looked_at"),
        })) : [],
      });
    },
    goBack() {
      this.setData({ chosen: null });
    },
    async signOut() {
      if (this.data.unsent && !(await platform.confirm(words("unsent_warning", { count: this.data.unsent })))) return;
      session.signOut();
      platform.replace("/pages/scan/scan");
    },
  };
};
