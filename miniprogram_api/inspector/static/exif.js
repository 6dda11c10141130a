// Time and place of capture out of a JPEG's EXIF block. Pure; anything unreadable is simply not there.

const ASCII = 2, RATIONAL = 5;

export function readExif(buffer) {
  try {
    const view = new DataView(buffer);
    if (view.getUint16(0) !== 0xffd8) return {};
    for (let at = 2; at + 4 < view.byteLength;) {
      const marker = view.getUint16(at), size = view.getUint16(at + 2);
      if (marker === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return fields(view, at + 10);
      if ((marker & 0xff00) !== 0xff00 || marker === 0xffda) break;
      at += 2 + size;
    }
  } catch { /* cut off, or not what it says */ }
  return {};
}

function fields(view, base) {
  const little = view.getUint16(base) === 0x4949;
  const u16 = (at) => view.getUint16(base + at, little), u32 = (at) => view.getUint32(base + at, little);
  const directory = (start) => {
    const found = new Map();
    for (let index = 0, count = u16(start); index < count; index += 1) {
      const at = start + 2 + index * 12;
      found.set(u16(at), { type: u16(at + 2), count: u32(at + 4), at: at + 8 });
    }
    return found;
  };
  const text = (tag) => {
    if (!tag || tag.type !== ASCII) return null;
    const start = base + (tag.count > 4 ? u32(tag.at) : tag.at);
    return [...new Uint8Array(view.buffer, view.byteOffset + start, tag.count)].filter(Boolean).map((byte) => String.fromCharCode(byte)).join("");
  };
  const degrees = (tag, side) => {
    if (!tag || tag.type !== RATIONAL || tag.count !== 3) return null;
    const start = u32(tag.at);
    const [whole, minutes, seconds] = [0, 8, 16].map((step) => u32(start + step) / (u32(start + step + 4) || 1));
    return (whole + minutes / 60 + seconds / 3600) * ("SW".includes(side) ? -1 : 1);
  };
  const main = directory(u32(4));
  const more = main.has(0x8769) ? directory(u32(main.get(0x8769).at)) : new Map();
  const place = main.has(0x8825) ? directory(u32(main.get(0x8825).at)) : new Map();
  const latitude = degrees(place.get(2), text(place.get(1)) || "N"), longitude = degrees(place.get(4), text(place.get(3)) || "E");
  return { taken: moment(text(more.get(0x9003)) || text(main.get(0x0132)), text(more.get(0x9011))), latitude, longitude };
}

// "2026:05:06 08:12:00" in the camera's own time zone, where it names one, else in the phone's.
function moment(text, zone) {
  const parts = text?.match(/^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$/);
  if (!parts) return null;
  const made = new Date(`${parts[1]}-${parts[2]}-${parts[3]}T${parts[4]}${/^[+-]\d\d:\d\d$/.test(zone || "") ? zone : ""}`);
  return Number.isNaN(made.getTime()) ? null : made.toISOString();
}
