import { count, figure } from "../logic/format";
import { sentence } from "../logic/standing";
import { Grid } from "../parts/Grid";
import { type CurvePoint, metricWords, ordered, randomAt, type RandomPoint } from "./curve";

interface Props {
  metric: string;
  points: CurvePoint[];
  random: RandomPoint[] | null;
}

/** The learning curve as numbers, the latest model first. */
export function CurveTable({ metric, points, random: given }: Props) {
  const random = ordered(given ?? []);
  return (
    <Grid
      caption={`Learning curve: ${metricWords(metric)} of each model`}
      rows={ordered(points).reverse()}
      id={(point) => point.n_labels}
      columns={[
        { name: "Labels", title: true, number: true, cell: (point) => count(point.n_labels) },
        { name: "Model", number: true, cell: (point) => count(point.model) },
        { name: "Round", number: true, cell: (point) => count(point.round) },
        { name: sentence(metricWords(metric)), number: true, cell: (point) => figure(point.value) },
        {
          name: "Band",
          number: true,
          cell: (point) =>
            point.low == null || point.high == null ? "–" : `${figure(point.low)} to ${figure(point.high)}`,
        },
        { name: "At random", number: true, cell: (point) => figure(randomAt(random, point.n_labels)) },
      ]}
    />
  );
}
