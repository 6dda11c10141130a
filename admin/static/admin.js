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

// A form is sent once: a second click while the first is under way would do it twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
});

// On a phone the bar of pages is wider than the screen: where we are is in sight.
document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// What was refused is read first, also by who cannot see it.
document.querySelector("[data-focus]")?.focus();

// Back from another page: the forms may be sent again.
addEventListener("pageshow", () => {
  document.querySelectorAll("[data-once]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
  });
});
