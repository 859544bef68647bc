// Asking the server. Every answer that is not what was asked for is an ApiError with the server's own words (RFC 9457).
import { asOf } from "../lib/location";
import { store } from "../lib/store";

export class ApiError extends Error {
  constructor(readonly status: number, readonly title: string, readonly detail: string) {
    super(detail ? `${title}: ${detail}` : title);
  }
}

/** True while the server does not answer at all: what is on the page may be old. */
export const offline = store(false);

async function problemOf(answer: Response): Promise<ApiError> {
  let title = answer.statusText || `HTTP ${answer.status}`;
  let detail = "";
  try {
    const body = (await answer.json()) as { title?: string; detail?: string };
    title = body.title ?? title;
    detail = body.detail ?? "";
  } catch {
    detail = ""; // a proxy's page, not the server's problem document: the status says what there is to say
  }
  return new ApiError(answer.status, title, detail);
}

/** What is of now, whatever is looked at. */
const OF_NOW = ["/api/v1/meta", "/api/v1/me", "/api/v1/live", "/api/v1/queries", "/api/v1/openapi.json"];

/** The address of what was, if that is what is looked at. */
function inTime(path: string): string {
  const past = asOf();
  if (past === null || !path.startsWith("/api/v1/") || OF_NOW.some((one) => path === one || path.startsWith(`${one}/`) || path.startsWith(`${one}?`))) return path;
  return `${path}${path.includes("?") ? "&" : "?"}as_of=${encodeURIComponent(past)}`;
}

export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(inTime(path), init);
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    offline.set(true);
    throw new ApiError(0, "The server does not answer", "Is `deskhouse serve` running? What is shown may be old.");
  }
  offline.set(false);
  if (answer.status === 401) {
    // The session ended: sign in again, and come back to this page.
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await request(path, { signal, headers: { Accept: "application/json" } })).json()) as T;
}
export async function postJson<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await request(path, {
    method: "POST", signal, body: JSON.stringify(body), headers: { "Content-Type": "application/json", Accept: "application/json" },
  });
  return (await answer.json()) as T;
}

/** `path` with those parameters that have a value. */
export function withParams(path: string, params: Record<string, string | number | boolean | undefined>): string {
  const known = Object.entries(params).filter(([, value]) => value !== undefined && value !== "");
  return known.length ? `${path}?${new URLSearchParams(known.map(([key, value]) => [key, String(value)]))}` : path;
}
