// How a badge stands at this terminal: wrong PINs in a row, its own and those the server knows of. Pure.
// `held`: {key_no, wrong, base, until} as it is kept, or nothing yet. `base`: of the server's count, what the right PIN has forgiven here.

const own = (held, signer) => (held?.key_no === signer.key_no ? held : { key_no: signer.key_no, wrong: 0, base: 0, until: 0 });

function inRow(held, signer) {
  const base = (signer.wrong_tries || 0) >= held.base ? held.base : 0;
  return Math.max(held.wrong, (signer.wrong_tries || 0) - base);
}

// `locked`: nothing opens it until its PIN is another. `wait`: seconds until the next try, `left`: tries until it is locked.
export function standing(held, signer, rules, now) {
  const mine = own(held, signer);
  const left = Math.max(0, rules.pin_most - inRow(mine, signer));
  return { locked: !signer.wrapped || left === 0, wait: Math.max(0, Math.ceil((mine.until - now) / 1000)), left };
}

// What is kept after a try.
export function afterTry(held, signer, right, rules, now) {
  const mine = own(held, signer);
  if (right) return { key_no: signer.key_no, wrong: 0, base: signer.wrong_tries || 0, until: 0 };
  const wrong = inRow(mine, signer) + 1;
  return { ...mine, wrong, until: wrong % rules.pin_tries === 0 ? now + rules.pin_wait_seconds * 1000 : 0 };
}
