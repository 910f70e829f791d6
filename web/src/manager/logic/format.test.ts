import { describe, expect, it } from "vitest";

import type { Json } from "../../api/types";
import { ago, answerText, count, duration, figure, percent, preview, shortCount } from "./format";

describe("figures", () => {
  it("have separators, and no trailing noise", () => {
    expect(count(1234567)).toBe("1,234,567");
    expect(count(null)).toBe("–");
    expect(shortCount(1_200_000)).toBe("1.2M");
    expect(figure(0.81234)).toBe("0.812");
    expect(figure(12.345)).toBe("12.3");
    expect(percent(0.004)).toBe("0.4%");
    expect(percent(0.5)).toBe("50%");
  });
});

describe("times", () => {
  it("are said as people say them", () => {
    expect(duration(3.14)).toBe("3.1 s");
    expect(duration(3 * 3600 + 20 * 60)).toBe("3 h 20 min");
    expect(duration(26 * 3600)).toBe("1 d");
    expect(duration(null)).toBe("–");
  });

  it("say how long ago, and never", () => {
    const now = Date.parse("2026-11-26T12:00:00Z");
    expect(ago("2026-11-26T11:59:50Z", now)).toBe("just now");
    expect(ago("2026-11-26T11:55:00Z", now)).toBe("5 min ago");
    expect(ago(null, now)).toBe("never");
  });
});

describe("an answer on one line", () => {
  it("reads for every task", () => {
    expect(answerText("spam")).toBe("spam");
    expect(answerText(3.5)).toBe("3.5");
    expect(answerText(["a", "b"])).toBe("a, b");
    expect(answerText([])).toBe("none");
    expect(
      answerText([
        { start: 0, end: 2, label: "PER" },
        { start: 4, end: 6, label: "PER" },
      ]),
    ).toBe("PER ×2");
    expect(answerText({ verdict: "good", steps: [] })).toBe("good");
    expect(answerText(null)).toBe("–");
  });
});

describe("a preview", () => {
  it("follows the order shown, on one line, cut between characters", () => {
    expect(preview({ id: 7, text: "two\nlines" }, { text: "text" })).toBe("two lines");
    expect(preview({ text: "😀".repeat(5) + "x" }, {}, 6)).toBe("😀😀😀😀😀x");
    expect(preview({ text: "😀 😀 😀" }, {}, 2)).toBe("😀…");
    expect(preview({ scene: "scene-1.png", n: 3 }, { scene: "image", n: "number" })).toBe("3");
    expect(preview({ pixels: Array.from({ length: 64 }, () => 0) }, {})).toBe("64 numbers");
  });

  it("tells a chat by what was said", () => {
    const trace: Json[] = [
      { role: "user", content: "How many?" },
      { role: "assistant", content: "", tool_calls: [{ name: "count", arguments: {} }] },
      { role: "tool", content: "42" },
      { role: "assistant", content: "42 of them." },
    ];
    expect(preview({ trace }, { trace: "trace" })).toBe("How many? · count · 42 of them.");
    expect(preview({ trace: "no chat" }, { trace: "chat" })).toBe("no chat");
  });
});
