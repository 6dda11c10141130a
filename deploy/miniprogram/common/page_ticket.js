// What became of a report, for whoever holds its ticket. This phone keeps the last one.

const { Refused } = require("./api");
const { moment } = require("./moments");

const TICKET = "ticket";

module.exports = function makeTicketPage(house) {
  const { words, platform, api } = house;
  return {
    data: { words: { ...house.said("ticket.", ["number", "keep", "find_explain", "show", "yours"]), copy: words("copy") }, typed: "", ticket: "", found: null, message: "" },
    async onLoad(options) {
      const kept = platform.store.get(TICKET) || "";
      this.setData({ typed: kept });
      if (kept) await this.show(kept, Boolean(options && options.isNew));
      if (options && Number(options.lost)) this.setData({ message: words("photos_lost", { count: options.lost }) });
    },
    type(event) {
      this.setData({ typed: event.detail.value });
    },
    find() {
      return this.data.typed.trim() ? this.show(this.data.typed.trim(), false) : undefined;
    },
    async show(ticket, isNew) {
      try {
        const found = await api.get(`/api/v1/public/tickets/${encodeURIComponent(ticket)}`);
        platform.store.set(TICKET, ticket);
        this.setData({ ticket: ticket.toUpperCase(), found: this.arranged(found, isNew), message: "" });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const unknown = error.status === 404 ? `${words("ticket.unknown")} · ${words("ticket.unknown_explain")}` : error.text;
        this.setData({ ticket: "", found: null, message: error.status === 0 ? words("no_network") : unknown });
      }
    },
    arranged(found, isNew) {
      const { state, company } = found;
      const rows = [
        [words("report.topic"), words(`complaint_topic.${found.topic}`)], [words("ticket.sent"), moment(found.created_at)], [words("report.product"), found.product],
        [words("report.lot"), found.lot_no], [words("recall_lookup.company"), company], [words("ticket.photos"), found.photos || ""],
      ];
      return {
        state, title: isNew && state === "open" ? words("ticket.received") : words(`ticket.state.${state}`),
        explain: company || state !== "open" ? words(`ticket.state.${state}.explain`) : words("ticket.with_platform"), words: found.words,
        answers: found.steps.filter((each) => each.kind === "answer").map((each) => ({ at: moment(each.at), by: words("ticket.answer", { company: company || words("ticket.platform") }), words: each.words })),
        rows: rows.filter(([, value]) => value).map(([label, value]) => ({ label, value: String(value) })),
      };
    },
    copy() {
      return platform.copy(this.data.ticket);
    },
  };
};
