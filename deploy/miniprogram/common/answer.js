// What a scan answers, arranged for the page as the platform's own page arranges it: nothing is added to it and nothing is judged here.

const { day, moment } = require("./moments");

const TONES = {
  genuine: "good", lot_released: "info", expired: "warn", inactive: "quiet", under_investigation: "info", voided: "quiet",
  recalled: "bad", unknown: "doubt", typing_slip: "info", internal: "quiet",
};
const BARS = 48;

function named(item, field, language) {
  return (language === "en" && item[`${field}_en`]) || item[field] || "";
}

function rows(pairs) {
  return pairs.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([label, value, tone]) => ({ label: label || "", value: String(value), tone: tone || "" }));
}

const list = (parts) => parts.filter(Boolean).join(" · ");

/** Of an answer of `/api/v1/public/codes`: {tone, title, explain, advice, counted, tabs: [{key, title, sections, lines}]}. A section is
    {key, title, note, rows: [{label, value, tone}], lines, pictures: [{url, alt}], bars: [{height, out}]}. `own`: earlier scans of it here. */
function arranged(answer, house, own = 0) {
  const { words, language, config } = house;
  const picture = (image) => ({ url: config.base + image.url, alt: named(image, "alt", language) });
  const section = (key, title, more = {}) => ({ key, title, note: "", rows: [], lines: [], pictures: [], bars: [], ...more });
  const worth = (each) => each && (each.key === "product" || each.rows.length || each.lines.length || each.pictures.length || each.bars.length);
  const context = { answer, words, language, picture, section, has: house.has };
  const seen = answer.publication;
  const blocks = seen ? (answer.blocks || []).flatMap((name) => BLOCKS[name](seen, context)) : [];
  const first = [recall(context), ...head(seen, context), ...blocks].filter(worth);
  const item = answer.kind === "item" && answer.scan_count;
  const ownText = own > 0 && item ? (own < answer.scan_count - 1 ? words("scan.own_some", { own }) : words("scan.own_all")) : "";
  const hint = words("scan.count_hint");
  const lines = [ownText, ...(answer.notes || []).filter((line) => !ownText || line !== hint)].filter(Boolean);
  const tabs = [{ key: "scan", title: words(answer.digital_label ? "scan.digital_label" : "scan.label"), sections: first, lines }];
  const told = seen && answer.digital_label ? story(seen, context).filter(worth) : [];
  if (told.length) tabs.push({ key: "story", title: words("scan.story"), sections: told, lines: [] });
  if ((answer.checked || []).length) tabs.push({ key: "genuine", title: words("scan.checked.title"), sections: genuine(seen, context).filter(worth), lines: [] });
  return {
    tone: TONES[answer.status] || "quiet", status: answer.status, title: answer.title, explain: answer.explain, advice: answer.advice || "",
    counted: item ? list([words("scan.count", { count: answer.scan_count }), answer.first_scanned_at ? words("scan.first", { first: moment(answer.first_scanned_at) }) : ""]) : "", tabs,
  };
}

function recall({ answer, words, section }) {
  const found = answer.recall;
  if (!found) return null;
  return section("recall", list([words("scan.recall.title"), found.level_text]), { rows: rows([
    [words("scan.recall.reason"), found.reason], [words("scan.recall.what_to_do"), found.what_to_do, "strong"], [words("scan.recall.contact"), found.contact],
    [words("scan.recall.recall_no"), found.recall_no], [words("scan.recall.published_at"), day(found.published_at)],
  ]) });
}

/** The first screen: a food's label as printed, else the product; and what to hold against the pack. */
function head(seen, context) {
  const { answer, words, language, section, picture } = context;
  if (!seen) {
    return answer.product ? [section("product", answer.product.name, { rows: rows([[words("producer"), answer.product.company], [words("code_place"), answer.product.code_place]]) })] : [];
  }
  const { product = {}, lot = {} } = seen;
  const pack = (seen.page || {}).pack || {};
  const check = section("check", words("scan.check_with_package"), { rows: rows([
    [words("scan.lot_no"), lot.lot_no], [words("scan.expires_at"), day(lot.expires_at)], [words("scan.tail"), answer.tail, "strong"],
    [words("scan.code_place"), named(pack, "code_place", language)],
  ]) });
  const label = answer.digital_label;
  if (!label) {
    const photos = (product.images || []).filter((image) => image.url).slice(0, 1).map(picture);
    return [section("product", named(product, "name", language) || product.name_en || words("product"), { pictures: photos, lines: [list([product.brand, product.spec])].filter(Boolean) }), check];
  }
  const nutrition = label.nutrition;
  return [
    section("label", words("scan.digital_label"), { rows: rows(label.items.map((each) => [each.name, each.value])) }),
    nutrition && section("nutrition", nutrition.name, nutrition.rows.length ? { rows: rows(nutrition.rows.map((each) => [each.name, list([each.amount, each.share && `NRV ${each.share}`])])) } : { lines: [nutrition.text] }),
    check,
  ].filter(Boolean);
}

function measured(item, { words, language }) {
  if (item.value === null || item.value === undefined) return words("verdict.not_judged");
  const value = [named(item, "value", language), item.unit].filter(Boolean).join(" ");
  const limit = named(item, "limit", language);
  return limit ? `${value} | ${[item.limit_set && words(`limit_set.${item.limit_set}`), limit, item.standard].filter(Boolean).join(" ")}` : value;
}

const verdict = (value, { words, has }) => (value && has(`verdict.${value}`) ? words(`verdict.${value}`) : "");
const toneOf = (value) => ({ pass: "good", fail: "bad" })[value] || "";

const BLOCKS = {
  label({ product = {}, lot = {} }, { words, language, section, picture, has }) {
    const unit = lot.unit && has(`unit.${lot.unit}`) ? words(`unit.${lot.unit}`) : lot.unit;
    return [section("label", words("scan.label"), { rows: rows([
      ...(product.label || []).map((entry) => [entry.name, entry.value]), [words("scan.standard"), [product.standard, product.standard_edition].filter(Boolean).join("-")],
      [words("scan.category"), named(product, "category", language)], [words("scan.produced_at"), day(lot.produced_at)],
      [words("scan.quantity"), lot.quantity && [lot.quantity, unit].filter(Boolean).join(" ")], [words("scan.gtin"), product.gtin],
    ]), pictures: (product.images || []).filter((image) => image.url).slice(1, 5).map(picture) })];
  },
  origin({ page }, { words, language, section, picture }) {
    const origin = (page || {}).origin || {};
    const shown = origin.picture && origin.picture.url ? [picture(origin.picture)] : [];
    return [section("origin", words("scan.origin"), { pictures: shown, lines: paragraphs(named(origin, "text", language)) })];
  },
  inspections({ inspections = [] }, context) {
    const { answer, words, language, section } = context;
    return inspections.map((each, at) => section(`inspection${at}`, list([named(each, "name", language) || words("scan.inspection"), at === 0 && answer.all_passed && words("scan.all_passed")]), {
      note: list([each.method, day(each.inspected_at), each.report_no && words("scan.report_no", { number: each.report_no })]),
      rows: rows((each.items || []).map((item) => [named(item, "name", language), list([measured(item, context), item.value === null ? "" : verdict(item.verdict, context)]), toneOf(item.verdict)])),
    }));
  },
  materials({ materials = [] }, context) {
    const { words, language, section } = context;
    return [section("materials", words("scan.materials"), { rows: rows(materials.map((each) => [named(each, "name", language), list([
      each.origin, each.supplier, each.lot_no && words("scan.material_lot", { lot_no: each.lot_no }), each.received_at && words("scan.received", { day: day(each.received_at) }), verdict(each.verdict, context),
    ]) || words("none"), toneOf(each.verdict)])) })];
  },
  logistics({ logistics = [] }, { words, section }) {
    return logistics.map((leg, at) => section(`leg${at}`, words("scan.logistics"), {
      lines: [[leg.from, leg.to].filter(Boolean).join(" → "), list([leg.departed_at && words("scan.departed", { at: moment(leg.departed_at) }), leg.arrived_at && words("scan.arrived", { at: moment(leg.arrived_at) })])].filter(Boolean),
      ...curve(leg.temperature, words),
    }));
  },
  producer({ producer = {} }, { words, section }) {
    return [section("producer", words("scan.producer"), { rows: rows([
      [words("scan.producer_name"), producer.name], [words("scan.address"), producer.address], [words("scan.licence_no"), producer.licence_no], [words("scan.credit_code"), producer.credit_code],
    ]) })];
  },
  documents({ reports = [], certificates = [] }, { words, language, section }) {
    return [section("documents", words("scan.documents"), { rows: rows([
      ...reports.map((each) => [each.title || words("scan.report"), each.digest ? words("scan.digest", { digest: each.digest }) : words("scan.report")]),
      ...certificates.map((each) => [named(each, "kind", language) || words("scan.certificate"), list([each.number, each.valid_to && words("scan.valid_to", { day: day(each.valid_to) })])]),
    ]) })];
  },
  story,
  corrections({ corrections = [] }, { words, language, section }) {
    return [section("corrections", words("scan.corrections"), { rows: rows(corrections.map((each) => [
      named(each, "field", language), `${named(each, "new", language) || words("value.none")} · ${each.at ? words("scan.corrected", { day: day(each.at) }) : words("scan.corrected_once")} ${named(each, "old", language) || words("value.none")}`,
    ])) })];
  },
};

function story({ page }, { words, language, section, picture }) {
  const told = (page || {}).story || {};
  return [section("story", named(told, "title", language) || words("scan.story"), { lines: paragraphs(named(told, "text", language)), pictures: (told.pictures || []).filter((image) => image.url).map(picture) })];
}

function genuine(seen, { answer, words, section, picture }) {
  const pack = ((seen || {}).page || {}).pack || {};
  return [
    section("checked", words("scan.checked.done"), { lines: answer.checked }),
    section("unchecked", words("scan.unchecked.title"), { lines: answer.not_checked || [] }),
    section("pack", words("scan.pack.title"), { lines: answer.compare || [], pictures: pack.picture && pack.picture.url ? [picture(pack.picture)] : [] }),
    section("official", words("scan.official.title"), { lines: [answer.official_host, ...(answer.about_site || [])].filter(Boolean) }),
    section("count", words("scan.first_only.title"), { lines: [words("scan.first_only.means"), words("device_count")] }),
  ];
}

/** The readings as columns, highest and lowest said in words: `height` in percent. */
function curve(temperature, words) {
  const points = (temperature && temperature.points) || [];
  if (!points.length) return {};
  const { unit, limit_low: low, limit_high: high } = temperature;
  const beyond = (value) => (low !== null && low !== undefined && value < low) || (high !== null && high !== undefined && value > high);
  const values = points.map(([, value]) => value);
  const known = [...values, low, high].filter((each) => each !== null && each !== undefined);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const size = Math.max(1, Math.ceil(points.length / BARS));
  const bars = [];
  for (let at = 0; at < values.length; at += size) {
    const some = values.slice(at, at + size);
    const worst = some.find(beyond);
    const value = worst === undefined ? Math.max(...some) : worst;
    bars.push({ height: Math.round(10 + (90 * (value - least)) / (most - least || 1)), out: worst !== undefined });
  }
  const limits = low !== null && low !== undefined || high !== null && high !== undefined;
  return { bars, note: list([
    `${Math.min(...values)} – ${Math.max(...values)} ${unit || ""}`.trim(), limits && words(values.some(beyond) ? "scan.temperature_outside" : "scan.temperature_inside"),
    `${moment(points[0][0])} – ${moment(points[points.length - 1][0])}`,
  ]) };
}

const paragraphs = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

module.exports = { arranged, TONES };
