// Words on the page. The English text is the key, as gettext does it; ko.ts holds the Korean ones, and a test finds the missing.
// Names and values that come from data are never translated, but for the few values that Deskhouse itself defines (priorities, statuses).
import { store, useStore } from "../lib/store";

export type Language = "en" | "ko";
const KEY = "deskhouse.language";

export const language = store<Language>("en");
let korean: Record<string, string> = {};

export async function setLanguage(value: Language, remember = true): Promise<void> {
  if (value === "ko") korean = (await import("./ko")).ko;
  document.documentElement.lang = value;
  if (remember) localStorage.setItem(KEY, value);
  language.set(value);
}
export async function startLanguage(): Promise<void> {
  const chosen = localStorage.getItem(KEY);
  const wanted = chosen ?? navigator.language.slice(0, 2);
  await setLanguage(wanted === "ko" ? "ko" : "en", false);
}
export const useLanguage = () => useStore(language);

/** The text in the user's language; `{name}` stands for vars.name. */
export function t(text: string, vars: Record<string, string | number> = {}): string {
  const found = (language.get() === "ko" ? korean[text] : undefined) ?? text;
  return found.replace(/\{(\w+)\}/g, (whole, name: string) => (name in vars ? String(vars[name]) : whole));
}
