// WeChat's calls in the words that the shared code uses.

const promised = (call, options) => new Promise((resolve, reject) => call({ ...options, success: resolve, fail: reject }));
const cancelled = () => null;
const hex = (byte) => byte.toString(16).padStart(2, "0");

module.exports = {
  signInPath: "/api/v1/auth/wechat/mini-program",
  language: () => (wx.getAppBaseInfo().language || "").slice(0, 2),
  label: () => `WeChat ${wx.getDeviceInfo().model || ""}`.trim().slice(0, 60),
  async send({ url, method, headers, body }) {
    const answer = await promised(wx.request, { url, method, header: headers, data: body, timeout: 15000 });
    return { status: answer.statusCode, data: answer.data, headers: answer.header };
  },
  store: {
    get: (name) => wx.getStorageSync(name) || undefined,
    set: (name, value) => wx.setStorageSync(name, value),
    remove: (name) => wx.removeStorageSync(name),
  },
  files: {
    part: async (filePath, position, length) =>
      (await promised((o) => wx.getFileSystemManager().readFile(o), { filePath, position, length })).data,
    forget: (filePath) => promised((o) => wx.getFileSystemManager().removeSavedFile(o), { filePath }).catch(cancelled),
  },
  random: async (length) => new Uint8Array((await promised(wx.getRandomValues, { length })).randomValues),
  newIdNow: () => {
    const bytes = Array.from({ length: 16 }, () => Math.floor(Math.random() * 256)).map(hex).join("");
    return `${bytes.slice(0, 8)}-${bytes.slice(8, 12)}-4${bytes.slice(13, 16)}-a${bytes.slice(17, 20)}-${bytes.slice(20)}`;
  },
  signInCode: async () => (await promised(wx.login, { timeout: 10000 })).code,
  scan: () => promised(wx.scanCode, {}).then((found) => found.result, cancelled),
  /** A new photo, kept in the app's own folder until it has been sent. */
  async picture() {
    const options = { count: 1, mediaType: ["image"], sourceType: ["camera"], sizeType: ["compressed"] };
    const chosen = await promised(wx.chooseMedia, options).catch(cancelled);
    if (!chosen) return null;
    const [file] = chosen.tempFiles;
    const saved = await promised((o) => wx.getFileSystemManager().saveFile(o), { tempFilePath: file.tempFilePath });
    return { path: saved.savedFilePath, size: file.size };
  },
  /** Pictures for a report, of the camera or the album; they are not kept. */
  async pictures(count) {
    const options = { count, mediaType: ["image"], sourceType: ["camera", "album"], sizeType: ["compressed"] };
    const chosen = await promised(wx.chooseMedia, options).catch(cancelled);
    return chosen ? chosen.tempFiles.map((file) => ({ path: file.tempFilePath, size: file.size })) : [];
  },
  async upload({ url, path, name, headers }) {
    const answer = await promised(wx.uploadFile, { url, filePath: path, name, header: headers, timeout: 60000 });
    return { status: answer.statusCode, data: parsed(answer.data) };
  },
  copy: (data) => promised(wx.setClipboardData, { data }),
  confirm: async (content) => (await promised(wx.showModal, { content })).confirm,
  hit: (good) => wx.vibrateShort({ type: good ? "light" : "heavy" }),
  back: () => wx.navigateBack(),
  open: (url) => wx.navigateTo({ url }),
  replace: (url) => wx.reLaunch({ url }),
};

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    return text;
  }
}
