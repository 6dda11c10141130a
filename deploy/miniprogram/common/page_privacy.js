// What the mini-program keeps and sends, and what it does not.

module.exports = function makePrivacyPage(house) {
  const { words } = house;
  return { data: { title: words("privacy"), parts: ["scan", "report", "staff", "camera", "storage", "none", "contact"].map((key) => ({ key, text: words(`privacy_${key}`) })) } };
};
