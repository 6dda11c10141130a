// One way to ask the server, on either platform. `platform.send({url, method, headers, body}) → Promise<{status, data, headers}>`
// rejects where there is no network; so does `platform.upload({url, path, name, headers})`, which sends a file as a form does.

class Refused extends Error {
  /** `code` and `text` are the server's own; `again`: the same may be sent later. */
  constructor(status, problem) {
    super(problem.code || String(status));
    this.status = status;
    this.code = problem.code || "";
    this.text = problem.detail || problem.title || "";
    this.errors = problem.errors || []; // of fields: {field, code, …}
    this.choices = problem.choices || []; // of enterprises, where several fit
    this.again = status === 0 || status === 429 || status >= 500;
  }
}

function makeApi(platform, base, language) {
  const spoken = { "Accept-Language": language === "en" ? "en" : "zh-CN" };

  async function call(method, path, { body, headers = {}, token } = {}) {
    const all = { ...spoken, ...headers };
    if (token) all.Authorization = `Bearer ${token}`;
    if (body !== undefined && !(body instanceof ArrayBuffer)) all["Content-Type"] = "application/json";
    return answered(() => platform.send({ url: base + path, method, headers: all, body }));
  }

  async function answered(asking) {
    let answer;
    try {
      answer = await asking();
    } catch (error) {
      throw new Refused(0, {});
    }
    if (answer.status >= 200 && answer.status < 300) return answer.data;
    throw new Refused(answer.status, (typeof answer.data === "object" && answer.data) || {});
  }
  return {
    get: (path, more) => call("GET", path, more),
    post: (path, body, more) => call("POST", path, { ...more, body }),
    upload: (path, file) => answered(() => platform.upload({ url: base + path, path: file, name: "file", headers: spoken })),
  };
}

module.exports = { makeApi, Refused };
