import type { IncomingHttpHeaders } from "node:http";

/** A synthetic server in memory: invented people, items and answers, to look at the page without the real one. */

export interface Answer {
  status: number;
  body?: unknown;
  type?: string;
}

export type Handler = (args: {
  parts: string[];
  query: URLSearchParams;
  body: Record<string, unknown>;
  raw: Buffer;
}) => Answer;

interface Route {
  method: string;
  pattern: string[];
  handler: Handler;
}

const routes: Route[] = [];
const resets: (() => void)[] = [];

/** `route("GET", "projects/:/progress", ...)`: each `:` is a part handed to the handler. One that comes later goes before. */
export function route(method: string, pattern: string, handler: Handler): void {
  routes.unshift({ method, pattern: pattern.split("/"), handler });
}

export function onReset(make: () => void): void {
  resets.push(make);
}

export function reset(): void {
  for (const make of resets) make();
}

export function refuse(status: number, code: string, message: string, hint = ""): Answer {
  return { status, body: { error: { code, message, hint } } };
}

export function answer(method: string, url: URL, raw: Buffer, _headers: IncomingHttpHeaders): Answer {
  const parts = url.pathname.split("/").slice(2).map(decodeURIComponent);
  for (const found of routes) {
    if (found.method !== method || found.pattern.length !== parts.length) continue;
    if (!found.pattern.every((want, i) => want === ":" || want === parts[i])) continue;
    let body: Record<string, unknown> = {};
    try {
      body = raw.length > 0 ? (JSON.parse(raw.toString("utf8")) as Record<string, unknown>) : {};
    } catch {
      body = {};
    }
    const given = parts.filter((_, i) => found.pattern[i] === ":");
    return found.handler({ parts: given, query: url.searchParams, body, raw });
  }
  return refuse(404, "not_found", `The mock has no ${method} ${url.pathname}.`);
}
