// What the page says: the texts came with it, in every language; a person may choose another than the browser's.

const ALL = JSON.parse(document.getElementById("words").textContent);
const CHOSEN = "phone_language";

export let language = "zh_CN";

export function chooseLanguage(to = null) {
  const chosen = to || localStorage.getItem(CHOSEN) || (navigator.language.toLowerCase().startsWith("zh") ? "zh_CN" : "en");
  language = chosen in ALL ? chosen : "zh_CN";
  if (to) localStorage.setItem(CHOSEN, language);
  document.documentElement.lang = language.replace("_", "-");
  document.title = t("app.name");
}

export function has(key) {
  return `inspector_page.${key}` in ALL[language];
}

export function t(key, params = {}) {
  const template = ALL[language][`inspector_page.${key}`];
  if (template === undefined) return key;
  return template.replace(/%\((\w+)\)s|%%/g, (whole, name) => (name ? String(params[name] ?? "") : "%"));
}
