// How what was typed stands against its limits, and the limits in words. The rules are those of the phone's page; the server judges.

const { tidy, told } = require("./limits");
const { levelOf } = require("./schema");

const P = "inspector_page.";

/** Whether a value beyond its limits still waits for its second look. */
const unconfirmed = (field, value, confirmed) =>
  ["number", "counts"].includes(field.kind) && levelOf(field, value).level === "out" && confirmed !== JSON.stringify(value);

const shownValue = (field, value) => (Array.isArray(value) ? value.filter(Boolean).join(", ") : `${tidy(value)}${field.unit ? ` ${field.unit}` : ""}`);

function limitLines(field, words) {
  const parts = told(field.limits).map((each) => words(`${P}limit.${each.set}`, { text: said(each, field, words) }));
  const { minimum, maximum } = field.node;
  if (!parts.length && (minimum !== undefined || maximum !== undefined)) parts.push([minimum !== undefined ? `≥ ${minimum}` : "", maximum !== undefined ? `≤ ${maximum}` : ""].filter(Boolean).join("  "));
  return parts;
}

function said(each, field, words) {
  const label = (value) => (field.options.find((option) => option.value === value) || { label: value }).label;
  if (each.form === "absent") return words(`${P}limit.absent`);
  if (each.form === "plan") return words(`${P}limit.plan`, each);
  if (each.form === "allowed") return each.choices.map(label).join(words(`${P}comma`));
  if (each.form === "at_least") return words(`${P}limit.at_least`, { grade: label(each.grade) });
  return field.unit ? `${each.text} ${field.unit}` : each.text;
}

/** What is said beside a value, or nothing. */
function remark({ level, sets }, words) {
  if (level === "out") return sets[0] === "range" ? words(`${P}field.range`) : words(`${P}field.out`, { sets: sets.map((name) => words(`${P}set.${name}`)).join(words(`${P}comma`)) });
  return level === "warn" ? words(`${P}field.warn`) : level === "unread" ? words(`${P}field.unread`) : "";
}

module.exports = { levelOf, unconfirmed, shownValue, limitLines, remark };
