// Data for a component: loaded when what it depends on changes, kept on the page while the next is on its way, shared between
// components, and loaded again when the warehouse has a new data version.
import { useCallback, useEffect, useState } from "preact/hooks";
import { here, useLocation } from "../lib/location";
import { store, useStore } from "../lib/store";

export interface Loaded<T> {
  data: T | undefined;
  error: unknown;
  loading: boolean;
  /** `data` answers what was asked before; false where it is only about to be brought up to date. */
  stale: boolean;
  retry: () => void;
}

/** Grows when the warehouse has new data; what was loaded before is then stale. */
export const dataVersion = store(0);

interface Entry {
  version: number;
  promise: Promise<unknown>;
}
const KEPT_MAX = 200;
const kept = new Map<string, Entry>();

function shared<T>(key: string, version: number, load: () => Promise<T>): Promise<T> {
  const found = kept.get(key);
  if (found && found.version === version) return found.promise as Promise<T>;
  const promise = load();
  kept.delete(key);
  kept.set(key, { version, promise });
  promise.catch(() => kept.get(key)?.promise === promise && kept.delete(key)); // a failure is asked again, not remembered
  for (const old of kept.keys()) {
    if (kept.size <= KEPT_MAX) break;
    kept.delete(old);
  }
  return promise;
}

const keyOf = (name: string, asOf: string | null): string => `${asOf ?? ""}\n${name}`;

/** Begins to load what a component will ask for by useData() with the same name. */
export function begin<T>(name: string, load: () => Promise<T>): void {
  shared(keyOf(name, here().params.get("as_of")), dataVersion.get(), load).catch(() => undefined); // who asks for it is told
}

/** `name` names everything that `load` depends on, but for the time that is looked at; null loads nothing yet. */
export function useData<T>(name: string | null, load: () => Promise<T>): Loaded<T> {
  const past = useLocation().params.get("as_of");
  const key = name === null ? null : keyOf(name, past);
  const version = useStore(dataVersion);
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<{ data?: T; answers?: string; error?: unknown; asked?: string; loading: boolean }>({ loading: true });
  useEffect(() => {
    if (key === null) return;
    let wanted = true;
    setState((before) => ({ data: before.data, answers: before.answers, asked: key, loading: true }));
    shared(key, version, load).then(
      (data) => wanted && setState({ data, answers: key, asked: key, loading: false }),
      (error: unknown) => wanted && setState((before) => ({ data: before.data, answers: before.answers, error, asked: key, loading: false })),
    );
    return () => void (wanted = false);
  }, [key, version, attempt]);
  const retry = useCallback(() => setAttempt((n) => n + 1), []);
  // Effects run after the first look at what is asked now: what the state says is of before, then.
  const loading = state.loading || (key !== null && state.asked !== key);
  return { data: state.data, error: state.error, loading, stale: state.data !== undefined && state.answers !== key, retry };
}

/** Several loads as one: there when all are there, failed when one failed. */
export function together<A, B>(a: Loaded<A>, b: Loaded<B>): Loaded<[A, B]> {
  return {
    data: a.data !== undefined && b.data !== undefined ? [a.data, b.data] : undefined,
    error: a.error ?? b.error, loading: a.loading || b.loading, stale: a.stale || b.stale,
    retry: () => {
      a.retry();
      b.retry();
    },
  };
}
