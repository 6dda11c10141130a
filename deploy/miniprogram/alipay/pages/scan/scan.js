const makeScanPage = require("../../lib/page_scan");

const app = getApp();
const page = makeScanPage(app.house);
const onLoad = page.onLoad;

/** What an ordinary code says was handed to the app. */
page.onLoad = function load(options) {
  return onLoad.call(this, { ...options, ...app.launched });
};

Page(page);
