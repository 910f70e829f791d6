import { describe, expect, it } from "vitest";
import { labelsDomain, metricWords, ordered, pointWords, summary, valueDomain } from "./curve";

const point = (n: number, value: number) => ({
  model: n,
  cost_usd: null,
  metrics: {},
  n_labels: n,
  value,
  low: value - 0.02,
  high: value + 0.02,
  round: 1,
});

describe("a learning curve", () => {
  it("is put in the order of labels, the last model of a count standing for it", () => {
    const points = ordered([point(40, 0.7), point(20, 0.6), point(40, 0.75), point(60, Number.NaN)]);
    expect(points.map((one) => [one.n_labels, one.value])).toEqual([
      [20, 0.6],
      [40, 0.75],
    ]);
  });

  it("never shows a share past one", () => {
    expect(valueDomain("accuracy", [point(20, 0.995)], [])[1]).toBe(1);
    expect(valueDomain("accuracy", [point(20, 0.01)], [])[0]).toBe(0);
  });

  it("is seen against a fifth of the scale at least", () => {
    for (const [metric, value, width] of [["accuracy", 0.7, 0.2], ["accuracy", 0.99, 0.2], ["accuracy", 0.02, 0.2], ["rmse", 3, 0.604]] as const) {
      const [low, high] = valueDomain(metric, [point(20, value)], []);
      expect(high - low).toBeCloseTo(width);
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
    }
    expect(valueDomain("accuracy", [point(20, 0.4), point(40, 0.8)], [])).toEqual([0.4 - 0.02, 0.8 + 0.02]);
  });

  it("of one model leaves room for the next", () => {
    const random = [{ n_labels: 40, value: 0.5, low: 0, high: 1 }];
    expect(labelsDomain([point(40, 0.7)], random)).toEqual([0, 80]);
    expect(labelsDomain([point(20, 0.7), point(40, 0.7)], random)).toEqual([0, 40]);
    expect(labelsDomain([], [])).toEqual([0, 1]);
  });

  it("says each point in words, with what random labels would have given", () => {
    const random = [
      { n_labels: 0, value: 0.5, low: 0, high: 1 },
      { n_labels: 40, value: 0.7, low: 0, high: 1 },
    ];
    expect(pointWords("macro_f1", point(20, 0.8), random)).toBe(
      "20 labels: macro F1 0.800 (0.780 to 0.820), 0.600 expected at random",
    );
  });

  it("says the whole in a sentence, also while it is empty", () => {
    expect(summary("accuracy", [], [])).toBe("No model has been measured yet.");
    expect(summary("accuracy", [point(20, 0.6), point(1040, 0.8)], [])).toBe(
      "2 models, from accuracy 0.600 at 20 labels to 0.800 at 1,040.",
    );
  });

  it("names metrics as people do", () => {
    expect(metricWords("roc_auc")).toBe("ROC AUC");
    expect(metricWords("balanced_accuracy")).toBe("balanced accuracy");
  });
});
