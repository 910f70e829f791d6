import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { download, nameIn } from "./download";

let saved: string[];

beforeEach(() => {
  saved = [];
  vi.useFakeTimers();
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(this.download);
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a file is saved under the name that the server says", async () => {
  const headers = { "Content-Disposition": 'attachment; filename="topics.csv"' };
  vi.stubGlobal("fetch", async () => new Response("id,topic\n", { headers }));
  await download("/api/projects/topics/export");
  expect(saved).toEqual(["topics.csv"]);
});

test("a refusal is an error with the server's words, and nothing is saved", async () => {
  const refused = { error: { code: "missing_extra", message: "parquet: must have pyarrow.", hint: "Install it." } };
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(refused), { status: 503 }));
  await expect(download("/x")).rejects.toMatchObject({ status: 503, message: "parquet: must have pyarrow.", hint: "Install it." });
  vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("Failed to fetch")));
  await expect(download("/x")).rejects.toThrow("cannot be reached");
  expect(saved).toEqual([]);
});

test("a name is read however it is written", () => {
  expect(nameIn("attachment; filename*=utf-8''t%C3%BCr%20%231.csv")).toBe("tür #1.csv");
  expect(nameIn("attachment")).toBeNull();
  expect(nameIn(null)).toBeNull();
});
