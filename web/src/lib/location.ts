// Where the user is: path and query of the address bar. Filters live in the query, so that a view can be sent, kept and reloaded.
import { store, useStore } from "./store";

export interface Place {
  path: string;
  params: URLSearchParams;
}

const read = (): Place => ({ path: location.pathname, params: new URLSearchParams(location.search) });
const place = store<Place>(read());
addEventListener("popstate", () => place.set(read()));

export const here = () => place.get();
export const useLocation = () => useStore(place);

/** The run or the time that all numbers are as of; null: now. Of a lake, which keeps what was (docs/lake.md). */
export const asOf = (): string | null => here().params.get("as_of") || null;

/** What stays in the address from page to page: as of when, and the filters. Everything else belongs to one page. */
const KEPT = ["as_of", "period", "from", "to", "compare", "priority", "category", "group", "agent", "department", "segment"];

export function href(path: string, own: Record<string, string | undefined> = {}, base = here().params): string {
  const params = new URLSearchParams();
  for (const key of KEPT) {
    const value = base.get(key);
    if (value !== null) params.set(key, value);
  }
  for (const [key, value] of Object.entries(own)) {
    if (value === undefined || value === "") params.delete(key);
    else params.set(key, value);
  }
  const query = params.toString();
  return query ? `${path}?${query}` : path;
}

export function go(address: string, replace = false): void {
  if (address === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  const changedPage = here().path !== location.pathname;
  place.set(read());
  if (changedPage) scrollTo(0, 0);
}

/** Changes parameters of this page; undefined takes one away. */
export function change(changes: Record<string, string | undefined>, replace = false): void {
  const params = new URLSearchParams(here().params);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined || value === "") params.delete(key);
    else params.set(key, value);
  }
  const query = params.toString();
  go(query ? `${here().path}?${query}` : here().path, replace);
}

/** Follows links of this host without loading the page again; leaves modified clicks, downloads and the API to the browser. */
export function followLinks(root: HTMLElement): void {
  root.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest?.("a");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (link.pathname.startsWith("/api/") || link.getAttribute("href")?.startsWith("#")) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
