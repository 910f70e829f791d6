import { expect, test } from "vitest";

import { stepsOf } from "./steps";

test("a chat is its messages, also as JSON and under a name", () => {
  const chat = [{ role: "user", content: "Hi" }];
  expect(stepsOf(chat)).toMatchObject([{ role: "user", text: "Hi" }]);
  expect(stepsOf(JSON.stringify({ messages: chat }))).toMatchObject([{ role: "user", text: "Hi" }]);
});

test("calls of tools are read in each of their forms", () => {
  const found = stepsOf([
    { role: "assistant", tool_calls: [{ function: { name: "book", arguments: '{"seats": 1}' } }] },
    { tool: "search", input: "weather", observation: { degrees: 20 } },
    { role: "tool", content: '{"ok": true}' },
  ]);
  expect(found?.[0]?.calls).toEqual([{ name: "book", input: { seats: 1 } }]);
  expect(found?.[1]).toMatchObject({ calls: [{ name: "search", input: "weather" }], result: { degrees: 20 } });
  expect(found?.[2]?.result).toEqual({ ok: true });
});

test("the parts of a content are joined", () => {
  expect(stepsOf([{ role: "user", content: [{ type: "text", text: "Look:" }, { type: "image" }] }])?.[0]?.text).toBe(
    "Look:\n\n[image]",
  );
});

test("what is no chat is none", () => {
  expect(stepsOf("hello")).toBeNull();
  expect(stepsOf([1, 2])).toBeNull();
  expect(stepsOf([])).toBeNull();
});
