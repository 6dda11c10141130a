// A form's JSON Schema as fields to draw, and what is missing in what was typed. Pure.

import { judge, judgeCounts, passing, planned, read, SETS, tidy } from "./limits.js";

const PASSES = ["合格", "正常", "符合", "pass", "ok"];

function kindOf(node, hints, limits) {
  const type = [node.type].flat().find((each) => each && each !== "null");
  const characteristic = hints.characteristic;
  if (hints.widget === "defects" || (type === "array" && node.items?.properties?.defect)) return "defects";
  if (characteristic) {
    if (["option", "grade"].includes(characteristic.kind)) return "choice";
    return planned(limits) > 1 ? "counts" : "number";
  }
  if (node.enum) return "choice";
  if (type === "boolean") return "yes";
  if (type === "number" || type === "integer") return "number";
  if (type === "array" && node.items?.enum) return "choices";
  if (type === "array") return "list";
  if (["date", "time", "date-time"].includes(node.format)) return node.format;
  return hints.widget === "textarea" || (node.maxLength || 0) > 200 ? "long" : "text";
}

function optionsOf(node, characteristic, kind, language) {
  if (kind === "choices") return node.items.enum.map((value) => ({ value, label: String(value) }));
  if (characteristic?.options?.length) {
    const english = language === "en" ? characteristic.options_en || [] : [];
    return characteristic.options.map((value, at) => ({ value, label: english[at] || value }));
  }
  return (node.enum || []).map((value) => ({ value, label: String(value) }));
}

// The fields of a form in the order they are shown. `limits`: by field, of the lot at hand.
export function fieldsOf(form, limits, language) {
  const nodes = form.schema.properties || {};
  const names = [...(form.order || []).filter((name) => name in nodes), ...Object.keys(nodes).filter((name) => !(form.order || []).includes(name))];
  const required = new Set(form.schema.required || []);
  return names.map((name) => {
    const [node, hints, own] = [nodes[name], form.fields?.[name] || {}, limits?.[name] || null];
    const characteristic = hints.characteristic || null;
    const kind = kindOf(node, hints, own);
    return {
      name, node, kind, characteristic, limits: own, title: hints.title || node.title || name, unit: hints.unit || "", help: hints.help || node.description || "",
      required: required.has(name) || Boolean(own?.required), whole: node.type === "integer", many: planned(own),
      options: optionsOf(node, characteristic, kind, language), measured: Boolean(characteristic) && ["number", "counts"].includes(kind),
    };
  });
}

export function isBlank(field, value) {
  if (value === null || value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0 || value.every((each) => each === "" || each === null);
  return typeof value === "string" && !value.trim();
}

export const missing = (fields, values) => fields.filter((field) => field.required && isBlank(field, values[field.name]));

// Beyond what the form itself allows, where no limit of a characteristic speaks.
export function beyondForm(field, value) {
  const number = read(value);
  if (field.kind !== "number" || number.kind !== "number") return false;
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = field.node;
  const size = Number(number.number);
  return size < minimum || size > maximum || size <= exclusiveMinimum || size >= exclusiveMaximum;
}

// How what was typed stands.
export function levelOf(field, value) {
  if (isBlank(field, value)) return { level: "blank", sets: [] };
  if (field.kind === "counts") return judgeCounts(value, field.limits);
  if (field.kind === "choice" && field.characteristic) return judge(String(value), field.limits, field.characteristic);
  if (field.kind !== "number") return { level: "pass", sets: [] };
  if (beyondForm(field, value)) return { level: "out", sets: ["range"] };
  const found = judge(value, field.limits, field.characteristic);
  return field.whole && found.level !== "unread" && !/^[+-]?\d+$/.test(tidy(value)) ? { level: "unread", sets: [] } : found;
}

// The choice that says "all right", or null: one that every set of limits lets pass, else one that is called so.
export function goodChoice(field) {
  if (field.kind === "yes") return null;
  if (field.kind !== "choice") return null;
  const values = field.options.map((each) => each.value);
  const sets = SETS.map((name) => field.limits?.[name] && passing(field.limits[name], values)).filter(Boolean);
  if (sets.length) return values.find((value) => sets.every((set) => set.includes(value))) ?? null;
  return values.find((value) => PASSES.includes(String(value).toLowerCase())) ?? null;
}

// "All pass": what may be filled in for somebody, and which fields he must still answer himself. A measured number is never filled in.
export function allPass(fields, values) {
  const filled = { ...values };
  for (const field of fields) {
    if (!isBlank(field, filled[field.name])) continue;
    const good = goodChoice(field);
    if (good !== null) filled[field.name] = good;
  }
  return { values: filled, left: missing(fields, filled) };
}

// What is sent: results of characteristics as text, as a laboratory writes them; the rest by the schema's type.
export function wireValues(fields, values) {
  const wire = {};
  for (const field of fields) {
    const value = values[field.name];
    if (isBlank(field, value)) continue;
    if (field.kind === "counts") wire[field.name] = value.map(tidy).filter(Boolean).join(", ");
    else if (field.kind === "number" && field.characteristic) wire[field.name] = tidy(value);
    else if (field.kind === "number") wire[field.name] = Number(tidy(value));
    else if (field.kind === "defects") wire[field.name] = value.map((each) => defect(field, each));
    else if (field.kind === "date-time") wire[field.name] = new Date(value).toISOString();
    else wire[field.name] = typeof value === "string" ? (value.toWellFormed?.() ?? value).trim() : value;
  }
  return wire;
}

function defect(field, given) {
  const known = field.node.items?.properties || {};
  const row = { defect: given.defect, size: given.size === "" || given.size === undefined ? null : Number(tidy(given.size)), unit: given.unit || null };
  return Object.fromEntries(Object.entries(row).filter(([name, value]) => name in known && value !== null));
}
