import { useElementSize } from "@mantine/hooks";
import { type KeyboardEvent, type PointerEvent, useState } from "react";
import classes from "./chart.module.css";
import { type CurvePoint, labelsDomain, metricWords, ordered, pointWords, type RandomPoint, summary, valueDomain } from "./curve";
import { bandPath, type Dot, linear, linePath, nearest } from "./scale";
import { figure, shortCount } from "../logic/format";

interface Props {
  metric: string;
  points: CurvePoint[];
  random: RandomPoint[] | null;
  height?: number;
}

/** The learning curve: each model's measure with its band, against what random labels would have reached. */
export function CurveChart({ metric, points: given, random: givenRandom, height = 288 }: Props) {
  const { ref, width } = useElementSize();
  const [picked, setPicked] = useState<number | null>(null);
  const points = ordered(given);
  const random = ordered(givenRandom ?? []);
  const at = Math.min(picked ?? points.length - 1, points.length - 1);
  const here = points[at];

  const roomy = width >= 520;
  const box = { left: 46, right: roomy && random.length > 0 ? 84 : 14, top: 14, bottom: 36 };
  const inner = { width: Math.max(width - box.left - box.right, 40), height: height - box.top - box.bottom };
  const x = linear(labelsDomain(points, random), [box.left, box.left + inner.width], {
    wanted: roomy ? 6 : 4,
  });
  const y = linear(valueDomain(metric, points, random), [box.top + inner.height, box.top], { wanted: 4, nice: true });
  const dot = (point: { n_labels: number }, value: number): Dot => ({ x: x(point.n_labels), y: y(value) });
  const positions = points.map((point) => x(point.n_labels));

  const follow = (event: PointerEvent<HTMLDivElement>) => {
    const edge = event.currentTarget.getBoundingClientRect().left;
    setPicked(nearest(positions, event.clientX - edge));
  };
  const step = (event: KeyboardEvent) => {
    const to = {
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      Home: 0,
      End: points.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setPicked(Math.min(Math.max(to, 0), points.length - 1));
  };

  const lastRandom = random.at(-1);
  const lastPoint = points.at(-1);
  return (
    <div>
      <div className={classes.readout} aria-hidden="true">
        {here ? pointWords(metric, here, random) : ""}
      </div>
      <div
        ref={ref}
        className={classes.plot}
        style={{ height }}
        role="slider"
        tabIndex={0}
        aria-label={`Learning curve. ${summary(metric, points, random)}`}
        aria-orientation="horizontal"
        aria-valuemin={1}
        aria-valuemax={Math.max(points.length, 1)}
        aria-valuenow={at + 1}
        aria-valuetext={here ? pointWords(metric, here, random) : "no model yet"}
        onPointerMove={follow}
        onPointerDown={follow}
        onPointerLeave={() => setPicked(null)}
        onKeyDown={step}
        onBlur={() => setPicked(null)}
      >
        {width > 0 && (
          <svg width={width} height={height} aria-hidden="true" focusable="false">
            {y.ticks.map((tick) => (
              <g key={tick}>
                <line className={classes.grid} x1={box.left} x2={box.left + inner.width} y1={y(tick)} y2={y(tick)} />
                <text className={classes.tick} x={box.left - 8} y={y(tick)} dy="0.32em" textAnchor="end">
                  {figure(tick, tickDigits(y.ticks))}
                </text>
              </g>
            ))}
            {x.ticks.map((tick) => (
              <text key={tick} className={classes.tick} x={x(tick)} y={box.top + inner.height + 16} textAnchor="middle">
                {shortCount(tick)}
              </text>
            ))}
            <text className={classes.axis} x={box.left + inner.width} y={height - 3} textAnchor="end">
              labels
            </text>
            <path className={classes.randomBand} d={band(random, dot)} />
            <path className={classes.randomLine} d={linePath(random.map((point) => dot(point, point.value)))} />
            <path className={classes.band} d={band(points, dot)} />
            <path className={classes.line} d={linePath(points.map((point) => dot(point, point.value)))} />
            {points.length <= 40 &&
              points.map((point) => (
                <circle
                  key={point.n_labels}
                  className={classes.dot}
                  cx={x(point.n_labels)}
                  cy={y(point.value)}
                  r={2.5}
                />
              ))}
            {points.length === 1 && here && here.low != null && here.high != null && (
              <line
                className={classes.whisker}
                x1={x(here.n_labels)}
                x2={x(here.n_labels)}
                y1={y(here.low)}
                y2={y(here.high)}
              />
            )}
            {here && (
              <g>
                <line
                  className={classes.cross}
                  x1={x(here.n_labels)}
                  x2={x(here.n_labels)}
                  y1={box.top}
                  y2={box.top + inner.height}
                  opacity={picked === null ? 0 : 1}
                />
                <circle className={classes.here} cx={x(here.n_labels)} cy={y(here.value)} r={4.5} />
              </g>
            )}
            {roomy && random.length > 0 && (
              <EndLabels
                width={width}
                points={lastPoint && y(lastPoint.value)}
                random={lastRandom && y(lastRandom.value)}
              />
            )}
          </svg>
        )}
      </div>
      <div className={classes.legend} data-roomy={roomy || undefined}>
        <span>
          <i className={classes.keyLine} /> {metricWords(metric)}
          {points.some((point) => point.low != null) && ", with its band"}
        </span>
        {random.length > 0 && (
          <span>
            <i className={classes.keyRandom} /> random expectation
          </span>
        )}
      </div>
    </div>
  );
}

/** The lines' names at their ends, kept apart where the ends are close. */
function EndLabels({ width, points, random }: { width: number; points?: number; random?: number }) {
  let [own, chance] = [points, random];
  if (own !== undefined && chance !== undefined && Math.abs(own - chance) < 15) {
    const middle = (own + chance) / 2;
    const up = own <= chance ? -7.5 : 7.5;
    [own, chance] = [middle + up, middle - up];
  }
  return (
    <>
      {own !== undefined && (
        <text className={classes.ownName} x={width - 76} y={own} dy="0.32em">
          chosen
        </text>
      )}
      {chance !== undefined && (
        <text className={classes.randomName} x={width - 76} y={chance} dy="0.32em">
          at random
        </text>
      )}
    </>
  );
}

function band<P extends { low: number | null; high: number | null; value: number; n_labels: number }>(
  points: P[],
  dot: (point: P, value: number) => Dot,
): string {
  return bandPath(
    points.map((point) => dot(point, point.high ?? point.value)),
    points.map((point) => dot(point, point.low ?? point.value)),
  );
}

function tickDigits(ticks: number[]): number {
  const step = Math.abs((ticks[1] ?? 1) - (ticks[0] ?? 0));
  return step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
}
