// SHA-256 (FIPS 180-4), HMAC and PBKDF2 over it: the platforms offer none of them. The server checks by it that a photo came up whole, and a
// PIN opens a signing key by it, 300,000 rounds, so the inner loop makes no objects.

const PRIMES = [];
for (let candidate = 2; PRIMES.length < 64; candidate += 1) {
  if (PRIMES.every((prime) => candidate % prime)) PRIMES.push(candidate);
}
const fraction = (root) => Math.floor((root - Math.floor(root)) * 2 ** 32) | 0;
const ROUNDS = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const W = new Int32Array(64);

/** One block of sixteen words in `W` into `state`. */
function compress(state) {
  for (let i = 16; i < 64; i += 1) {
    const x = W[i - 15], y = W[i - 2];
    const low = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const high = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    W[i] = (W[i - 16] + low + W[i - 7] + high) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i += 1) {
    const one = (h + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) + ((e & f) ^ (~e & g)) + ROUNDS[i] + W[i]) | 0;
    const two = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

function digest(bytes) {
  const state = START.slice();
  const view = new DataView(padded(bytes).buffer);
  for (let offset = 0; offset < view.byteLength; offset += 64) {
    for (let i = 0; i < 16; i += 1) W[i] = view.getInt32(offset + i * 4);
    compress(state);
  }
  return bytesOf(state);
}

function padded(bytes) {
  const all = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  all.set(bytes);
  all[bytes.length] = 0x80;
  const view = new DataView(all.buffer);
  view.setUint32(all.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(all.length - 4, (bytes.length << 3) >>> 0);
  return all;
}

function bytesOf(words) {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, at) => view.setInt32(at * 4, word));
  return bytes;
}

function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function pads(key) {
  const block = new Uint8Array(64);
  block.set(key.length > 64 ? digest(key) : key);
  return [block.map((byte) => byte ^ 0x36), block.map((byte) => byte ^ 0x5c)];
}

function hmac(key, bytes) {
  const [inner, outer] = pads(key);
  return digest(joined(outer, digest(joined(inner, bytes))));
}

/** 32 bytes. `pause` gives a promise now and then, so that the page stays alive. */
async function pbkdf2(password, salt, iterations, pause) {
  const [inner, outer] = pads(password).map((pad) => {
    const state = START.slice();
    const view = new DataView(pad.buffer);
    for (let i = 0; i < 16; i += 1) W[i] = view.getInt32(i * 4);
    compress(state);
    return state;
  });
  const first = new DataView(hmac(password, joined(salt, Uint8Array.of(0, 0, 0, 1))).buffer);
  const round = Int32Array.from({ length: 8 }, (_, at) => first.getInt32(at * 4));
  const sum = round.slice();
  for (let done = 1; done < iterations; done += 1) {
    again(round, inner);
    again(round, outer);
    for (let i = 0; i < 8; i += 1) sum[i] ^= round[i];
    if (done % 20000 === 0) await pause();
  }
  return bytesOf(sum);
}

const state = new Int32Array(8);

/** The digest of a block that is known (`from`) followed by the eight words of `round`, into `round`. */
function again(round, from) {
  state.set(from);
  W.set(round);
  W.fill(0, 8, 16);
  W[8] = 0x80000000;
  W[15] = 768;
  compress(state);
  round.set(state);
}

const sha256 = (buffer) => hex(digest(new Uint8Array(buffer)));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

module.exports = { sha256, digest, hex, hmac, pbkdf2 };
