// Scanners and scales that type: what arrives while no field has the focus is gathered until Enter.

const IDLE = 2000;
let gathered = "", last = 0, taker = null;

// Who takes it from now on; returns who did before.
export function onWedge(take) {
  const before = taker;
  taker = take;
  return before;
}

// What was typed so far, for a field that takes the focus in the middle of it.
export function drain() {
  const text = gathered;
  gathered = "";
  return text;
}

// What a key adds to what was gathered: {gathered, text?}. Pure.
export function key(before, pressed) {
  if (pressed === "Enter" || pressed === "Tab") return { gathered: "", text: before.trim() || undefined };
  return { gathered: pressed.length === 1 ? before + pressed : before };
}

export function listen() {
  document.addEventListener("keydown", (event) => {
    if (!taker || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (event.timeStamp - last > IDLE) gathered = "";
    last = event.timeStamp;
    const next = key(gathered, event.key);
    const fromButton = event.target.closest("button, a, summary") && (event.key === "Enter" || event.key === " ") && !gathered;
    gathered = next.gathered;
    if (next.text && !fromButton) {
      event.preventDefault();
      taker(next.text);
    }
  });
}
