// Limits and verdicts in words.

import { told } from "./limits.js";
import { t } from "./words.js";

export function limitLine(field) {
  const parts = told(field.limits).map((each) => t(`limit.${each.set}`, { text: words(each, field) }));
  const { minimum, maximum } = field.node;
  if (!parts.length && (minimum !== undefined || maximum !== undefined)) parts.push([minimum !== undefined ? `≥ ${minimum}` : "", maximum !== undefined ? `≤ ${maximum}` : ""].filter(Boolean).join("  "));
  return parts;
}

function words(each, field) {
  const label = (value) => field.options.find((option) => option.value === value)?.label || value;
  if (each.form === "absent") return t("limit.absent");
  if (each.form === "plan") return t("limit.plan", each);
  if (each.form === "allowed") return each.choices.map(label).join(t("comma"));
  if (each.form === "at_least") return t("limit.at_least", { grade: label(each.grade) });
  return field.unit ? `${each.text} ${field.unit}` : each.text;
}

export const broken = (sets) => t("field.out", { sets: sets.map((name) => t(`set.${name}`)).join(t("comma")) });
