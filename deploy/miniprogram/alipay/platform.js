// Alipay's calls in the words that the shared code uses.

const promised = (call, options) => new Promise((resolve, reject) => call({ ...options, success: resolve, fail: reject }));
const cancelled = () => null;
const bytes = (length) => Uint8Array.from({ length }, () => Math.floor(Math.random() * 256)); // the platform offers no better source
const hex = (byte) => byte.toString(16).padStart(2, "0");

module.exports = {
  signInPath: "/api/v1/auth/alipay",
  language: () => (my.getSystemInfoSync().language || "").slice(0, 2),
  label: () => `Alipay ${my.getSystemInfoSync().model || ""}`.trim().slice(0, 60),
  /** An answer that is no success comes through `fail` here, with its status. */
  async send({ url, method, headers, body }) {
    const raw = body instanceof ArrayBuffer || body === undefined ? body : JSON.stringify(body);
    const options = { url, method, headers, data: raw, dataType: "text", timeout: 15000 };
    const answer = await promised(my.request, options).catch((error) => {
      if (!error.status) throw error;
      return error;
    });
    return { status: answer.status, data: parsed(answer.data), headers: answer.headers };
  },
  store: {
    get: (key) => my.getStorageSync({ key }).data || undefined,
    set: (key, data) => my.setStorageSync({ key, data }),
    remove: (key) => my.removeStorageSync({ key }),
  },
  files: {
    async part(filePath, position, length) {
      const whole = (await promised((o) => my.getFileSystemManager().readFile(o), { filePath })).data;
      return whole.slice(position, position + length);
    },
    forget: (filePath) => promised((o) => my.getFileSystemManager().unlink(o), { filePath }).catch(cancelled),
  },
  random: async (length) => bytes(length),
  newIdNow: () => {
    const text = Array.from(bytes(16)).map(hex).join("");
    return `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-a${text.slice(17, 20)}-${text.slice(20)}`;
  },
  signInCode: async () => (await promised(my.getAuthCode, { scopes: "auth_base" })).authCode,
  scan: () => promised(my.scan, { scanType: ["qrCode", "barCode"] }).then((found) => found.code, cancelled),
  /** A new photo, kept in the app's own folder until it has been sent. */
  async picture() {
    const chosen = await promised(my.chooseImage, { count: 1, sourceType: ["camera"], sizeType: ["compressed"] }).catch(cancelled);
    if (!chosen) return null;
    const [filePath] = chosen.apFilePaths || chosen.tempFilePaths;
    const saved = await promised(my.saveFile, { apFilePath: filePath });
    const path = saved.apFilePath;
    return { path, size: (await promised(my.getFileInfo, { apFilePath: path })).size };
  },
  /** Pictures for a report, of the camera or the album; they are not kept. */
  async pictures(count) {
    const chosen = await promised(my.chooseImage, { count, sourceType: ["camera", "album"], sizeType: ["compressed"] }).catch(cancelled);
    return chosen ? (chosen.apFilePaths || chosen.tempFilePaths).map((path) => ({ path, size: 0 })) : [];
  },
  async upload({ url, path, name, headers }) {
    const options = { url, filePath: path, fileName: name, name, fileType: "image", headers };
    const answer = await promised(my.uploadFile, options).catch((error) => {
      if (!error.statusCode) throw error;
      return error;
    });
    return { status: Number(answer.statusCode), data: parsed(answer.data) };
  },
  copy: (text) => promised(my.setClipboard, { text }),
  confirm: async (content) => (await promised(my.confirm, { content })).confirm,
  hit: (good) => (good ? my.vibrateShort() : my.vibrateLong()),
  back: () => my.navigateBack(),
  open: (url) => my.navigateTo({ url }),
  replace: (url) => my.reLaunch({ url }),
};

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    return text;
  }
}
