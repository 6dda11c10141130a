// What a scan answers, arranged for the page: nothing is added to it and nothing is judged here.

const TONES = {
  genuine: "good", lot_released: "info", expired: "warn", inactive: "quiet", under_investigation: "info", voided: "quiet",
  recalled: "bad", unknown: "doubt", typing_slip: "info", internal: "quiet",
};

function named(item, field, language) {
  return (language === "en" && item[`${field}_en`]) || item[field] || "";
}

function rows(pairs) {
  return pairs.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([label, value]) => ({ label, value: String(value) }));
}

/** {tone, title, explain, advice, sections: [{title, rows}]} of an answer of `/api/v1/public/codes`. */
function arranged(answer, words, language) {
  const sections = [];
  const add = (title, found) => found.length && sections.push({ title, rows: found });
  if (answer.recall) {
    add(words("recall"), rows([
      [words("what_to_do"), answer.recall.what_to_do], [words("reason"), answer.recall.reason], [words("contact"), answer.recall.contact],
    ]));
  }
  const seen = answer.publication;
  if (seen) {
    const { product = {}, lot = {}, producer = {} } = seen;
    add(named(product, "name", language) || words("product"), rows([
      [words("brand"), product.brand], [words("spec"), product.spec], [words("lot_no"), lot.lot_no], [words("produced_at"), lot.produced_at],
      [words("expires_at"), lot.expires_at], [words("producer"), producer.name], [words("address"), producer.address],
    ]));
    add(words("label"), rows((product.label || []).map((entry) => [entry.name, entry.value])));
    for (const inspection of seen.inspections || []) {
      add(named(inspection, "name", language) || words("inspection"), rows((inspection.items || []).map((item) => [
        named(item, "name", language), measured(item, words, language),
      ])));
    }
    add(words("corrections"), rows((seen.corrections || []).map((each) => [
      named(each, "field", language), `${each.old || words("none")} → ${each.new || words("none")}`,
    ])));
  } else if (answer.product) {
    add(answer.product.name, rows([[words("producer"), answer.product.company], [words("code_place"), answer.product.code_place]]));
  }
  return {
    tone: TONES[answer.status] || "quiet", status: answer.status, title: answer.title, explain: answer.explain, advice: answer.advice || "",
    counted: answer.kind === "item" && answer.scan_count ? words("counted", { count: answer.scan_count }) : "", sections,
  };
}

function measured(item, words, language) {
  if (item.value === null || item.value === undefined) return words("not_judged");
  const value = [named(item, "value", language), item.unit].filter(Boolean).join(" ");
  const limit = named(item, "limit", language);
  return limit ? `${value} | ${limit}` : value;
}

module.exports = { arranged, TONES };
