// Signing at a shared terminal: the badge says who, the PIN opens his key for this terminal, the key signs the very text of the entry. All of it
// works without a network. Wrong PINs are counted on the phone, so that restarting does not clear them, and told to the server when it is
// reached, so that setting the terminal up anew does not either.

const { Refused } = require("./api");
const { opened } = require("./aes_gcm");
const { afterTry, standing } = require("./pins");
const { digest, hex, hmac, pbkdf2 } = require("./sha256");
const { fromBase64, toBase64, utf8 } = require("./texts");

const UNTOLD = "pin_tries";
const MOST_UNTOLD = 200;
const pause = () => new Promise((resolve) => { setTimeout(resolve, 0); });

function makeBadges(store, now = Date.now) {
  const name = (badgeId) => `pin:${badgeId}`;

  const signerOf = (text, signers) => {
    const found = hex(digest(utf8(text.trim())));
    return (signers || []).find((each) => each.badge_digest === found) || null;
  };

  /** The signing key, or null for a wrong PIN. */
  async function unlock(signer, terminalId, pin) {
    if (!signer.wrapped) return null;
    const key = await pbkdf2(utf8(pin), fromBase64(signer.salt), signer.iterations, pause);
    return opened(key, fromBase64(signer.iv), utf8(`${terminalId}|${signer.badge_id}|${signer.key_no}`), fromBase64(signer.wrapped));
  }

  const sign = (signer, key, text) => ({ badge_id: signer.badge_id, key_no: signer.key_no, mac: toBase64(hmac(key, utf8(text))) });

  /** {locked, wait, left}: whether this badge may try, and how often. */
  const standingOf = (signer, rules) => standing(store.get(name(signer.badge_id)), signer, rules, now());

  /** Counts a try; a wrong one waits to be told. */
  function tried(signer, right, rules, id) {
    store.set(name(signer.badge_id), afterTry(store.get(name(signer.badge_id)), signer, right, rules, now()));
    if (right) return;
    const untold = store.get(UNTOLD) || [];
    store.set(UNTOLD, [...untold, { id, badge_id: signer.badge_id, key_no: signer.key_no, at: new Date(now()).toISOString() }].slice(-MOST_UNTOLD));
  }

  /** Up before the entries, whose right PIN forgives them. A refusal holds up no entry. */
  async function tell(send) {
    const tries = store.get(UNTOLD) || [];
    if (!tries.length) return;
    try {
      await send({ sent_at: new Date(now()).toISOString(), tries });
    } catch (error) {
      if (error instanceof Refused) return;
      throw error;
    }
    const told = new Set(tries.map((each) => each.id));
    store.set(UNTOLD, (store.get(UNTOLD) || []).filter((each) => !told.has(each.id)));
  }

  return { signerOf, unlock, sign, standingOf, tried, tell };
}

module.exports = { makeBadges };
