// Signing on the glass: what is drawn becomes the file of the field, as if a picture had been chosen.

function pad(field) {
  const input = field.querySelector("input[type=file]");
  const canvas = document.createElement("canvas");
  const clear = document.createElement("button");
  Object.assign(canvas, { width: 900, height: 260, className: "pad" });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", field.dataset.pad);
  Object.assign(clear, { type: "button", className: "quiet small", textContent: field.dataset.clear });
  input.before(canvas, clear);
  const pen = canvas.getContext("2d");
  let drawing = false;

  function blank() {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    Object.assign(pen, { strokeStyle: "#111", lineWidth: 5, lineCap: "round", lineJoin: "round" });
  }

  function at(event) {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * canvas.width) / box.width, ((event.clientY - box.top) * canvas.height) / box.height];
  }

  function keep() {
    canvas.toBlob((blob) => {
      const files = new DataTransfer();
      files.items.add(new File([blob], "signature.png", { type: "image/png" }));
      input.files = files.files;
    }, "image/png");
  }

  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(...at(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    pen.lineTo(...at(event));
    pen.stroke();
  });
  canvas.addEventListener("pointerup", () => {
    if (drawing) keep();
    drawing = false;
  });
  clear.addEventListener("click", () => {
    blank();
    input.value = "";
  });
  blank();
}

document.querySelectorAll("[data-sign]").forEach(pad);
