"""The two checks of a minted code, and the verdict they give without a database read.

The *unkeyed* check finds a typing slip: sum(w_i * s_i) = 0 in GF(32) over all 20 symbols, with weights that
are 20 different powers of a generator. One wrong symbol changes the sum by w * d != 0, two symbols swapped by
(w_i + w_j) * d != 0: neither can pass. The *keyed* check, 10 bits of AES-256 over the 17 symbols before it,
cannot be made up without the key whose number the code carries.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from server.domains.codes.alphabet import (
    ALPHABET,
    CODE_LENGTH,
    FROM_DIGITS,
    MARK,
    SEPARATORS,
    TO_DIGITS,
)

KEY_BYTES: Final = 32
PRF_BLOCK_BYTES: Final = 16
_CHECK_BITS: Final = 15  # keyed 10 + unkeyed 5, the last three symbols
_KEY_NUMBER_SHIFT: Final = 5 * (CODE_LENGTH - 2)
_MARK_DIGIT: Final = MARK.encode().translate(TO_DIGITS)[0]
_SEPARATOR_BYTES: Final = SEPARATORS.encode()


def multiply(a: int, b: int) -> int:
    """Product in GF(32) with the primitive polynomial x^5 + x^2 + 1."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = (a << 1) ^ (0b100101 if a & 0b10000 else 0)
        b >>= 1
    return product


def _powers_of_two(count: int) -> list[int]:
    powers = [1]
    while len(powers) < count:
        powers.append(multiply(powers[-1], 2))
    return powers


WEIGHTS: Final = tuple(reversed(_powers_of_two(CODE_LENGTH)))
"""Weight of each of the 20 symbols, from the left; the check symbol itself has weight 1."""


def _parity_masks() -> tuple[int, ...]:
    """Five masks over the code's 100 bits: bit k of the sum is the parity of `value & masks[k]`.

    Multiplying by a constant is linear over bits, so the whole sum is five parities of one big number.
    """
    masks = [0] * 5
    for position, weight in enumerate(WEIGHTS):
        shift = 5 * (CODE_LENGTH - 1 - position)
        for bit in range(5):
            image = multiply(weight, 1 << bit)
            for k in range(5):
                masks[k] |= (image >> k & 1) << (shift + bit)
    return tuple(masks)


PARITY_MASKS: Final = _parity_masks()
_M0, _M1, _M2, _M3, _M4 = PARITY_MASKS


def unkeyed_sum(value: int) -> int:
    """The weighted sum over the 20 symbols of `value` (100 bits): 0 where the unkeyed check is right."""
    return (
        ((value & _M0).bit_count() & 1)
        | ((value & _M1).bit_count() & 1) << 1
        | ((value & _M2).bit_count() & 1) << 2
        | ((value & _M3).bit_count() & 1) << 3
        | ((value & _M4).bit_count() & 1) << 4
    )


def unkeyed_holds(value: int) -> bool:
    """Whether `unkeyed_sum(value)` is 0, in half the time: all five parities are even."""
    return not 1 & (
        (value & _M0).bit_count()
        | (value & _M1).bit_count()
        | (value & _M2).bit_count()
        | (value & _M3).bit_count()
        | (value & _M4).bit_count()
    )


def prf(key: bytes) -> CipherContext:
    """AES-256 over independent 16-byte blocks; raises ValueError unless the key has 32 bytes.

    ECB is right here: each block is one input of a pseudo-random function, nothing is ever decrypted.
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"a code key has {KEY_BYTES} bytes")
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305


def keyed_check(context: CipherContext, payload: int) -> int:
    """The 10 bits kept of the PRF over `payload`: the 17 symbols (85 bits) before the checks."""
    block = context.update(payload.to_bytes(PRF_BLOCK_BYTES, "big"))
    return block[0] << 2 | block[1] >> 6


def complete(context: CipherContext, payload: int) -> int:
    """The 100-bit value of the whole code whose first 17 symbols are `payload`."""
    unchecked = (payload << 10 | keyed_check(context, payload)) << 5
    return unchecked | unkeyed_sum(unchecked)


class Verdict(StrEnum):
    MINTED = "minted"
    TYPING_SLIP = "typing_slip"
    UNKNOWN = "unknown"
    FOREIGN = "foreign"


# Looked up once: reading a member off its enum costs more than the parity sums.
_MINTED, _SLIP = Verdict.MINTED, Verdict.TYPING_SLIP
_UNKNOWN, _FOREIGN = Verdict.UNKNOWN, Verdict.FOREIGN


class Classified(NamedTuple):
    """`identity` is the text to look up (only MINTED and FOREIGN are looked up).

    `if_missing` is the verdict to give where the look-up finds nothing: a foreign text may be a minted
    code with a slip in the mark itself.
    """

    verdict: Verdict
    identity: str
    if_missing: Verdict


class Classifier:
    """Judges printed texts with the platform's code keys (key number 0–31 -> 32 bytes).

    Prepared once and kept: about a microsecond or two a text. Not for several threads at once.
    """

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        if not all(0 <= number < len(ALPHABET) for number in keys):
            raise ValueError("key numbers are 0 to 31")
        self._contexts = {number: prf(key) for number, key in keys.items()}

    def classify(self, text: str) -> Classified:
        """Verdict on a text as scanned or typed; never raises, reads no database."""
        digits = text.encode("ascii", "replace").translate(TO_DIGITS, _SEPARATOR_BYTES)
        if len(digits) != CODE_LENGTH or digits[0] != _MARK_DIGIT:
            return Classified(_FOREIGN, text, self._slip_in_the_frame(digits))
        verdict = self._judge(digits)
        if_missing = _UNKNOWN if verdict is _MINTED else verdict
        return Classified(verdict, digits.translate(FROM_DIGITS).decode(), if_missing)

    def _judge(self, digits: bytes) -> Verdict:
        try:
            value = int(digits, 32)
        except ValueError:
            return _SLIP
        if not unkeyed_holds(value):
            return _SLIP
        context = self._contexts.get(value >> _KEY_NUMBER_SHIFT & 31)
        if context is None or keyed_check(context, value >> _CHECK_BITS) != value >> 5 & 1023:
            return _UNKNOWN
        return _MINTED

    def _slip_in_the_frame(self, digits: bytes) -> Verdict:
        """TYPING_SLIP where a wrong or swapped mark, or one symbol too few or too many, explains the text."""
        if len(digits) == CODE_LENGTH:
            mark = bytes([_MARK_DIGIT])
            candidates = [mark + digits[1:]]
            if digits[1] == _MARK_DIGIT:
                candidates.append(mark + digits[:1] + digits[2:])
            slipped = any(self._judge(candidate) is _MINTED for candidate in candidates)
        else:
            slipped = abs(len(digits) - CODE_LENGTH) == 1 and self._starts_like_minted(digits)
        return _SLIP if slipped else _UNKNOWN

    def _starts_like_minted(self, digits: bytes) -> bool:
        if digits[0] != _MARK_DIGIT:
            return False
        try:
            number = int(digits, 32) >> 5 * (len(digits) - 2) & 31
        except ValueError:
            return False
        return number in self._contexts


def identity_of_text(text: str) -> str:
    """The text to look up for what was typed: minted codes as they are stored, any other text as given."""
    if not is_reserved(text):
        return text
    digits = text.encode("ascii", "replace").translate(TO_DIGITS, _SEPARATOR_BYTES)
    return digits.translate(FROM_DIGITS).decode()


def is_reserved(text: str) -> bool:
    """Whether `text` has the form of a minted code, right or wrong: no other kind of code may use it."""
    digits = text.encode("ascii", "replace").translate(TO_DIGITS, _SEPARATOR_BYTES)
    return len(digits) == CODE_LENGTH and digits[0] == _MARK_DIGIT
