// A form of the day's pack as fields to draw, and what is wrong with what was typed. The server judges; red here is advice.

function fieldsOf(form, limits) {
  const properties = form.schema.properties || {};
  const order = [...(form.order || []), ...Object.keys(properties).filter((name) => !(form.order || []).includes(name))];
  const required = new Set(form.schema.required || []);
  return order.filter((name) => properties[name]).map((name) => {
    const hint = (form.fields || {})[name] || {};
    const characteristic = hint.characteristic || null;
    const property = properties[name];
    const options = property.enum || (characteristic && characteristic.options && characteristic.options.length ? characteristic.options : null);
    const mine = (limits || {})[name] || {};
    const kind = options ? "option" : characteristic ? "number" : { boolean: "boolean", number: "number", integer: "number" }[property.type] || "text";
    return {
      name, kind, options: options || [], title: hint.title || property.title || name, unit: hint.unit || "", help: hint.help || "",
      required: required.has(name) || Boolean(mine.required), measured: Boolean(characteristic), limits: mine, said: saidOf(mine),
      whole: property.type === "integer",
    };
  });
}

const SAMPLE = " sample";
const DEFECTIVES = " defectives";
const SETS = ["legal", "customer", "internal", "warning"];

/** The tightest that is known, in words: "3.1 – 3.6". */
function saidOf(limits) {
  for (const set of ["internal", "customer", "legal"]) {
    const found = limits[set];
    if (!found) continue;
    if (found.low !== undefined && found.low !== null && found.high !== undefined && found.high !== null) return `${found.low} – ${found.high}`;
    if (found.high !== undefined && found.high !== null) return `≤ ${found.high}`;
    if (found.low !== undefined && found.low !== null) return `≥ ${found.low}`;
  }
  return "";
}

/** The set that a value breaks, the gravest first; null where none, or where it cannot be told here. */
function broken(field, text) {
  if (field.kind === "option") return SETS.find((set) => text && (field.limits[set] || {}).allowed && !field.limits[set].allowed.includes(text)) || null;
  const plain = /^-?\d+(\.\d+)?$/.test(text || "") ? Number(text) : null;
  if (plain === null) return null;
  return SETS.find((set) => {
    const found = field.limits[set];
    if (!found) return false;
    const { low, high } = found;
    const below = low !== undefined && low !== null && (plain < Number(low) || (found.low_inclusive === false && plain === Number(low)));
    const above = high !== undefined && high !== null && (plain > Number(high) || (found.high_inclusive === false && plain === Number(high)));
    return below || above;
  }) || null;
}

/** The values to send: measured numbers as they were typed, blanks left out. */
function valuesOf(fields, typed) {
  const found = {};
  for (const field of fields) {
    const value = typed[field.name];
    if (value === undefined || value === null || value === "") continue;
    if (field.kind === "boolean") found[field.name] = Boolean(value);
    else if (field.kind === "number" && !field.measured) found[field.name] = Number(value);
    else found[field.name] = String(value).trim();
  }
  return found;
}

/** Names of required fields that are empty. */
function missing(fields, typed) {
  const values = valuesOf(fields, typed);
  return fields.filter((field) => field.required && values[field.name] === undefined).map((field) => field.name);
}

/** What a sampled inspection asks besides its form: how many were looked at, and how many of them failed. */
function samplingOf(inspection, words) {
  if (!inspection.sampling) return [];
  const ask = (name, title, said) => ({ name, kind: "number", options: [], title, unit: "", help: "", required: true, measured: true, limits: {}, said });
  const { sample_size: size, accept, reject } = inspection.sampling;
  return [ask(SAMPLE, words("sample_size"), `n = ${size}`), ask(DEFECTIVES, words("defectives"), `Ac ${accept} / Re ${reject}`)];
}

/** {values, inspected} of an entry. */
function enteredOf(fields, typed) {
  const { [SAMPLE]: size, [DEFECTIVES]: defectives, ...values } = valuesOf(fields, typed);
  return { values, inspected: size === undefined ? null : { sample_size: Number(size), defectives: Number(defectives) } };
}

/** Which limits hold for an inspection: its own, else those of form and product, else the form's. */
function limitsOf(pack, inspection, form, productId) {
  const own = inspection && inspection.limits;
  const ofProduct = (pack.limits_of || []).find((each) => each.form_version_id === form.id && each.product_id === productId);
  return pack.limits[own || (ofProduct && ofProduct.key) || form.limits] || {};
}

module.exports = { fieldsOf, broken, valuesOf, missing, limitsOf, samplingOf, enteredOf };
