const makeEntryPage = require("../../lib/page_entry");

Page(makeEntryPage(getApp().house));
