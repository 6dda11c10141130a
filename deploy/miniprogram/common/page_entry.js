// What an inspector has to do, with or without a network: what is due, what was begun, what is still on the phone and why.

const { Refused } = require("./api");
const { moment } = require("./moments");
const { allPass, fieldsOf } = require("./schema");
const { newId } = require("./uuid");

const KEYS = ["due_today", "nothing_due", "unsent", "send_now", "sign_out", "refused_entries", "retry", "scan_anything"];
const PAGE_KEYS = ["today.last_six", "today.drafts", "queue.amend", "queue.drop", "queue.seen", "photo.remove", "open.nothing_due"];
const P = "inspector_page.";

module.exports = function makeEntryPage(house) {
  const { words, platform, session, queue, photos, day, drafts } = house;
  return {
    data: {
      due: [], drafts: [], badPhotos: [], found: [], forms: [], message: "", unsent: 0, problems: [], last: "", name: "",
      words: { ...house.said("", KEYS), ...house.said(P, PAGE_KEYS) },
    },
    async onLoad() {
      this.setData({ name: (session.read() || {}).name || "" });
      this.draw();
      await this.refresh();
      await this.deliver();
    },
    async onShow() {
      if (house.notice) this.setData({ message: house.notice });
      house.notice = "";
      this.draw();
      this.count();
      if (this.data.unsent && this.shown) await this.deliver();
      this.shown = true;
    },
    /** The pack of the day; without a network the one on the phone, as long as it may be used. */
    async refresh() {
      try {
        day.keep(await session.ask("GET", "/api/v1/phone/pack"));
        session.heard();
        this.setData({ message: "" });
        this.draw();
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (error.status === 0 && session.isUnlocked()) this.setData({ message: words("working_offline") });
        else if (error.status === 0) this.setData({ message: words("locked"), due: [] });
        else this.setData({ message: error.text });
      }
    },
    draw() {
      const done = new Set(queue.all().map((each) => each.entry.inspection_id));
      const begun = drafts.all();
      this.setData({
        due: day.tasks().filter((each) => each.state !== "upcoming" && !done.has(each.id)).map((each) => ({
          id: each.id, title: each.subject, plan: each.plan_name, late: each.state === "missed", state: (day.lotOf(each.lot_id) || {}).state || "",
        })),
        drafts: begun.map((each) => ({
          id: each.entry_id, title: titleOf(each), form: each.form.name, state: words(`${P}draft.${each.problem ? "refused" : each.typed_later ? "later" : "unfinished"}`),
        })),
      });
    },
    async choose(event) {
      const task = day.taskOf(event.currentTarget.dataset.id);
      const begun = drafts.all().find((each) => each.inspection_id === task.id);
      this.open(begun || (await drafts.ofTask(task)));
    },
    resume(event) {
      this.open(drafts.get(event.currentTarget.dataset.id));
    },
    open(draft) {
      this.setData({ found: [], forms: [], last: "", message: "" });
      platform.open(`/pages/check/check?id=${draft.entry_id}`);
    },
    async scan() {
      const text = await platform.scan();
      if (text) await this.take(text);
    },
    /** The one thing due on what was scanned, else a form is chosen for it. */
    async take(text) {
      const found = await day.identify(text);
      if (found.unknown) {
        platform.hit(false);
        this.setData({ message: words(`${P}scan.unknown`) });
        return;
      }
      platform.hit(true);
      if (found.several) {
        this.offer(found.several);
        this.setData({ message: words(`${P}open.several`, { lot: found.several[0].lot_no }) });
        return;
      }
      await this.openFound(found);
    },
    async openFound(found) {
      const piece = found.kind === "item" && found.code;
      const subject = piece ? { code: found.code } : { lot_id: found.lot.id };
      const form = found.due && day.formOf(found.due.form_version_id);
      if (form && piece && found.due.lot_id && (found.lot || {}).kind !== "unit") return this.beginPiece(form, found);
      if (form) return this.open(await drafts.begin({ form, subject, task: found.due, lot: found.lot }));
      const forms = day.formsFor(found.lot);
      this.about = { subject, lot: found.lot };
      if (forms.length === 1) return this.begin(forms[0]);
      this.setData({ forms: forms.map((each) => ({ id: each.id, name: each.name })), message: forms.length ? "" : words(`${P}open.no_form`) });
      return undefined;
    },
    /** A piece of a lot that is due: the first of the many by which the lot is inspected. Where numbers are to be measured, the piece is
        recorded for itself, and the lot stays due. */
    async beginPiece(form, found) {
      const lot = day.lotOf(found.due.lot_id) || found.lot;
      const fields = fieldsOf(form, day.limitsFor(form, found.due, lot), house.language);
      if (allPass(fields, {}).left.length) return this.open(await drafts.begin({ form, subject: { code: found.code }, lot: found.lot }));
      const row = { entry_id: await newId(platform.random), name: found.code, code: found.code, lot_id: null, values: {}, bad: false };
      return this.open(await drafts.begin({ form, subject: { lot_id: found.due.lot_id }, task: found.due, lot, mode: "items", rows: [row] }));
    },
    pickForm(event) {
      return this.begin(day.formOf(event.currentTarget.dataset.id));
    },
    async begin(form) {
      this.open(await drafts.begin({ form, ...this.about }));
    },
    /** The last six characters offer the lots of the day. */
    typeLast(event) {
      const last = event.detail.value;
      this.setData({ last });
      this.offer(day.ending(last));
    },
    offer(lots) {
      this.offered = lots;
      this.setData({ found: lots.map((each) => ({ id: each.id, title: each.lot_no, product: [each.product_name, each.quantity && `${each.quantity} ${each.unit || ""}`, each.place_name].filter(Boolean).join(" · ") })) });
    },
    pickLot(event) {
      const lot = this.offered.find((each) => each.id === event.currentTarget.dataset.id);
      return this.openFound({ kind: "lot", lot, due: day.dueOn(lot.id) });
    },
    async deliver() {
      await house.tellTries();
      const entries = await queue.flush();
      if (!entries.away) {
        await photos.flush();
        await this.learnEnds();
        if (entries.sent) this.setData({ message: words("delivered", { count: entries.sent }) });
      }
      this.count();
      this.draw();
    },
    count() {
      const { waiting } = queue.counts();
      this.setData({
        badPhotos: photos.refused().map((each) => ({ id: each.id, text: each.problem, path: each.path })),
        unsent: waiting + photos.waiting(),
        problems: queue.all().filter((each) => each.state !== "waiting").map((each) => ({
          id: each.entry.entry_id, title: (each.about || {}).title || "", conflict: each.state === "conflict",
          lines: each.state === "conflict" ? [...(this.ended(each) || [words(`${P}queue.conflict`)]), entered(each.entry)] : reasons(each.problem), amendable: each.state === "refused" && Boolean((each.about || {}).draft),
        })),
      });
    },
    /** How conflicts about what is still here ended: who decided, which version stands, and why. */
    async learnEnds() {
      const badges = new Set(queue.all().filter((each) => each.state === "conflict").map((each) => (each.sent ? `?badge_id=${each.sent.signature.badge_id}` : "")));
      const found = [];
      for (const asked of badges) {
        try {
          found.push(...(await session.ask("GET", `/api/v1/phone/own-conflicts${asked}`)).items);
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
        }
      }
      this.ends = found.filter((each) => each.resolution);
    },
    ended(held) {
      const found = (this.ends || []).find((each) => each.entry_id === held.entry.entry_id);
      if (!found) return null;
      const own = found.own === "both" ? "" : words(`${P}ended.${(found.resolution === "keep") === (found.own === "kept") ? "own_stands" : "own_does_not"}`);
      const by = words(`${P}ended.by`, { name: found.resolver_name || "", at: moment(found.resolved_at), stands: words(`${P}ended.${found.resolution}`) });
      return [by, own, words(`${P}ended.reason`, { reason: found.reason })].filter(Boolean);
    },
    async dropPhoto(event) {
      await photos.drop(event.currentTarget.dataset.id);
      this.count();
    },
    /** Back into the form as it was entered, with what is wrong beside the fields. */
    amend(event) {
      const held = this.held(event);
      const rows = held.about.draft.rows.map((row) => ((held.stored || []).includes(row.entry_id) ? { ...row, stored: true } : row));
      const draft = { ...held.about.draft, rows, problem: held.problem, has: Boolean(held.has) };
      drafts.keep(draft);
      this.open(draft);
    },
    async drop(event) {
      const held = this.held(event);
      const refused = held.state === "refused";
      if (refused && !(await platform.confirm(`${words(`${P}queue.drop_sure`)} ${words(`${P}queue.drop_says`)}`))) return;
      queue.drop(held.entry.entry_id);
      this.count();
      this.draw();
    },
    held(event) {
      return queue.all().find((each) => each.entry.entry_id === event.currentTarget.dataset.id);
    },
    async signOut() {
      if (this.data.unsent && !(await platform.confirm(words("unsent_warning", { count: this.data.unsent })))) return;
      session.signOut();
      platform.replace("/pages/scan/scan");
    },
  };
};

const titleOf = (draft) => draft.subject.code || (draft.lot || {}).lot_no || (draft.task || {}).subject || draft.form.name;
const entered = (entry) => Object.entries(entry.values || {}).map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`).join("; ");

function reasons(problem) {
  if (!problem) return [];
  return [...new Set([problem.text, ...(problem.errors || []).map((each) => each.text)].filter(Boolean))];
}
