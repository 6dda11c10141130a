const makeSignInPage = require("../../lib/page_sign_in");

Page(makeSignInPage(getApp().house));
