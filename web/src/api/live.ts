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

export function startLive(): void {
  const events = new EventSource("/api/v1/live");
  events.onopen = () => {
    connected.set(true);
    offline.set(false);
  };
  events.onerror = () => connected.set(false);
  events.addEventListener("live", (event) => numbers.set(JSON.parse((event as MessageEvent<string>).data) as LiveNumbers));
  events.addEventListener("data", (event) => {
    const told = JSON.parse((event as MessageEvent<string>).data) as Omit<Published, "heard">;
    if (published.get()[0]?.data_version === told.data_version) return;
    published.set([{ ...told, heard: new Date().toISOString() }, ...published.get()].slice(0, KEPT_MAX));
    dataVersion.set(told.data_version);
  });
}
