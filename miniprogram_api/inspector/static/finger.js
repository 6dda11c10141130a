// A tap counts only where it began and ended on the same element: what draws itself anew, unasked, waits until the finger is up.

const CLICK_MS = 80; // between the finger's going up and the click that follows, if one does
const LONGEST_MS = 2000; // a finger that rests, or whose going up nobody told

let up = Promise.resolve(), lift = () => {};

document.addEventListener("pointerdown", () => {
  up = new Promise((done) => {
    lift = done;
    setTimeout(done, LONGEST_MS);
  });
}, { capture: true });

// Later than the event itself: a link that is drawn over while it is clicked leads nowhere.
for (const [end, pause] of [["click", 0], ["pointerup", CLICK_MS], ["pointercancel", 0]]) document.addEventListener(end, () => setTimeout(lift, pause), { capture: true });

// Resolves when no finger is on the page.
export const fingerUp = () => up;
