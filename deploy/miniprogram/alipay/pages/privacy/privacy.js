const makePrivacyPage = require("../../lib/page_privacy");

Page(makePrivacyPage(getApp().house));
