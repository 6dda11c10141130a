// Signing at a shared terminal: the badge says who, the PIN opens his key for this terminal, the key signs the very text of the entry. All of it
// works without a network. The count of wrong PINs is kept on the phone, so that restarting does not clear it.

const { opened } = require("./aes_gcm");
const { digest, hex, hmac, pbkdf2 } = require("./sha256");
const { fromBase64, toBase64, utf8 } = require("./texts");

const pause = () => new Promise((resolve) => { setTimeout(resolve, 0); });

function makeBadges(store, now = Date.now) {
  const name = (badgeId) => `pin:${badgeId}`;

  const signerOf = (text, signers) => {
    const found = hex(digest(utf8(text.trim())));
    return (signers || []).find((each) => each.badge_digest === found) || null;
  };

  /** The signing key, or null for a wrong PIN. */
  async function unlock(signer, terminalId, pin) {
    const key = await pbkdf2(utf8(pin), fromBase64(signer.salt), signer.iterations, pause);
    return opened(key, fromBase64(signer.iv), utf8(`${terminalId}|${signer.badge_id}|${signer.key_no}`), fromBase64(signer.wrapped));
  }

  const sign = (signer, key, text) => ({ badge_id: signer.badge_id, key_no: signer.key_no, mac: toBase64(hmac(key, utf8(text))) });

  /** Seconds still to wait before this badge may try again. */
  const waitOf = (badgeId) => Math.max(0, Math.ceil((((store.get(name(badgeId)) || {}).until || 0) - now()) / 1000));

  function tried(badgeId, right, rules) {
    if (right) return store.remove(name(badgeId));
    const wrong = ((store.get(name(badgeId)) || {}).wrong || 0) + 1;
    const over = wrong >= rules.pin_tries;
    return store.set(name(badgeId), { wrong: over ? 0 : wrong, until: over ? now() + rules.pin_wait_seconds * 1000 : 0 });
  }

  return { signerOf, unlock, sign, waitOf, tried };
}

module.exports = { makeBadges };
