// What can read a code here: WeChat's scanner, Alipay's, the browser's own detector, jsQR. A picture is read by the last two.

import { json } from "./api.js";

const WECHAT = /MicroMessenger/i.test(navigator.userAgent), ALIPAY = /AlipayClient/i.test(navigator.userAgent);
const FORMATS = ["qr_code", "data_matrix", "code_128", "ean_13"];
let wx = null, detector, jsQR = null;

function script(address) {
  return new Promise((resolve, reject) => {
    const node = Object.assign(document.createElement("script"), { src: address, onload: resolve, onerror: () => reject(new Error(address)) });
    document.head.append(node);
  });
}

// WeChat's scanner, once it has agreed to this page; null anywhere else or where it has not.
async function wechat() {
  if (!WECHAT) return null;
  if (wx) return wx;
  const told = await json(`/api/v1/wechat/page-configuration?${new URLSearchParams({ page: location.href.split("#")[0] })}`);
  globalThis.module = { exports: {} };
  await script(document.body.dataset.jweixin);
  const found = globalThis.module.exports;
  delete globalThis.module;
  await new Promise((resolve, reject) => {
    found.ready(resolve);
    found.error(reject);
    found.config({ debug: false, ...told, jsApiList: ["scanQRCode"] });
  });
  wx = found;
  return wx;
}

// The scanner of the app around the page: resolves with a text, null when the person went back, undefined where there is none.
export async function byHost() {
  if (ALIPAY && globalThis.AlipayJSBridge) {
    return new Promise((resolve) => globalThis.AlipayJSBridge.call("scan", { type: "qr" }, (told) => resolve(told.codeContent || told.qrCode || told.barCode || null)));
  }
  try {
    const host = await wechat();
    if (!host) return undefined;
    return await new Promise((resolve) => host.scanQRCode({
      needResult: 1, scanType: ["qrCode", "barCode"], success: (told) => resolve(told.resultStr.replace(/^[A-Z0-9_]+,/, "")),
      cancel: () => resolve(null), fail: () => resolve(undefined),
    }));
  } catch {
    return undefined; // without a network, or not agreed: the camera does it
  }
}

async function ownDetector() {
  if (detector !== undefined) return detector;
  detector = null;
  try {
    const known = await globalThis.BarcodeDetector?.getSupportedFormats();
    if (known?.includes("qr_code")) detector = new globalThis.BarcodeDetector({ formats: FORMATS.filter((each) => known.includes(each)) });
  } catch { /* announced, but not there */ }
  return detector;
}

async function pixels() {
  if (!jsQR) {
    await script(document.body.dataset.jsqr);
    jsQR = globalThis.jsQR;
  }
  return jsQR;
}

// The first code in a video frame or a picture, or null.
export async function readFrom(source, width, height, canvas) {
  const own = await ownDetector();
  if (own) {
    const found = await own.detect(source).catch(() => null);
    if (found) return found[0]?.rawValue || null;
    detector = null;
  }
  const read = await pixels();
  const scale = Math.min(1, 1000 / Math.max(width, height));
  Object.assign(canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  const image = pen.getImageData(0, 0, canvas.width, canvas.height);
  return read(image.data, canvas.width, canvas.height)?.data || null;
}

export async function readPicture(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  return readFrom(picture, picture.width, picture.height, document.createElement("canvas"));
}
