// Text as UTF-8 and bytes as base64: the platforms offer neither in every version.

const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function utf8(text) {
  const found = [];
  for (const sign of text) {
    const point = sign.codePointAt(0);
    if (point < 0x80) found.push(point);
    else if (point < 0x800) found.push(0xc0 | (point >> 6), 0x80 | (point & 63));
    else if (point < 0x10000) found.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
    else found.push(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63));
  }
  return Uint8Array.from(found);
}

function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const three = (bytes[at] << 16) | ((bytes[at + 1] || 0) << 8) | (bytes[at + 2] || 0);
    const four = [18, 12, 6, 0].map((by) => SIGNS[(three >> by) & 63]).join("");
    text += at + 2 < bytes.length ? four : four.slice(0, bytes.length - at + 1).padEnd(4, "=");
  }
  return text;
}

function fromBase64(text) {
  const plain = text.replace(/=+$/, "");
  const found = new Uint8Array(Math.floor((plain.length * 3) / 4));
  let held = 0, bits = 0, at = 0;
  for (const sign of plain) {
    held = (held << 6) | SIGNS.indexOf(sign);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      found[at] = (held >> bits) & 255;
      at += 1;
    }
  }
  return found;
}

module.exports = { utf8, toBase64, fromBase64 };
