import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { resolve } from "node:path";
import type { Plugin } from "vite";

import "./manager.ts";
import "./people.ts";

import { media } from "./desk.ts";
import { answer, reset } from "./server.ts";

type Next = () => void;

/** Serve the synthetic API of `server.ts` beside the page: in development, and in a preview under the real content policy. */
export function mock(): Plugin {
  return {
    name: "querist-mock",
    configureServer(server) {
      reset();
      server.middlewares.use(api);
    },
    configurePreviewServer(server) {
      reset();
      const index = readFileSync(resolve(server.config.root, server.config.build.outDir, "index.html"), "utf8");
      server.middlewares.use(api);
      server.middlewares.use((request, response, next) => {
        const path = new URL(request.url ?? "/", "http://mock").pathname;
        if (path.startsWith("/assets/") || path.endsWith(".svg")) return next();
        const nonce = randomUUID();
        response.setHeader("Content-Type", "text/html; charset=utf-8");
        response.setHeader(
          "Content-Security-Policy",
          `default-src 'self'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data: blob:; ` +
            "media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        );
        response.end(index.replaceAll("__QUERIST_NONCE__", nonce));
      });
    },
  };
}

function api(request: IncomingMessage, response: ServerResponse, next: Next): void {
  const url = new URL(request.url ?? "/", "http://mock");
  if (!url.pathname.startsWith("/api/") && !url.pathname.startsWith("/media/")) return next();
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const picture = url.pathname.startsWith("/media/") ? media(url.pathname) : null;
    if (picture) {
      response.setHeader("Content-Type", picture.type);
      return response.end(picture.body);
    }
    const { status, body, type } = answer(request.method ?? "GET", url, Buffer.concat(chunks), request.headers);
    response.statusCode = status;
    response.setHeader("Content-Type", type ?? "application/json");
    response.setHeader("X-Querist-Mock", "synthetic");
    response.end(body === undefined ? "" : type ? (body as string) : JSON.stringify(body));
  });
}
