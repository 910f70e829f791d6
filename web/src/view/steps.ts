import type { Json } from "../api/types";
import { asJson } from "./media";

export interface Call {
  name: string;
  input: Json;
}

/** One message of a chat, or one step of an agent. */
export interface Step {
  role: string;
  text: string;
  thought: string;
  calls: Call[];
  /** What a tool gave back. */
  result: Json | undefined;
}

type Fields = { [key: string]: Json };

/** The messages of a chat or the steps of a trace, in their order, from 0; null of what is neither. */
export function stepsOf(value: Json): Step[] | null {
  let found = asJson(value);
  if (isMap(found)) found = [found.messages, found.steps].find(Array.isArray) ?? null;
  if (!Array.isArray(found) || found.length === 0 || !found.every(isMap)) return null;
  return found.map(step);
}

function step(from: Fields): Step {
  const role = word(from.role) || (from.tool || from.tool_name || from.tool_calls || from.action ? "agent" : "step");
  const isResult = role === "tool" || role === "function";
  const calls: Call[] = [];
  for (const call of Array.isArray(from.tool_calls) ? from.tool_calls : []) {
    if (!isMap(call)) continue;
    const inner = isMap(call.function) ? call.function : call;
    calls.push({ name: word(inner.name) || "tool", input: asJson(inner.arguments ?? inner.input ?? null) });
  }
  if (isMap(from.function_call)) {
    calls.push({ name: word(from.function_call.name) || "function", input: asJson(from.function_call.arguments ?? null) });
  }
  const tool = word(from.tool) || word(from.tool_name) || word(from.action);
  if (tool && !isResult) calls.push({ name: tool, input: asJson(from.arguments ?? from.input ?? from.action_input ?? null) });
  const text = words(from.content ?? from.text ?? null);
  return {
    role,
    text: isResult ? "" : text,
    thought: words(from.thought ?? from.reasoning ?? null),
    calls,
    result: isResult ? asJson(from.content ?? null) : (from.observation ?? from.output ?? from.result),
  };
}

const isMap = (value: Json | undefined): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const word = (value: Json | undefined): string => (typeof value === "string" ? value : "");

/** A content as text: itself, or the texts of its parts. */
function words(value: Json): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) {
    return value
      .map((part) => (typeof part === "string" ? part : isMap(part) ? word(part.text) || `[${word(part.type) || "part"}]` : ""))
      .filter(Boolean)
      .join("\n\n");
  }
  return value === null ? "" : JSON.stringify(value);
}
