// What the server tells by itself: each new version of the data. The browser comes back by itself when the line breaks, and says
// the last event that it had (Last-Event-ID), so that nothing is missed.
import { store } from "../lib/store";
import { offline } from "./client";
import { dataVersion } from "./use";

export interface Published {
  data_version: number;
  as_of: string;
  /** When this page heard of it, by this machine's clock. */
  heard: string;
}
const KEPT_MAX = 50;

type ByPriority = Record<"Low" | "Medium" | "High" | "Critical", number>;
/** The numbers of now that a stream keeps: docs/api.md. */
export interface LiveNumbers {
  is_reading: boolean;
  error: string | null;
  events: number;
  quarantined: number;
  lag: number | null;
  event_time: string | null;
  tickets: number;
  open: number;
  resolved: number;
  open_by_priority: ByPriority;
  corrections: number;
  window_seconds: number;
  /** The newest first; those without tickets are left out. */
  windows: ({ start: string; is_final: boolean } & ByPriority)[];
}

export const connected = store(false);
/** The versions that this page heard of, the newest first. */
export const published = store<Published[]>([]);

/** Of a server that reads a stream; null until it has told of it. */
export const numbers = store<LiveNumbers | null>(null);

let read: number | undefined;

/** The version that the page's first answer was of. That one is told as soon as the line stands, and is no news then. */
export function firstRead(version: number): void {
  if (read !== undefined) return;
  read = version;
  const told = published.get()[0]?.data_version;
  if (told !== undefined && told !== version) dataVersion.set(told);
}

export function startLive(): void {
  const events = new EventSource("/api/v1/live");
  events.onopen = () => {
    connected.set(true);
    offline.set(false);
  };
  events.onerror = () => connected.set(false);
  events.addEventListener("live", (event) => numbers.set(JSON.parse((event as MessageEvent<string>).data) as LiveNumbers));
  events.addEventListener("data", (event) => {
    const news = JSON.parse((event as MessageEvent<string>).data) as Omit<Published, "heard">;
    const before = published.get();
    if (before[0]?.data_version === news.data_version) return;
    published.set([{ ...news, heard: new Date().toISOString() }, ...before].slice(0, KEPT_MAX));
    if (before.length > 0 || (read !== undefined && read !== news.data_version)) dataVersion.set(news.data_version);
  });
}
