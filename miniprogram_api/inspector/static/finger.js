// A tap counts only where it began and ended on the same element: what draws itself anew, unasked, waits until the finger is up.

const CLICK_MS = 80; // between the finger's going up and the click that follows
const LONGEST_MS = 2000; // a finger that rests, or whose going up nobody told

let up = Promise.resolve();

document.addEventListener("pointerdown", () => {
  up = new Promise((done) => {
    for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => setTimeout(done, CLICK_MS), { once: true, capture: true });
    setTimeout(done, LONGEST_MS);
  });
}, { capture: true });

// Resolves when no finger is on the page.
export const fingerUp = () => up;
