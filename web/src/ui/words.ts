import type { Task } from "../api/types";

/** What each task is called in front of people. */
export const taskWords: Record<Task, string> = {
  choice: "One of several classes",
  labels: "Any of several labels",
  number: "A number",
  spans: "Spans of a text",
  boxes: "Boxes in an image",
  polygons: "Shapes in an image",
  pair: "The better of two",
  ranking: "An order",
  rating: "A rating",
  text: "A rewritten text",
  review: "A review, step by step",
};

const whole = new Intl.NumberFormat("en-US");

/** 1234567 as 1,234,567. */
export const count = (n: number): string => whole.format(n);

/** Seconds as people say them: 8 s, 3 min, 2 h 10 min, 4 d. */
export function duration(seconds: number): string {
  if (seconds < 59.5) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} d`;
}

/** How long ago an ISO time is: "just now", "5 min ago". */
export function ago(iso: string, now: number = Date.now()): string {
  const seconds = (now - Date.parse(iso)) / 1000;
  return seconds < 20 ? "just now" : `${duration(seconds)} ago`;
}
