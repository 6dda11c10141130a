const makeScanPage = require("../../lib/page_scan");

Page(makeScanPage(getApp().house));
