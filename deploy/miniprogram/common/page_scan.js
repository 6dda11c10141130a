// The first page: a consumer scanned a label, or taps to scan another.

const { arranged } = require("./answer");
const { Refused } = require("./api");
const { addressOf, questionOf } = require("./scanned");

const SEEN = "seen";
const MOST_SEEN = 200;

module.exports = function makeScanPage(house) {
  const { words, platform, api } = house;
  return {
    data: {
      state: "empty", answer: null, message: "", tab: "scan", shown: null,
      words: house.said("", ["scan_again", "scan_first", "report", "recalls", "ticket", "staff", "privacy"]),
    },
    async onLoad(options) {
      const text = addressOf(options);
      if (text) await this.show(text);
    },
    async show(text) {
      this.text = text;
      this.setData({ state: "asking", message: words("asking") });
      try {
        const found = await api.get(questionOf(text));
        const answer = arranged(found, house, this.again(text, found));
        this.setData({ state: "answered", answer, tab: "scan", shown: answer.tabs[0], message: "" });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this.setData({ state: "failed", message: (error.status !== 0 && error.text) || words("no_network") });
      }
    },
    /** How often this phone asked about this piece before; it keeps that itself and tells nobody. */
    again(text, found) {
      if (found.kind !== "item") return 0;
      const kept = platform.store.get(SEEN) || [];
      const before = kept.find((each) => each.text === text);
      const count = before ? before.count : 0;
      platform.store.set(SEEN, [{ text, count: count + 1 }, ...kept.filter((each) => each !== before)].slice(0, MOST_SEEN));
      return count;
    },
    choose(event) {
      const { tab } = event.currentTarget.dataset;
      this.setData({ tab, shown: this.data.answer.tabs.find((each) => each.key === tab) });
    },
    async scan() {
      const text = await platform.scan();
      if (text) await this.show(text);
    },
    report() {
      house.about = this.text ? { code: this.text, source: "scan", status: (this.data.answer || {}).status } : { source: "other" };
      platform.open("/pages/report/report");
    },
    recalls() {
      platform.open("/pages/recall/recall");
    },
    ticket() {
      platform.open("/pages/ticket/ticket");
    },
    toStaff() {
      platform.open(house.session.read() ? "/pages/entry/entry" : "/pages/sign_in/sign_in");
    },
    toPrivacy() {
      platform.open("/pages/privacy/privacy");
    },
  };
};
