const makeTicketPage = require("../../lib/page_ticket");

Page(makeTicketPage(getApp().house));
