// Something is wrong with what I bought: words and photos, without an account. What was typed stays until the server has it, and the same
// report sent again is one.

const { Refused } = require("./api");
const { newId } = require("./uuid");

const KEYS = ["intro", "about_code", "topic", "words", "words_hint", "product", "product_hint", "lot", "optional", "city", "city_none", "contact", "contact_hint", "send", "means"];
const TOPICS = ["quality", "package", "expired", "counterfeit", "recall", "other"];
const MOST_PHOTOS = 3;
const TICKET = "ticket";

module.exports = function makeReportPage(house) {
  const { words, platform, api } = house;
  return {
    data: {
      words: { ...house.said("report.", KEYS), add_photo: words("add_photo"), photos: words("report.photos", { most: MOST_PHOTOS }) },
      topics: TOPICS.map((key) => ({ key, text: words(`complaint_topic.${key}`) })), topic: "quality", code: "", given: {}, wrong: {}, pictures: [], message: "", busy: false,
      provinces: [words("report.city_none")], towns: [], province: 0, town: 0,
    },
    async onLoad() {
      const about = house.about || {};
      this.source = about.source || "other";
      this.setData({ code: about.code || "", given: { product: about.product || "", lot: about.lot || "" }, topic: about.source === "recall" ? "recall" : about.status === "unknown" ? "counterfeit" : "quality" });
      await this.loadCities();
    },
    /** By hand out of a list: a place is asked of nobody's phone. */
    async loadCities() {
      try {
        this.cities = (await api.get("/api/v1/public/cities")).items;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return;
      }
      this.setData({ provinces: [words("report.city_none"), ...new Set(this.cities.map((each) => each.province))] });
    },
    pickProvince(event) {
      const province = Number(event.detail.value);
      this.near = (this.cities || []).filter((each) => each.province === this.data.provinces[province]);
      this.setData({ province, town: 0, towns: this.near.map((each) => each.name) });
    },
    pickTown(event) {
      this.setData({ town: Number(event.detail.value) });
    },
    pickTopic(event) {
      this.setData({ topic: event.currentTarget.dataset.topic });
    },
    typed(event) {
      const { name } = event.currentTarget.dataset;
      this.setData({ given: { ...this.data.given, [name]: event.detail.value }, wrong: { ...this.data.wrong, [name]: "" } });
    },
    async addPhoto() {
      const chosen = await platform.pictures(MOST_PHOTOS - this.data.pictures.length);
      this.setData({ pictures: [...this.data.pictures, ...chosen].slice(0, MOST_PHOTOS) });
    },
    dropPhoto(event) {
      this.setData({ pictures: this.data.pictures.filter((_, at) => at !== Number(event.currentTarget.dataset.at)) });
    },
    body() {
      const { given, code, topic, province, town } = this.data;
      const said = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
      const city = province && this.near && this.near[town] ? { city: this.near[town].code } : {};
      return { topic, source: this.source, ...(code ? { code } : {}), ...said, ...city };
    },
    async send() {
      if (this.data.busy) return;
      if (!(this.data.given.words || "").trim()) {
        this.setData({ wrong: { words: words("report.wrong.missing") }, message: words("report.not_sent") });
        return;
      }
      this.setData({ busy: true, message: "" });
      try {
        const ticket = await this.filed();
        const lost = await this.sendPhotos(ticket);
        this.entry = null;
        platform.store.set(TICKET, ticket);
        house.about = null;
        platform.replace(`/pages/ticket/ticket?isNew=1&lost=${lost}`);
      } catch (error) {
        this.refused(error);
      }
      this.setData({ busy: false });
    },
    /** The ticket. Words that were changed since they were sent are another report. */
    async filed() {
      const body = this.body();
      const text = JSON.stringify(body);
      if (!this.entry || this.entry.text !== text) this.entry = { id: await newId(platform.random), text };
      return (await api.post("/api/v1/public/complaints", { entry_id: this.entry.id, ...body })).ticket;
    },
    /** How many photos the server did not take. Without a network it is tried again with the whole report. */
    async sendPhotos(ticket) {
      let lost = 0;
      for (const picture of this.data.pictures) {
        try {
          await api.upload(`/api/v1/public/tickets/${ticket}/photos`, picture.path);
        } catch (error) {
          if (!(error instanceof Refused) || error.status === 0) throw error;
          lost += 1;
        }
      }
      return lost;
    },
    refused(error) {
      if (!(error instanceof Refused)) throw error;
      const wrong = {};
      for (const each of error.errors) wrong[each.field] = each.text || each.detail || each.title || error.text;
      this.setData({ wrong, message: error.status === 0 ? words("no_network") : error.text || words("report.not_sent") });
    },
  };
};
