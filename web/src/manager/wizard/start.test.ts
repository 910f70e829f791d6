import { beforeEach, afterEach, expect, test, vi } from "vitest";

import { upload } from "../logic/upload";
import { type Draft, EMPTY } from "./draft";
import { type Made, type Stage, start } from "./start";

vi.mock("../logic/upload", () => ({ upload: vi.fn() }));

const draft: Draft = { ...EMPTY, name: "p", classes: "a\nb" };
const imported = { n_rows: 1, n_added: 1, n_repeated: 0, n_labels: 0, splits: {}, kinds: {}, notes: [] };
const tell = { stage: (stage: Stage) => (at = stage), uploaded: () => undefined, imported: () => undefined, progress: () => undefined };

let asked: string[];
let made: Made | null;
let gone: boolean;
let at: Stage | null;
let progress: unknown;

const go = () => start(draft, made, (kept) => (made = kept), tell);

beforeEach(() => {
  asked = [];
  made = null;
  gone = false;
  at = null;
  progress = { rounds: { number: 1 }, job: null };
  vi.mocked(upload).mockReset();
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    asked.push(`${init.method} ${url}`);
    if (init.method === "DELETE") return new Response(gone ? "{}" : null, { status: gone ? 404 : 204 });
    return new Response(JSON.stringify(url.endsWith("/progress") ? progress : { name: "p" }), { status: 200 });
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("a project whose upload failed is deleted before it is made anew", async () => {
  vi.mocked(upload).mockRejectedValueOnce(new Error("The file is broken."));
  await expect(go()).rejects.toThrow("broken");
  vi.mocked(upload).mockResolvedValueOnce(imported);
  await go();
  expect(asked.slice(0, 3)).toEqual(["POST /api/projects", "DELETE /api/projects/p", "POST /api/projects"]);
  expect(made).toMatchObject({ project: "p", imported: true });
});

test("that it is gone already is no trouble", async () => {
  vi.mocked(upload).mockRejectedValueOnce(new Error("The file is broken."));
  await expect(go()).rejects.toThrow();
  gone = true;
  vi.mocked(upload).mockResolvedValueOnce(imported);
  await go();
  expect(made?.imported).toBe(true);
});

test("a project that has its items is gone on with, not made anew", async () => {
  vi.mocked(upload).mockResolvedValue(imported);
  await go();
  await go();
  expect(asked.filter((each) => /DELETE|POST .*projects$/.test(each))).toEqual(["POST /api/projects"]);
  expect(upload).toHaveBeenCalledTimes(1);
});

test("a first round that failed for good is said at once, and asked for anew by trying again", async () => {
  vi.mocked(upload).mockResolvedValue(imported);
  progress = { rounds: { number: 0 }, job: { state: "failed", error: "no words" } };
  await expect(go()).rejects.toThrow("The first round could not be opened: no words");
  expect(at).toBe("round");
  progress = { rounds: { number: 1 }, job: null };
  await go();
  expect(at).toBe("ready");
  expect(asked.filter((each) => each.endsWith("/rounds"))).toHaveLength(2);
});

test("a first round that takes longer than one waits for is not said to be open", async () => {
  vi.useFakeTimers();
  vi.mocked(upload).mockResolvedValue(imported);
  progress = { rounds: { number: 0 }, job: { state: "running", error: null } };
  const going = go();
  await vi.advanceTimersByTimeAsync(125_000);
  await going;
  expect(at).toBe("asked");
});
