import { describe, expect, it } from "vitest";
import { bandPath, between, extent, linear, linePath, nearest, ticks } from "./scale";

describe("ticks", () => {
  it("are round and within what they cover", () => {
    expect(ticks(0, 100, 5)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(ticks(0.61, 0.83, 4)).toEqual([0.65, 0.7, 0.75, 0.8]);
    expect(ticks(3, 3, 4)).toEqual([3]);
  });

  it("never carry the noise of binary fractions", () => {
    for (const tick of ticks(0, 1, 10)) expect(String(tick).length).toBeLessThanOrEqual(3);
  });
});

describe("a straight scale", () => {
  it("maps its domain's ends to its range's, also upside down", () => {
    const y = linear([0, 10], [200, 0]);
    expect([y(0), y(5), y(10)]).toEqual([200, 100, 0]);
  });

  it("widens to round ticks where asked", () => {
    expect(linear([0.62, 0.87], [0, 1], { wanted: 4, nice: true }).domain).toEqual([0.6, 0.9]);
  });

  it("stays finite where all values are one", () => {
    const y = linear([0.5, 0.5], [0, 100]);
    expect(y(0.5)).toBeCloseTo(50);
  });
});

describe("paths", () => {
  const dots = [
    { x: 0, y: 1 },
    { x: 2, y: 3.14159 },
  ];

  it("run through their dots, rounded to hundredths of a pixel", () => {
    expect(linePath(dots)).toBe("M0,1L2,3.14");
    expect(linePath([])).toBe("");
  });

  it("close a band, and are empty where there is none to draw", () => {
    expect(bandPath(dots, dots)).toBe("M0,1L2,3.14L2,3.14L0,1Z");
    expect(bandPath(dots.slice(1), dots.slice(1))).toBe("");
  });
});

describe("readings", () => {
  it("span only the values that are numbers", () => {
    expect(extent([null, 2, Number.NaN, -1, undefined])).toEqual([-1, 2]);
    expect(extent([null])).toBeNull();
  });

  it("find the nearest point", () => {
    expect(nearest([0, 10, 30], 19)).toBe(1);
    expect(nearest([0, 10, 30], 21)).toBe(2);
  });

  it("lie on the line between points, and nowhere outside", () => {
    const line = [
      { x: 0, y: 0 },
      { x: 10, y: 5 },
    ];
    expect(between(line, 4)).toBe(2);
    expect(between(line, 10)).toBe(5);
    expect(between(line, 11)).toBeNull();
  });
});
