const makeCheckPage = require("../../lib/page_check");

Page(makeCheckPage(getApp().house));
