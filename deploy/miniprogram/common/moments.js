// Times as they are read in China, wherever the phone is: Beijing is eight hours ahead of UTC, all year.

const AHEAD = 8 * 3600 * 1000;

function shifted(value) {
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? null : new Date(at.getTime() + AHEAD).toISOString();
}

/** "2026-05-06" of a day or a moment; blank of nothing. */
function day(value) {
  if (!value) return "";
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return value;
  return (shifted(value) || "").slice(0, 10);
}

/** "2026-05-06 08:30". */
function moment(value) {
  if (!value || /^\d{4}-\d{2}-\d{2}$/.test(value)) return value || "";
  return (shifted(value) || "").slice(0, 16).replace("T", " ");
}

module.exports = { day, moment };
