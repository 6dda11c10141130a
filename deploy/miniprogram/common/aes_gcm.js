// AES-256-GCM (FIPS 197, SP 800-38D), opening only, with a nonce of twelve bytes: the platforms offer none. A few blocks at a time.

const BOX = new Uint8Array(256);
(function fill() {
  let p = 1, q = 1;
  do {
    p = (p ^ (p << 1) ^ (p & 0x80 ? 0x11b : 0)) & 255;
    q ^= q << 1; q ^= q << 2; q ^= q << 4; q &= 255;
    if (q & 0x80) q ^= 0x09;
    const turned = (by) => ((q << by) | (q >> (8 - by))) & 255;
    BOX[p] = q ^ turned(1) ^ turned(2) ^ turned(3) ^ turned(4) ^ 0x63;
  } while (p !== 1);
  BOX[0] = 0x63;
}());
const doubled = (byte) => ((byte << 1) ^ (byte & 0x80 ? 0x11b : 0)) & 255;
const ROUNDS = 14;

function expanded(key) {
  const all = new Uint8Array(16 * (ROUNDS + 1));
  all.set(key);
  let constant = 1;
  for (let at = 32; at < all.length; at += 4) {
    let word = Array.from(all.subarray(at - 4, at));
    if (at % 32 === 0) {
      word = [word[1], word[2], word[3], word[0]].map((byte) => BOX[byte]);
      word[0] ^= constant;
      constant = doubled(constant);
    } else if (at % 32 === 16) word = word.map((byte) => BOX[byte]);
    for (let i = 0; i < 4; i += 1) all[at + i] = all[at - 32 + i] ^ word[i];
  }
  return all;
}

function encrypted(keys, block) {
  let state = block.map((byte, i) => byte ^ keys[i]);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const moved = state.map((_, i) => BOX[state[(i + 4 * (i % 4)) % 16]]);
    const mixed = round === ROUNDS ? moved : moved.map((byte, i) => {
      const column = i - (i % 4);
      const [next, third, fourth] = [1, 2, 3].map((by) => moved[column + ((i + by) % 4)]);
      return doubled(byte) ^ doubled(next) ^ next ^ third ^ fourth;
    });
    state = mixed.map((byte, i) => byte ^ keys[round * 16 + i]);
  }
  return state;
}

/** x · y in GF(2^128) as GCM counts its bits. */
function product(x, y) {
  const sum = new Uint8Array(16);
  let moving = y.slice();
  for (let bit = 0; bit < 128; bit += 1) {
    if ((x[bit >> 3] >> (7 - (bit & 7))) & 1) for (let i = 0; i < 16; i += 1) sum[i] ^= moving[i];
    const carry = moving[15] & 1;
    moving = moving.map((byte, i) => (byte >> 1) | (i ? (moving[i - 1] & 1) << 7 : 0));
    if (carry) moving[0] ^= 0xe1;
  }
  return sum;
}

function hashed(key, about, sealed) {
  let sum = new Uint8Array(16);
  const lengths = new Uint8Array(16);
  new DataView(lengths.buffer).setUint32(4, about.length * 8);
  new DataView(lengths.buffer).setUint32(12, sealed.length * 8);
  for (const part of [about, sealed, lengths]) {
    for (let at = 0; at < part.length; at += 16) {
      const block = sum.slice();
      part.subarray(at, at + 16).forEach((byte, i) => { block[i] ^= byte; });
      sum = product(block, key);
    }
  }
  return sum;
}

/** The plain bytes, or null where the key, the nonce, what it is about or the bytes are not those it was sealed with. */
function opened(key, nonce, about, wrapped) {
  const keys = expanded(key);
  const counter = (number) => {
    const block = new Uint8Array(16);
    block.set(nonce);
    new DataView(block.buffer).setUint32(12, number);
    return encrypted(keys, block);
  };
  const sealed = wrapped.subarray(0, wrapped.length - 16);
  const mask = counter(1);
  const tag = hashed(encrypted(keys, new Uint8Array(16)), about, sealed).map((byte, i) => byte ^ mask[i]);
  let different = 0;
  tag.forEach((byte, i) => { different |= byte ^ wrapped[sealed.length + i]; });
  if (different) return null;
  const plain = sealed.slice();
  for (let at = 0; at < plain.length; at += 16) {
    const block = counter(2 + at / 16);
    for (let i = at; i < Math.min(at + 16, plain.length); i += 1) plain[i] ^= block[i - at];
  }
  return plain;
}

module.exports = { opened };
