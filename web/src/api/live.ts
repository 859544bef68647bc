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

export const connected = store(false);
/** The versions that this page heard of, the newest first. */
export const published = store<Published[]>([]);

export function startLive(): void {
  const events = new EventSource("/api/v1/live");
  events.onopen = () => {
    connected.set(true);
    offline.set(false);
  };
  events.onerror = () => connected.set(false);
  events.addEventListener("data", (event) => {
    const told = JSON.parse((event as MessageEvent<string>).data) as Omit<Published, "heard">;
    if (published.get()[0]?.data_version === told.data_version) return;
    published.set([{ ...told, heard: new Date().toISOString() }, ...published.get()].slice(0, KEPT_MAX));
    dataVersion.set(told.data_version);
  });
}
