import type { Json } from "./types";

/** The server said no. `code` is for programs, `message` and `hint` for people. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string,
    readonly body: Record<string, Json>,
    readonly retryAfter: number | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** Which rows of a file were refused, each in words; none where the error is not about rows. */
  get rows(): string[] {
    const { error } = this.body;
    if (typeof error !== "object" || error === null || Array.isArray(error)) return [];
    return Array.isArray(error.rows) ? error.rows.map(String) : [];
  }
}

/** The server could not be reached at all. */
export class Unreachable extends Error {
  constructor() {
    super("The server cannot be reached.");
    this.name = "Unreachable";
  }
}

let csrf = "";

/** Remember the token that every request which changes something must carry. */
export function setCsrf(token: string): void {
  csrf = token;
}

export function getCsrf(): string {
  return csrf;
}

/** An URL under /api with each part encoded: `path("projects", name, "claims")`. */
export function path(...parts: (string | number)[]): string {
  return "/api/" + parts.map((part) => encodeURIComponent(String(part))).join("/");
}

/** A query string of what is set; empty values are left out. */
export function query(values: Record<string, string | number | boolean | null | undefined>): string {
  const set = Object.entries(values).filter(([, v]) => v !== null && v !== undefined && v !== "");
  if (set.length === 0) return "";
  return "?" + new URLSearchParams(set.map(([k, v]) => [k, String(v)])).toString();
}

interface Options {
  signal?: AbortSignal;
  /** Let the request outlive the page. */
  keepalive?: boolean;
  /** Give up after so many milliseconds, as if the server could not be reached. */
  timeout_ms?: number;
}

/** Ask the server; JSON or a form in, JSON out, or an `ApiError` or `Unreachable`. */
export async function api<T>(method: string, url: string, body?: unknown, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-Querist-CSRF"] = csrf;
  const form = body instanceof FormData;
  if (body !== undefined && !form) headers["Content-Type"] = "application/json";
  const signals = [options.signal, options.timeout_ms ? AbortSignal.timeout(options.timeout_ms) : undefined];
  const listened = signals.filter((signal) => signal !== undefined);
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      headers,
      body: body === undefined ? undefined : form ? body : JSON.stringify(body),
      credentials: "same-origin",
      keepalive: options.keepalive ?? false,
      signal: listened.length > 0 ? AbortSignal.any(listened) : undefined,
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Unreachable();
  }
  if (answer.status === 204) return undefined as T;
  const text = await answer.text().catch(() => "");
  let read: unknown = null;
  try {
    read = text === "" ? null : JSON.parse(text);
  } catch {
    read = null;
  }
  if (answer.ok) return read as T;
  throw refusal(answer, read);
}

function refusal(answer: Response, read: unknown): ApiError {
  const body = (typeof read === "object" && read !== null ? read : {}) as Record<string, Json>;
  const said = (typeof body.error === "object" && body.error !== null ? body.error : {}) as Record<string, Json>;
  const after = Number(answer.headers.get("Retry-After"));
  return new ApiError(
    answer.status,
    typeof said.code === "string" ? said.code : `http_${answer.status}`,
    typeof said.message === "string" ? said.message : `The server answered ${answer.status}.`,
    typeof said.hint === "string" ? said.hint : "",
    body,
    after > 0 ? after : null,
  );
}

export const get = <T>(url: string, options?: Options) => api<T>("GET", url, undefined, options);
export const post = <T>(url: string, body?: unknown, options?: Options) => api<T>("POST", url, body ?? {}, options);
export const put = <T>(url: string, body?: unknown, options?: Options) => api<T>("PUT", url, body ?? {}, options);
export const patch = <T>(url: string, body?: unknown, options?: Options) => api<T>("PATCH", url, body ?? {}, options);
export const remove = <T>(url: string, options?: Options) => api<T>("DELETE", url, undefined, options);

/** What to tell a person about an error, whatever it is. */
export function said(error: unknown): { message: string; hint: string } {
  if (error instanceof ApiError) return { message: error.message, hint: error.hint };
  if (error instanceof Error) return { message: error.message, hint: "" };
  return { message: "Something went wrong.", hint: "" };
}
