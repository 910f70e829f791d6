import { beforeEach, afterEach, expect, test, vi } from "vitest";

import { ApiError } from "../../api/client";
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
let away: boolean;
let at: Stage | null;
let progress: unknown;

const go = (now = draft) => start(now, made, (kept) => (made = kept), tell);

beforeEach(() => {
  asked = [];
  made = null;
  gone = false;
  away = false;
  at = null;
  progress = { rounds: { number: 1 }, job: null };
  vi.mocked(upload).mockReset();
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    asked.push(`${init.method} ${url}`);
    if (init.method === "DELETE" && away) throw new TypeError("Failed to fetch");
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
  expect(made).toMatchObject({ project: "p", imported });
});

test("that it is gone already is no trouble", async () => {
  vi.mocked(upload).mockRejectedValueOnce(new Error("The file is broken."));
  await expect(go()).rejects.toThrow();
  gone = true;
  vi.mocked(upload).mockResolvedValueOnce(imported);
  await go();
  expect(made?.imported).toEqual(imported);
});

test("a project whose items are refused is gone at once, so that another file can have its name", async () => {
  vi.mocked(upload).mockRejectedValueOnce(new ApiError(422, "rows_rejected", "1 is not right.", "", {}));
  await expect(go()).rejects.toThrow("not right");
  expect(asked).toEqual(["POST /api/projects", "DELETE /api/projects/p"]);
  expect(made).toBeNull();
  vi.mocked(upload).mockResolvedValueOnce(imported);
  await go({ ...draft, file: new File(["text\na"], "mended.csv") });
  expect(asked.slice(2, 3)).toEqual(["POST /api/projects"]);
});

test("a refused project that cannot be deleted just now is deleted by the next try", async () => {
  vi.mocked(upload).mockRejectedValueOnce(new ApiError(422, "rows_rejected", "1 is not right.", "", {}));
  away = true;
  await expect(go()).rejects.toThrow("not right");
  away = false;
  vi.mocked(upload).mockResolvedValueOnce(imported);
  await go();
  expect(asked.slice(0, 4)).toEqual([
    "POST /api/projects",
    "DELETE /api/projects/p",
    "DELETE /api/projects/p",
    "POST /api/projects",
  ]);
});

test("a project made of another file is made anew", async () => {
  vi.mocked(upload).mockResolvedValue(imported);
  await go();
  await go({ ...draft, file: new File(["text\nb"], "other.csv") });
  expect(asked.filter((each) => /DELETE|POST .*projects$/.test(each))).toEqual([
    "POST /api/projects",
    "DELETE /api/projects/p",
    "POST /api/projects",
  ]);
  expect(upload).toHaveBeenCalledTimes(2);
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
