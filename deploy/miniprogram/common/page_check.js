// One entry: what it is and what holds for it; all pass, or the form; photos first and numbers later; many items, one check; a grid of
// samples. A value beyond a limit is red at once and asks for a second look. At a shared terminal badge and PIN sign it.

const { entryOf, stamp } = require("./entry");
const { levelOf, limitLines, remark, shownValue, unconfirmed } = require("./levels");
const { allPass, fieldsOf, isBlank, missing } = require("./schema");
const { sha256 } = require("./sha256");
const { newId } = require("./uuid");

const P = "inspector_page.";
const KEYS = [
  "entry.all_pass", "entry.exception", "entry.save", "entry.rest_pass", "entry.evidence_first", "entry.many", "entry.grid", "entry.discard", "entry.signed_by_badge", "entry.second_check",
  "later.says", "later.put_aside", "field.yes", "field.no", "field.not_detected", "field.sign", "gauge.title", "sampling.size", "sampling.defectives", "items.says", "items.scan", "items.save",
  "items.remove", "items.exception", "items.pass", "grid.sample", "grid.more", "photo.title", "photo.camera", "photo.remove", "save.incomplete", "ok", "badge.scan", "defect.size", "yes", "no", "quantity.says",
];
const MOST_ROWS = 50;
const FEWEST_ROWS = 5;
const LISTED = ["number", "counts", "choice", "choices", "yes", "defects"];

module.exports = function makeCheckPage(house) {
  const { words, platform, session, queue, photos, day, drafts, badges } = house;
  const says = (name, params) => words(P + name, params);
  return {
    data: { words: house.said(P, KEYS), mode: "glance", title: "", sub: "", fields: [], gauges: [], rows: [], grid: { columns: [], rows: [] }, pictures: [], asking: null, message: "", pin: null, short: "", late: "", lateReason: "" },
    onLoad(options) {
      const draft = drafts.get(options.id);
      if (!draft) return platform.back();
      this.draft = draft;
      this.fields = fieldsOf(draft.form, draft.limits, house.language);
      this.target = draft; // whose values the form shows: the entry's, or one item's
      const { task, lot, form } = draft;
      this.setData({
        title: draft.subject.code || (lot || {}).lot_no || (task || {}).subject || form.name, sub: (lot || {}).product_name || form.name, plan: task ? task.plan_name : form.name,
        state: lot ? says(`state.${lot.state}`) : "", stateName: lot ? lot.state : "", sampling: task && task.sampling ? says(task.sampling.whole ? "sampling.whole" : "sampling.says", task.sampling) : "",
        limits: this.fields.map((field) => ({ title: field.title, lines: limitLines(field, words) })).filter((each) => each.lines.length),
        many: Boolean(draft.subject.lot_id) && allPass(this.fields, {}).left.length === 0, canGrid: this.fields.some((field) => field.kind === "number") && Boolean(draft.subject.lot_id || draft.subject.code),
        terminal: Boolean((session.read() || {}).terminal), secondCheck: Boolean(form.second_check), counts: Boolean(task && task.sampling), quantities: Boolean(task && !task.sampling && task.quantity !== null && task.quantity !== undefined),
        quantityTitle: task && task.quantity ? says("quantity.title", { pending: task.pending, unit: task.unit || "" }) : "", acceptedTitle: says("quantity.accepted", { unit: (task || {}).unit || "" }), rejectedTitle: says("quantity.rejected", { unit: (task || {}).unit || "" }),
      });
      const { problem } = draft;
      const again = ["items", "grid"].includes(draft.mode) ? draft.mode : "form";
      return this.turn(problem ? again : draft.typed_later ? "later" : draft.mode, problem ? [problem.text, ...problem.errors.map((each) => each.text)].filter((line, at, all) => line && all.indexOf(line) === at).join("\n") : "");
    },
    turn(mode, message = "") {
      const { draft } = this;
      draft.mode = mode;
      this.target = draft;
      if (mode === "items") draft.values = allPass(this.fields, draft.values).values;
      if (mode === "grid") this.fillGrid();
      if (draft.task && draft.task.sampling && draft.inspected.sample_size === undefined) draft.inspected.sample_size = String(draft.task.sampling.sample_size);
      this.keep();
      this.setData({ mode, message, asking: null, short: "" });
      this.draw();
    },
    toForm() { this.turn("form"); },
    toLater() { this.turn("later"); },
    toItems() { this.turn("items"); },
    toGrid() { this.turn("grid"); },
    keep() {
      drafts.keep(this.draft);
    },
    draw() {
      const { draft } = this;
      this.setData({
        fields: this.fields.map((field) => this.drawn(field)), gauges: this.gauges(), inspected: { ...draft.inspected },
        pictures: draft.photos.filter((each) => (each.item_id || null) === (this.target === draft ? null : this.target.entry_id)).map(({ id, path }) => ({ id, path })),
        rows: draft.mode === "items" ? draft.rows.map(({ entry_id: id, name, bad, stored }) => ({ id, name, bad, stored: Boolean(stored) })) : [], count: says("items.count", { count: draft.rows.length, bad: draft.rows.filter((row) => row.bad).length }),
        grid: draft.mode === "grid" ? this.drawnGrid() : { columns: [], rows: [] }, item: this.target === draft ? "" : this.target.name,
      });
    },
    drawn(field) {
      const value = this.target.values[field.name];
      const level = levelOf(field, value);
      const error = this.target === this.draft && this.draft.problem ? this.draft.problem.errors.filter((each) => each.field === field.name).map((each) => each.text).join(" ") : "";
      const chosen = (each) => (Array.isArray(value) ? value.includes(each) : value === each);
      const { title, unit, help, required, kind, name } = field;
      return {
        name, kind: LISTED.includes(kind) ? kind : "text", title, unit, help, required, lines: limitLines(field, words), level: level.level, said: error || remark(level, words), asking: "",
        value: Array.isArray(value) || value === undefined ? "" : value, many: Array.from({ length: kind === "counts" ? field.many : 0 }, (_, at) => (value || [])[at] || ""),
        options: field.options.map((each) => ({ ...each, chosen: chosen(each.value) })), defects: kind === "defects" ? value || [] : [], known: kind === "defects" ? field.node.items.properties.defect.enum : [],
        signed: ["legal", "customer", "internal", "warning"].some((set) => [((field.limits || {})[set] || {}).low, ((field.limits || {})[set] || {}).high].some((bound) => String(bound).startsWith("-"))),
        absent: ["legal", "customer", "internal"].some((set) => ((field.limits || {})[set] || {}).absent), on: value === true, off: value === false,
      };
    },
    field(event) {
      return this.fields.find((each) => each.name === event.currentTarget.dataset.name);
    },
    put(field, value) {
      this.target.values = { ...this.target.values, [field.name]: value };
      this.itemChanged();
      this.keep();
      this.mark(field);
    },
    /** Only what stands beside the field: what is being typed stays as it is. */
    mark(field, asking = "") {
      const at = this.fields.indexOf(field);
      const level = levelOf(field, this.target.values[field.name]);
      this.setData({ [`fields[${at}].level`]: level.level, [`fields[${at}].said`]: remark(level, words), [`fields[${at}].asking`]: asking });
    },
    typed(event) {
      const field = this.field(event);
      const { at } = event.currentTarget.dataset;
      if (field.kind !== "counts") return this.put(field, event.detail.value);
      const all = Array.from({ length: field.many }, (_, place) => (this.target.values[field.name] || [])[place] || "");
      all[Number(at)] = event.detail.value;
      return this.put(field, all);
    },
    /** The field was left, or a scale ended its number: red asks for a second look. */
    left(event) {
      const field = this.field(event);
      const value = this.target.values[field.name];
      if (unconfirmed(field, value, this.confirmed()[field.name])) this.mark(field, says("field.sure", { value: shownValue(field, value) }));
    },
    confirmed() {
      this.target.confirmed = this.target.confirmed || {};
      return this.target.confirmed;
    },
    sure(event) {
      const field = this.field(event);
      this.confirmed()[field.name] = JSON.stringify(this.target.values[field.name]);
      this.keep();
      this.mark(field);
    },
    notSure(event) {
      this.setData({ focus: event.currentTarget.dataset.name });
      this.mark(this.field(event));
    },
    /** One of a list, several of a list, yes or no. */
    pick(event) {
      const field = this.field(event);
      const { value } = event.currentTarget.dataset;
      if (field.kind === "choices") {
        const before = this.target.values[field.name] || [];
        this.put(field, before.includes(value) ? before.filter((each) => each !== value) : [...before, value]);
      } else this.put(field, field.kind === "yes" ? value === "yes" : value);
      this.draw();
    },
    notDetected(event) {
      this.put(this.field(event), "未检出");
      this.draw();
    },
    turnSign(event) {
      const field = this.field(event);
      const text = String(this.target.values[field.name] || "");
      this.put(field, text.startsWith("-") ? text.slice(1) : `-${text}`);
      this.draw();
    },
    addDefect(event) {
      const field = this.field(event);
      const known = field.node.items.properties;
      const unit = known.unit ? { unit: (known.unit.enum || [])[0] || field.unit || "mm" } : {};
      this.put(field, [...(this.target.values[field.name] || []), { defect: event.currentTarget.dataset.defect, size: "", ...unit }]);
      this.draw();
    },
    sizeDefect(event) {
      const at = Number(event.currentTarget.dataset.at);
      const field = this.field(event);
      this.put(field, this.target.values[field.name].map((each, place) => (place === at ? { ...each, size: event.detail.value } : each)));
    },
    dropDefect(event) {
      const at = Number(event.currentTarget.dataset.at);
      const field = this.field(event);
      this.put(field, this.target.values[field.name].filter((_, place) => place !== at));
      this.draw();
    },
    restPass() {
      this.target.values = allPass(this.fields, this.target.values).values;
      this.keep();
      this.draw();
    },
    /** Overdue gauges are marked, or refused where the plant says so. */
    gauges() {
      const pack = day.pack() || {};
      if (!this.fields.some((field) => field.measured)) return [];
      return (pack.gauges || []).map((each) => {
        const late = isOverdue(each);
        return { id: each.id, text: `${each.name} ${each.code}`, said: late ? says(`gauge.${each.calibration}`, { on: each.due_on || "" }) : "", late, blocked: late && pack.rules.gauge_overdue === "block", chosen: this.draft.gauge_ids.includes(each.id) };
      });
    },
    gauge(event) {
      const { id } = event.currentTarget.dataset;
      const { gauge_ids: before } = this.draft;
      const shown = this.data.gauges.find((each) => each.id === id);
      if (shown.blocked && !shown.chosen) {
        this.setData({ message: says("gauge.blocked") });
        return;
      }
      this.draft.gauge_ids = before.includes(id) ? before.filter((each) => each !== id) : [...before, id];
      this.keep();
      this.draw();
    },
    counted(event) {
      this.draft.inspected[event.currentTarget.dataset.name] = event.detail.value;
      this.keep();
    },
    async picture() {
      const picture = await platform.picture();
      if (!picture) return;
      const item = this.target === this.draft ? null : this.target.entry_id;
      this.draft.photos.push({ ...picture, id: await newId(platform.random), item_id: item, captured_at: stamp(new Date()) });
      this.keep();
      this.draw();
    },
    async dropPicture(event) {
      const { id } = event.currentTarget.dataset;
      const gone = this.draft.photos.find((each) => each.id === id);
      this.draft.photos = this.draft.photos.filter((each) => each !== gone);
      this.keep();
      this.draw();
      if (!gone.kept) await platform.files.forget(gone.path);
    },
    /** Photos now, numbers later: the moment of the photos is the moment of the entry. */
    putAside() {
      const { draft } = this;
      if (!draft.photos.length) {
        this.setData({ message: says("later.photo_first") });
        return;
      }
      draft.captured_at = draft.captured_at || draft.photos.map((each) => each.captured_at).sort()[0];
      draft.typed_later = true;
      this.keep();
      house.notice = says("later.kept");
      platform.back();
    },
    async scanItems() {
      for (;;) {
        const text = await platform.scan();
        if (!text) return;
        await this.takeItem(text);
      }
    },
    /** One scanned text becomes a row, or is refused with the reason. */
    async takeItem(text) {
      const refusal = await this.itemOf(text);
      platform.hit(!refusal);
      this.setData({ message: refusal || says("items.taken", { count: this.draft.rows.length, code: this.draft.rows[this.draft.rows.length - 1].name }) });
      this.draw();
    },
    async itemOf(text) {
      const { task, lot } = this.draft;
      const found = await day.identify(text, task);
      if (found.unknown) return says("scan.unknown");
      const foreign = !task && found.kind === "item" && found.lot && lot && found.lot.id !== lot.id;
      if (found.refusal || foreign) return (found.refusal || {}).text || says("items.other_lot", { other: (found.refusal || {}).lot_no || found.lot.lot_no, lot: (lot || {}).lot_no || "" });
      const part = found.kind === "lot" ? found.lot : null;
      if (part && lot && part.id === lot.id) return says("items.not_an_item");
      const name = part ? part.lot_no : found.code;
      if (this.draft.rows.some((row) => row.name === name)) return says("items.twice", { code: name });
      this.draft.rows.push({ entry_id: await newId(platform.random), name, code: part ? null : found.code, lot_id: part ? part.id : null, values: {}, bad: false });
      this.keep();
      return "";
    },
    openItem(event) {
      const row = this.draft.rows.find((each) => each.entry_id === event.currentTarget.dataset.id);
      if (row.stored) return; // the server has it as it is
      this.target = { ...row, row, values: { ...this.draft.values, ...row.values }, confirmed: {} };
      this.draw();
    },
    /** Of an item only what differs is kept: what differs makes it an exception. */
    itemChanged() {
      const { row } = this.target;
      if (!row) return;
      row.values = Object.fromEntries(Object.entries(this.target.values).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(this.draft.values[name])));
      row.bad = Object.keys(row.values).length > 0;
    },
    closeItem() {
      const odd = this.fields.find((field) => unconfirmed(field, this.target.values[field.name], this.confirmed()[field.name]));
      if (odd) return this.mark(odd, says("field.sure", { value: shownValue(odd, this.target.values[odd.name]) }));
      this.target = this.draft;
      return this.draw();
    },
    dropItem() {
      this.draft.rows = this.draft.rows.filter((row) => row !== this.target.row);
      this.target = this.draft;
      this.keep();
      this.draw();
    },
    columns() {
      return this.fields.filter((field) => field.kind === "number");
    },
    fillGrid() {
      const { task, rows } = this.draft;
      const wanted = Math.min(MOST_ROWS, (task && task.sampling && task.sampling.sample_size) || FEWEST_ROWS);
      while (rows.length < wanted) rows.push({ values: {}, bad: false, sure: {} });
    },
    drawnGrid() {
      const columns = this.columns();
      const full = (row) => columns.every((field) => !isBlank(field, row.values[field.name]));
      const { rows } = this.draft;
      return {
        columns: columns.map((field) => ({ name: field.name, title: field.title, limit: limitLines({ ...field, limits: field.limits && { ...field.limits, warning: null } }, words).slice(-1)[0] || "" })),
        rows: rows.map((row, at) => ({ number: at + 1, cells: columns.map((field, column) => ({ key: `${at}-${column}`, at, column, value: row.values[field.name] || "", level: levelOf(field, row.values[field.name]).level, label: says("grid.cell", { sample: at + 1, title: field.title }) })) })),
        progress: says("grid.progress", { done: rows.filter(full).length, wanted: rows.length, bad: rows.filter((row) => row.bad).length }),
      };
    },
    cell(event) {
      const { at, column } = event.currentTarget.dataset;
      return { at: Number(at), column: Number(column), row: this.draft.rows[Number(at)], field: this.columns()[Number(column)] };
    },
    typedCell(event) {
      const { at, column, row, field } = this.cell(event);
      row.values[field.name] = event.detail.value;
      row.bad = this.columns().some((each) => levelOf(each, row.values[each.name]).level === "out");
      this.keep();
      this.setData({ [`grid.rows[${at}].cells[${column}].level`]: levelOf(field, row.values[field.name]).level });
    },
    /** Enter goes on to the next cell, whoever presses it: a thumb, a scale or a calliper. */
    nextCell(event) {
      const { at, column, row, field } = this.cell(event);
      if (!this.looked(row, field, `${at}-${column}`)) return;
      const [nextAt, nextColumn] = column + 1 < this.columns().length ? [at, column + 1] : [at + 1, 0];
      this.setData({ focus: nextAt < this.draft.rows.length ? `${nextAt}-${nextColumn}` : "", grid: this.drawnGrid() });
    },
    looked(row, field, key) {
      const value = row.values[field.name];
      const { level, sets } = levelOf(field, value);
      if (level === "unread") this.setData({ message: says("field.unread"), focus: key });
      if (level !== "out" || (row.sure || {})[field.name] === value) return level !== "unread";
      this.setData({ asking: { key, name: field.name, text: says("field.sure", { value: shownValue(field, value) }), said: remark({ level, sets }, words) } });
      return false;
    },
    sureCell() {
      const { key, name } = this.data.asking;
      const [at, column] = key.split("-").map(Number);
      const row = this.draft.rows[at];
      row.sure = { ...row.sure, [name]: row.values[name] };
      this.keep();
      this.setData({ asking: null });
      this.nextCell({ currentTarget: { dataset: { at, column } } });
    },
    notSureCell() {
      this.setData({ focus: this.data.asking.key, asking: null });
    },
    moreRows() {
      this.draft.rows.push({ values: {}, bad: false, sure: {} });
      this.keep();
      this.draw();
    },
    async allPass() {
      const filled = allPass(this.fields, this.draft.values);
      this.draft.values = filled.values;
      const { task } = this.draft;
      if (filled.left.length || (task && task.sampling && task.sampling.whole)) return this.turn("form", says("entry.still", { count: filled.left.length }));
      return this.finish();
    },
    async saveItems() {
      const { rows, task } = this.draft;
      if (this.draft.has && rows.every((row) => row.stored)) return this.done();
      if (!rows.length) return undefined;
      this.draft.inspected = task && task.sampling ? { sample_size: String(rows.length), defectives: String(rows.filter((row) => row.bad).length) } : {};
      return this.finish();
    },
    async saveGrid() {
      const { draft } = this;
      const columns = this.columns();
      const begun = draft.rows.filter((row) => columns.some((field) => !isBlank(field, row.values[field.name])));
      const short = begun.find((row) => columns.some((field) => isBlank(field, row.values[field.name])));
      if (!begun.length || short) return this.setData({ message: says("grid.fill", { sample: draft.rows.indexOf(short || draft.rows[0]) + 1 }) });
      for (const row of begun) for (const field of columns) if (!this.looked(row, field, `${draft.rows.indexOf(row)}-${columns.indexOf(field)}`)) return undefined;
      const blank = this.fields.find((field) => !columns.includes(field) && field.required && isBlank(field, draft.values[field.name]));
      if (blank) return this.setData({ message: `${says("save.missing", { count: 1 })}${blank.title}` });
      const wanted = draft.task && draft.task.sampling ? Math.min(MOST_ROWS, draft.task.sampling.sample_size) : 0;
      if (begun.length < wanted && !(await platform.confirm(says("grid.fewer", { done: begun.length, wanted: draft.task.sampling.sample_size })))) return undefined;
      for (const row of begun) row.entry_id = row.entry_id || (await newId(platform.random));
      draft.rows = begun;
      draft.inspected = draft.task && draft.task.sampling ? { sample_size: String(begun.length), defectives: String(begun.filter((row) => row.bad).length) } : {};
      return this.finish();
    },
    /** The form, looked over once more in the order of the page. */
    async save() {
      const { draft } = this;
      const unread = this.fields.find((field) => levelOf(field, draft.values[field.name]).level === "unread");
      if (unread) return this.setData({ message: `${unread.title}: ${says("field.unread")}` });
      const odd = this.fields.find((field) => unconfirmed(field, draft.values[field.name], this.confirmed()[field.name]));
      if (odd) {
        this.mark(odd, says("field.sure", { value: shownValue(odd, draft.values[odd.name]) }));
        return this.setData({ message: says("field.look_again", { title: odd.title }) });
      }
      const empty = missing(this.fields, draft.values);
      if (empty.length) return this.setData({ short: `${says("save.missing", { count: empty.length })}${empty.map((field) => field.title).join(says("comma"))}` });
      return this.finish();
    },
    saveIncomplete() {
      return this.finish(true);
    },
    async finish(incomplete = false) {
      const { draft } = this;
      const wrong = sampleWrong(draft, says);
      if (wrong) return this.setData({ message: wrong });
      if (this.gauges().some((each) => each.chosen && each.blocked)) return this.setData({ message: says("gauge.blocked") });
      if (draft.mode === "later") draft.typed_later = true;
      const minutes = draft.form.late_after_minutes || ((day.pack() || {}).rules || {}).late_after_minutes;
      if (minutes && draft.captured_at && !draft.late_reason && Date.now() - Date.parse(draft.captured_at) > minutes * 60000) {
        this.incomplete = incomplete;
        return this.setData({ late: says("save.late_reason", { minutes }) });
      }
      if (this.data.terminal) return this.askBadge(incomplete);
      return this.store(incomplete, null);
    },
    typeReason(event) {
      this.setData({ lateReason: event.detail.value });
    },
    giveReason() {
      if (!this.data.lateReason.trim()) return undefined;
      this.draft.late_reason = this.data.lateReason.trim();
      this.setData({ late: "" });
      return this.finish(this.incomplete);
    },
    async askBadge(incomplete) {
      this.incomplete = incomplete;
      const text = await platform.scan();
      if (text) this.takeBadge(text);
    },
    takeBadge(text) {
      this.signer = badges.signerOf(text, (day.pack() || {}).signers);
      if (!this.signer) return this.setData({ message: says("badge.unknown") });
      return this.setData({ pin: { said: says("badge.pin", { name: this.signer.name }), typed: "" }, message: "" });
    },
    typePin(event) {
      this.pin = event.detail.value;
    },
    cancelPin() {
      this.pin = "";
      this.setData({ pin: null });
    },
    async usePin() {
      const { signer, pin } = this;
      const { rules } = day.pack();
      const { locked, wait } = badges.standingOf(signer, rules);
      if (locked || wait) return this.setData({ message: locked ? says("badge.locked") : says("badge.wait", { seconds: wait }) });
      this.setData({ busy: true });
      const key = /^\d{4,12}$/.test(pin || "") ? await badges.unlock(signer, session.read().terminal, pin) : null;
      badges.tried(signer, Boolean(key), rules, await newId(platform.random));
      this.pin = "";
      this.setData({ busy: false });
      if (!key) {
        const { left } = badges.standingOf(signer, rules);
        this.setData({ message: left <= 3 ? says("badge.few_left", { count: left }) : says("badge.wrong_pin") });
        return house.tellTries();
      }
      this.setData({ pin: null });
      return this.store(this.incomplete, (text) => ({ text, signature: badges.sign(signer, key, text) }));
    },
    /** Durably on the phone, and on its way where there is a network. */
    async store(incomplete, seal) {
      const { draft } = this;
      const by = session.read().key;
      const { seq, ...whole } = entryOf(draft, { fields: this.fields, task: draft.task, seq: 0, at: new Date(), incomplete, lateReason: draft.late_reason || null });
      const entry = draft.has ? await this.restOf(whole) : whole;
      const place = (draft.task || {}).place_name || (draft.lot || {}).place_name || null;
      for (const { id, path, size, item_id: item, captured_at } of draft.photos.filter((each) => !each.kept)) {
        const digest = sha256(await platform.files.part(path, 0, size));
        photos.add({ id, path, size_bytes: size, sha256: digest, entry_id: item || draft.entry_id, lot_id: draft.subject.lot_id || null, captured_at, place, by });
      }
      if (draft.has) queue.drop(draft.entry_id);
      queue.add(entry, { by, seal, about: { title: this.data.title, form: draft.form.name, draft: { ...draft, photos: draft.photos.map((each) => ({ ...each, kept: true })) } } });
      this.done();
    },
    /** Of a check that the server has, only the items it did not take, as a check of their own. */
    async restOf({ lot_id, code, inspection_id, operation_id, inspected, photo_ids, ...entry }) {
      return { ...entry, entry_id: await newId(platform.random), photo_ids: [] };
    },
    done() {
      const { draft } = this;
      if (draft.has) queue.drop(draft.entry_id);
      drafts.drop(draft.entry_id);
      house.notice = words("saved_here");
      platform.back();
    },
    async discard() {
      if (!(await platform.confirm(`${says("entry.discard_sure")} ${says("entry.discard_says")}`))) return;
      for (const { path } of this.draft.photos.filter((each) => !each.kept)) await platform.files.forget(path);
      drafts.drop(this.draft.entry_id);
      platform.back();
    },
  };
};

const isOverdue = (gauge) => gauge.calibration !== "valid" && gauge.calibration !== "none";

function sampleWrong({ task, inspected, mode }, says) {
  if (!task || !task.sampling || !inspected.sample_size) return "";
  const [size, bad] = [Number(inspected.sample_size), Number(inspected.defectives || 0)];
  if (!Number.isInteger(size) || size < 1) return says("sampling.size_wrong");
  return !["items", "grid"].includes(mode) && bad > size ? says("sampling.too_many") : "";
}
