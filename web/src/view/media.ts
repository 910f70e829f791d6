import type { Json } from "../api/types";
import { decoded } from "../ui/address";

export type Media = { kind: "here"; url: string } | { kind: "elsewhere"; host: string } | { kind: "none" };

const EMBEDDED = /^data:(?:image\/(?:png|jpeg|gif|webp|bmp|avif)|audio\/[\w.+-]+)[;,]/i;

/**
 * Where a picture or a sound is: among the server's files, inside the value, or on another server, which is not asked.
 *
 * A value is a file's name as it is, whatever letters that holds; `#` and `?` begin nothing in it.
 */
export function media(value: Json): Media {
  if (typeof value !== "string" || value.trim() === "") return { kind: "none" };
  const text = value.trim();
  if (EMBEDDED.test(text)) return { kind: "here", url: text };
  if (isUrl(text)) {
    try {
      return { kind: "elsewhere", host: new URL(text, "https://x").host || text.slice(0, 20) };
    } catch {
      return { kind: "none" };
    }
  }
  const parts = text.replace(/^\/?media\//, "").split(/[\\/]/);
  if (parts.includes("..")) return { kind: "none" };
  const clean = parts.filter((part) => part !== "" && part !== ".");
  return clean.length > 0 ? { kind: "here", url: `/media/${clean.map(encodeURIComponent).join("/")}` } : { kind: "none" };
}

/** The same for an address, as Markdown has it: escaped, and its query and fragment are no part of the file's name. */
export function mediaAt(address: string): Media {
  if (isUrl(address)) return media(address);
  return media(decoded(address.split(/[?#]/)[0] ?? ""));
}

const isUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(text) || text.startsWith("//");

/** The name of a picture's or sound's file, to point it out by. */
export function mediaName(value: Json): string {
  if (typeof value !== "string" || value.trim() === "") return "no file is named";
  const text = value.trim();
  if (text.startsWith("data:")) return "it lies within the item";
  return text.length > 120 ? `…${text.slice(-120)}` : text;
}

/** What a text says that is the JSON of a list or a map; anything else as it is. */
export function asJson(value: Json): Json {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    const found = JSON.parse(value) as Json;
    return typeof found === "object" ? found : value;
  } catch {
    return value;
  }
}
