import { Unreachable } from "../../api/client";
import { decoded } from "../../ui/address";
import { refusal } from "./upload";

/** Fetch a file and hand it to the browser to be saved. The same errors as `api`, where a plain link would say nothing. */
export async function download(url: string): Promise<void> {
  const answer = await fetch(url, { credentials: "same-origin" }).catch(lost);
  if (!answer.ok) throw refusal(answer.status, await answer.json().catch(() => null));
  save(await answer.blob().catch(lost), nameIn(answer.headers.get("Content-Disposition")) ?? "labels");
}

function lost(): never {
  throw new Unreachable();
}

/** The file's name as the server says it, in either of the two ways of the header. */
export function nameIn(header: string | null): string | null {
  const escaped = header?.match(/filename\*=utf-8''([^;]+)/i)?.[1];
  if (escaped !== undefined) return decoded(escaped);
  return header?.match(/filename="([^"]+)"/i)?.[1] ?? null;
}

const KEPT_MS = 60_000; // some browsers begin to read a while after the click

function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
