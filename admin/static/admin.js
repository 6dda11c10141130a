// What every back-office page does: say it when a request failed, and let "/" find the search box.

const flashes = () => document.getElementById("flashes");

function flash(kind, text) {
  const line = document.createElement("p");
  line.className = `flash ${kind}`;
  line.textContent = text;
  flashes().replaceChildren(line);
}

// A server fault (not swapped in, see the htmx-config) or no answer at all.
document.addEventListener("htmx:error", () => flash("error", document.body.dataset.failed));
document.addEventListener("htmx:response:error", (event) => {
  if (event.detail.ctx.response.status >= 500) flash("error", document.body.dataset.failed);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input, textarea, select")) return;
  const box = document.getElementById("q");
  if (box) {
    event.preventDefault();
    box.select();
  }
});
