const config = require("./config");
const platform = require("./platform");
const { makeHouse } = require("./lib/house");
const catalog = require("./lib/words");

App({ house: makeHouse(platform, config, catalog) });
