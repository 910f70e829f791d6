import type { Json } from "../api/types";
import { asJson } from "./media";

export interface Picture {
  width: number;
  height: number;
  /** Brightness from 0 to 255, row by row. */
  gray: Uint8ClampedArray;
}

/** Rows of numbers, or as many numbers as a square has, as a picture; null for anything else. The largest is white. */
export function picture(value: Json): Picture | null {
  const found = asJson(value);
  if (!Array.isArray(found) || found.length === 0) return null;
  const rows = Array.isArray(found[0]) ? (found as Json[][]) : square(found);
  const width = rows?.[0]?.length ?? 0;
  if (!rows || width === 0 || rows.some((row) => !Array.isArray(row) || row.length !== width)) return null;
  const flat = rows.flat();
  if (!flat.every((each): each is number => typeof each === "number" && Number.isFinite(each))) return null;
  let low = 0;
  let high = 0;
  for (const each of flat) {
    if (each < low) low = each;
    if (each > high) high = each;
  }
  // Bytes keep their meaning; other scales (0 to 1, 0 to 16, standardized) are spread over the range.
  const span = low === 0 && high > 128 && high <= 255 ? 255 : high - low || 1;
  return { width, height: rows.length, gray: Uint8ClampedArray.from(flat, (each) => ((each - low) / span) * 255) };
}

function square(flat: Json[]): Json[][] | null {
  const side = Math.round(Math.sqrt(flat.length));
  if (side * side !== flat.length) return null;
  return Array.from({ length: side }, (_, row) => flat.slice(row * side, (row + 1) * side));
}
