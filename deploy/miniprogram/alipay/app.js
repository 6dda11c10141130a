const config = require("./config");
const platform = require("./platform");
const { makeHouse } = require("./lib/house");
const catalog = require("./lib/words");

App({
  house: makeHouse(platform, config, catalog),
  /** The address behind an ordinary code comes here, not to the page. */
  onLaunch(options) {
    this.launched = (options && options.query) || {};
  },
  onShow(options) {
    if (options && options.query && options.query.qrCode) this.launched = options.query;
  },
});
