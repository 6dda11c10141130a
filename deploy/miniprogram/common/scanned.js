// From what a platform hands to the page it opened to the address that was printed.

/** WeChat: `q` holds the whole address, percent-encoded once. Alipay: `qrCode`, as it was printed. Else `code`, the bare text. */
function addressOf(options) {
  const given = options || {};
  const text = given.q || given.qrCode || given.code || "";
  return /^https?%3a%2f%2f/i.test(text) ? decoded(text) : text;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    return text; // a stray % on the label: the server reads what it can
  }
}

/** Where the answer for this address, or this code, is asked for. */
function questionOf(text) {
  const encoded = encodeURIComponent(text);
  return text.includes("://") ? `/api/v1/public/codes?url=${encoded}` : `/api/v1/public/codes/${encoded}`;
}

module.exports = { addressOf, questionOf };
