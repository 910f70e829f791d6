import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.QUERIST_URL ?? "http://127.0.0.1:8700";

const proxy: Record<string, string> = { "/api": server, "/media": server };

export default defineConfig(async ({ mode }) => ({
  plugins: [react(), ...(mode === "mock" ? [(await import("./mock/plugin.ts")).mock()] : [])],
  // The server puts a fresh nonce in place of this word each time it hands out the page.
  html: { cspNonce: "__QUERIST_NONCE__" },
  server: { port: 8701, proxy: mode === "mock" ? {} : proxy },
  build: {
    outDir: "../src/querist/server/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    // An inlined picture would be a data: URL in a style sheet; plain files need no exception in the content policy.
    assetsInlineLimit: 0,
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
}));
