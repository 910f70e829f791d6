/** What was pressed, as a word: "u", "1", "?", "space", "ctrl+enter", "shift+arrowleft". */

export interface Pressed {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  isComposing?: boolean;
  keyCode?: number;
  getModifierState?: (name: string) => boolean;
}

const NAMES: Record<string, string> = { " ": "space", Spacebar: "space", Esc: "escape", Del: "delete" };

/** The word of a key press, or null where it is part of a word being composed, or only a modifier. */
export function stroke(event: Pressed): string | null {
  if (event.isComposing || event.keyCode === 229 || event.key === "Process" || event.key === "Dead") return null;
  if (["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock"].includes(event.key)) return null;
  // On Windows AltGr reports Ctrl and Alt as well, though the person only types a character.
  const altGr = event.getModifierState?.("AltGraph") ?? false;
  const mod = (event.ctrlKey || event.metaKey) && !altGr;
  const alt = event.altKey && !altGr;
  const [base, printable] = name(event, alt);
  if (base === "") return null;
  const letter = printable && /^\p{L}$/u.test(base);
  const shift = event.shiftKey && (!printable || letter || base === "space");
  return `${mod ? "ctrl+" : ""}${alt ? "alt+" : ""}${shift ? "shift+" : ""}${base}`;
}

function name(event: Pressed, alt: boolean): [string, boolean] {
  const { key, code } = event;
  const named = NAMES[key];
  if (named) return [named, false];
  if ([...key].length > 1) return [key.toLowerCase(), false];
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(code)?.[1];
  if (digit !== undefined && (/^[0-9]$/.test(key) || !event.shiftKey || alt)) {
    // The key with a 1 on it is 1, also where it types & without Shift, as on French keyboards.
    return [/^[0-9]$/.test(key) ? key : digit, true];
  }
  if (key.charCodeAt(0) > 127 || alt) {
    // A keyboard of another script: go by the place of the key.
    const place = /^Key([A-Z])$/.exec(code)?.[1];
    if (place) return [place.toLowerCase(), true];
  }
  return [key.toLowerCase(), true];
}

const SHOWN: Record<string, string> = {
  space: "Space",
  enter: "Enter",
  escape: "Esc",
  backspace: "Backspace",
  delete: "Del",
  tab: "Tab",
  arrowleft: "←",
  arrowright: "→",
  arrowup: "↑",
  arrowdown: "↓",
};

const apple = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform ?? "");

/** A stroke as people read it: "Ctrl + Enter". */
export function show(word: string): string {
  const parts = word === "+" ? ["+"] : word.split("+");
  return parts
    .map((part) => {
      if (part === "ctrl") return apple ? "⌘" : "Ctrl";
      if (part === "alt") return apple ? "⌥" : "Alt";
      if (part === "shift") return "Shift";
      return SHOWN[part] ?? part.toUpperCase();
    })
    .join(" + ");
}
