const makeReportPage = require("../../lib/page_report");

Page(makeReportPage(getApp().house));
