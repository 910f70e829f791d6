import type { Json } from "../../api/types";

/** Everything a key can do, in the order of the help: what it is called, and its keys unless changed. */
export const ACTIONS = {
  submit: { label: "Submit the answer", keys: ["enter", "ctrl+enter"], group: "Answer" },
  "pick.1": { label: "First option", keys: ["1"], group: "Answer" },
  "pick.2": { label: "Second option", keys: ["2"], group: "Answer" },
  "pick.3": { label: "Third option", keys: ["3"], group: "Answer" },
  "pick.4": { label: "Fourth option", keys: ["4"], group: "Answer" },
  "pick.5": { label: "Fifth option", keys: ["5"], group: "Answer" },
  "pick.6": { label: "Sixth option", keys: ["6"], group: "Answer" },
  "pick.7": { label: "Seventh option", keys: ["7"], group: "Answer" },
  "pick.8": { label: "Eighth option", keys: ["8"], group: "Answer" },
  "pick.9": { label: "Ninth option", keys: ["9"], group: "Answer" },
  "pick.0": { label: "Tenth option", keys: ["0"], group: "Answer" },
  search: { label: "Search the labels", keys: ["/"], group: "Answer" },
  undo: { label: "Undo the last answer", keys: ["u", "backspace"], group: "Move" },
  skip: { label: "Skip this item", keys: ["space"], group: "Move" },
  back: { label: "Look at the answer before", keys: ["arrowleft", "alt+arrowleft"], group: "Move" },
  forward: { label: "Look at the answer after", keys: ["arrowright", "alt+arrowright"], group: "Move" },
  flag: { label: "Flag for somebody to look at", keys: ["f"], group: "Tell" },
  note: { label: "Write a note", keys: ["n", "shift+n"], group: "Tell" },
  draft: { label: "Save a draft", keys: ["ctrl+s"], group: "Tell" },
  instructions: { label: "Open or close the instructions", keys: ["h"], group: "Page" },
  history: { label: "Open my answers", keys: ["y"], group: "Page" },
  help: { label: "Show the keys", keys: ["?"], group: "Page" },
  settings: { label: "Open the settings", keys: [","], group: "Page" },
  "pair.a": { label: "The first is better", keys: ["a"], group: "Comparing two" },
  "pair.b": { label: "The second is better", keys: ["b"], group: "Comparing two" },
  "pair.tie": { label: "Equally good", keys: ["t"], group: "Comparing two" },
  "pair.neither": { label: "Neither is good", keys: ["n"], group: "Comparing two" },
  "mark.delete": { label: "Remove the chosen mark or point", keys: ["d", "delete"], group: "Marks in texts and images" },
  "mark.next": { label: "Go to the next mark", keys: ["."], group: "Marks in texts and images" },
  "mark.new": { label: "Draw a new shape", keys: ["n"], group: "Marks in texts and images" },
  "mark.point.next": { label: "Next point of an outline", keys: ["e"], group: "Marks in texts and images" },
  "mark.point.before": { label: "Point before of an outline", keys: ["shift+e"], group: "Marks in texts and images" },
  "mark.point.add": { label: "Add a point to an outline", keys: ["a"], group: "Marks in texts and images" },
  "mark.undo": { label: "Undo the last change of marks", keys: ["ctrl+z"], group: "Marks in texts and images" },
  play: { label: "Play or pause the sound", keys: ["p"], group: "Page" },
} as const satisfies Record<string, { label: string; keys: readonly string[]; group: string }>;

export type ActionName = keyof typeof ACTIONS;
export const actionNames = Object.keys(ACTIONS) as ActionName[];
export type Bindings = Record<ActionName, string[]>;

/** The keys of each action: the person's own where they set some, else the usual. */
export function bindings(preferences: Record<string, Json>): Bindings {
  const own = preferences.keys;
  const chosen = typeof own === "object" && own !== null && !Array.isArray(own) ? own : {};
  return Object.fromEntries(
    actionNames.map((name) => {
      const keys = chosen[name];
      const mine = Array.isArray(keys) ? keys.filter((key): key is string => typeof key === "string") : null;
      return [name, mine ?? [...ACTIONS[name].keys]];
    }),
  ) as Bindings;
}

/** Whether the person has turned single keys off; combinations with Ctrl or Alt still work. */
export const singleKeysOff = (preferences: Record<string, Json>): boolean => preferences.keys_off === true;

/** Which actions a stroke stands for, in the order of the table. */
export function actionsOf(word: string, bound: Bindings, off = false): ActionName[] {
  if (off && !/^(ctrl|alt)\+/.test(word)) return [];
  return actionNames.filter((name) => bound[name].includes(word));
}

/** Actions that can be offered at the same time as `name` and have the same key. */
export function clashes(name: ActionName, word: string, bound: Bindings): ActionName[] {
  const screen = (other: ActionName) => /^(pair|mark)\./.exec(other)?.[1] ?? "any";
  return actionNames.filter((other) => other !== name && bound[other].includes(word) && screen(other) === screen(name));
}
