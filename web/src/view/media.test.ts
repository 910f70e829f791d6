import { expect, test } from "vitest";

import { asJson, media, mediaAt } from "./media";

test("a path is a file of the server", () => {
  expect(media("scans/a 1.png")).toEqual({ kind: "here", url: "/media/scans/a%201.png" });
  expect(media("/media/scans/1.png")).toEqual({ kind: "here", url: "/media/scans/1.png" });
});

test("a file's name may hold whatever letters it likes", () => {
  expect(media("a b/ü#1?.png")).toEqual({ kind: "here", url: "/media/a%20b/%C3%BC%231%3F.png" });
  expect(media("100%.png")).toEqual({ kind: "here", url: "/media/100%25.png" });
  expect(media("#1.png")).toEqual({ kind: "here", url: "/media/%231.png" });
  expect(media("a/..?/b.png")).toEqual({ kind: "here", url: "/media/a/..%3F/b.png" });
});

test("an address is escaped already, and may go on after the file's name", () => {
  expect(mediaAt("a%20b/%231.png?v=2#top")).toEqual({ kind: "here", url: "/media/a%20b/%231.png" });
  expect(mediaAt("100%.png")).toEqual({ kind: "here", url: "/media/100%25.png" });
  expect(mediaAt("https://example.org/cat.png?v=2")).toEqual({ kind: "elsewhere", host: "example.org" });
  expect(mediaAt("data:image/png;base64,AAAA")).toEqual({ kind: "here", url: "data:image/png;base64,AAAA" });
  expect(mediaAt("%2e%2e/secret").kind).toBe("none");
  expect(mediaAt("").kind).toBe("none");
});

test("a picture inside the value is shown, other embedded things are not", () => {
  expect(media("data:image/png;base64,AAAA").kind).toBe("here");
  expect(media("data:text/html,<script>alert(1)</script>").kind).not.toBe("here");
  expect(media("data:image/svg+xml,<svg onload=alert(1)>").kind).not.toBe("here");
  expect(media("javascript:alert(1)").kind).not.toBe("here");
});

test("another server is never asked", () => {
  expect(media("https://example.org/cat.png")).toEqual({ kind: "elsewhere", host: "example.org" });
  expect(media("//example.org/cat.png")).toEqual({ kind: "elsewhere", host: "example.org" });
});

test("a path does not climb", () => {
  expect(media("../../etc/passwd").kind).toBe("none");
});

test("a text that is JSON is read, others stay", () => {
  expect(asJson('{"a": [1]}')).toEqual({ a: [1] });
  expect(asJson("[sic] he said")).toBe("[sic] he said");
  expect(asJson("12")).toBe("12");
});
