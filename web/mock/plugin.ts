import type { Plugin } from "vite";

import "./manager.ts";
import "./people.ts";

import { media } from "./desk.ts";
import { answer, reset } from "./server.ts";

/** Serve the synthetic API of `server.ts` beside the page, in development only. */
export function mock(): Plugin {
  return {
    name: "querist-mock",
    apply: "serve",
    configureServer(server) {
      reset();
      server.middlewares.use((request, response, next) => {
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
      });
    },
  };
}
