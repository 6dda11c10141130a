// Is what I hold recalled? Asked by what stands on the pack, without a code.

const { Refused } = require("./api");
const { day, moment } = require("./moments");

const FIELDS = ["product", "lot", "produced_on", "expires_on", "serial", "gtin"];
const DAYS = ["produced_on", "expires_on"];
const LOOK = ["lot", "dates", "gtin", "code"];

module.exports = function makeRecallPage(house) {
  const { words, platform, api } = house;
  return {
    data: {
      words: { ...house.said("recall_lookup.", ["intro", "ask", "matches", "others", "look_here", "report"]) },
      fields: FIELDS.map((name) => ({ name, kind: DAYS.includes(name) ? "day" : "text", label: words(`recall_lookup.${name}`), hint: house.has(`recall_lookup.${name}_hint`) ? words(`recall_lookup.${name}_hint`) : "" })),
      given: {}, wrong: {}, found: null, message: "", look: LOOK.map((key) => words(`recall_lookup.look.${key}`)),
    },
    typed(event) {
      const { name } = event.currentTarget.dataset;
      this.setData({ given: { ...this.data.given, [name]: event.detail.value }, wrong: { ...this.data.wrong, [name]: "" } });
    },
    async ask() {
      const given = FIELDS.map((name) => [name, (this.data.given[name] || "").trim()]).filter(([, value]) => value);
      if (!given.length) {
        this.setData({ message: words("recall_lookup.too_little.explain") });
        return;
      }
      const query = given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
      try {
        this.setData({ found: this.arranged(await api.get(`/api/v1/public/recalls?${query}`)), wrong: {}, message: "" });
      } catch (error) {
        this.refused(error);
      }
    },
    refused(error) {
      if (!(error instanceof Refused)) throw error;
      const wrong = {};
      for (const { field } of error.errors) wrong[field] = words(DAYS.includes(field) ? "recall_lookup.wrong.day" : field === "gtin" ? "recall_lookup.wrong.gtin" : "report.wrong.missing");
      this.setData({ found: null, wrong, message: error.status === 0 ? words("no_network") : Object.values(wrong)[0] || error.text });
    },
    arranged(found) {
      const tone = { affected: "bad", maybe: "warn", not_listed: "quiet", too_little: "info" }[found.outcome];
      return {
        outcome: found.outcome, tone, title: found.title, explain: found.explain, asOf: words("recall_lookup.as_of", { at: moment(found.as_of) }), look: ["maybe", "too_little"].includes(found.outcome),
        matches: found.matches.map((each) => this.recalled(each, true)), others: found.others.map((each) => this.recalled(each, false)),
      };
    },
    recalled(each, whole) {
      const rows = [
        [words("recall_lookup.lot"), each.lot_no], [words("recall_lookup.serials"), each.first_serial === null ? "" : `${each.first_serial}–${each.last_serial}`],
        [words("recall_lookup.produced_on"), day(each.produced_on)], [words("recall_lookup.expires_on"), day(each.expires_on)],
        ...(whole ? [[words("scan.recall.what_to_do"), each.what_to_do], [words("scan.recall.reason"), each.reason], [words("recall_lookup.company"), each.company],
          [words("recall_lookup.published"), `${words(`scan.recall.level_${each.level}`)} · ${day(each.published_at)}`]] : []),
      ];
      const brand = each.brand && !each.product.includes(each.brand) ? each.brand : "";
      return { title: [brand, each.product, each.spec].filter(Boolean).join(" "), rows: rows.filter(([, value]) => value).map(([label, value]) => ({ label, value: String(value) })) };
    },
    report() {
      const { product, gtin, lot, serial } = this.data.given;
      house.about = { source: "recall", product: product || gtin || "", lot: lot || "", code: serial || "" };
      platform.open("/pages/report/report");
    },
  };
};
