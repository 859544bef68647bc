// Light or dark: as the system says, until the user says otherwise.
import { store } from "./store";

export type Theme = "light" | "dark";
const KEY = "deskhouse.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function chosen(): Theme | null {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : null;
}
const current = (): Theme => chosen() ?? (system.matches ? "dark" : "light");

export const theme = store<Theme>(current());

function show(value: Theme): void {
  document.documentElement.dataset.theme = value;
  theme.set(value);
}
export function startTheme(): void {
  show(current());
  system.addEventListener("change", () => show(current()));
  // Paper is white: charts are drawn again in the light colours, and as they were afterwards.
  addEventListener("beforeprint", () => show("light"));
  addEventListener("afterprint", () => show(current()));
}
export function setTheme(value: Theme): void {
  localStorage.setItem(KEY, value);
  show(value);
}

/** The value of a CSS variable, for charts, which are drawn and not styled. */
export const token = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
