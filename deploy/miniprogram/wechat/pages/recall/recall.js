const makeRecallPage = require("../../lib/page_recall");

Page(makeRecallPage(getApp().house));
