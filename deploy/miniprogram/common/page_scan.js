// The first page: a consumer scanned a label, or taps to scan another.

const { arranged } = require("./answer");
const { Refused } = require("./api");
const { addressOf, questionOf } = require("./scanned");

module.exports = function makeScanPage(house) {
  const { words, language, platform, api } = house;
  return {
    data: {
      state: "empty", answer: null, message: "",
      words: Object.fromEntries(["scan_again", "scan_first", "report", "recalls", "staff", "privacy"].map((key) => [key, words(key)])),
    },
    async onLoad(options) {
      const text = addressOf(options);
      if (text) await this.show(text);
    },
    async show(text) {
      this.text = text;
      this.setData({ state: "asking", message: words("asking") });
      try {
        const answer = await api.get(questionOf(text));
        this.setData({ state: "answered", answer: arranged(answer, words, language), message: "" });
      } catch (error) {
        const away = error instanceof Refused && error.status === 0;
        this.setData({ state: "failed", message: (!away && error.text) || words("no_network") });
      }
    },
    async scan() {
      const text = await platform.scan();
      if (text) await this.show(text);
    },
    /** The form is a page of the server: its address goes to the clipboard, since web views need a registered domain. */
    report() {
      const about = this.text ? `?source=scan&code=${encodeURIComponent(this.text)}` : "";
      return this.copy(`/report${about}`);
    },
    recalls() {
      return this.copy("/recall");
    },
    async copy(path) {
      await platform.copy(house.config.base + path);
      this.setData({ message: words("copied") });
    },
    toStaff() {
      platform.open(house.session.read() ? "/pages/entry/entry" : "/pages/sign_in/sign_in");
    },
    toPrivacy() {
      platform.open("/pages/privacy/privacy");
    },
  };
};
