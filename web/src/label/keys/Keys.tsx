import { createContext, useContext, useEffect, useMemo, useRef, type ReactNode } from "react";

import { measureToPaint } from "../work/paint";
import { actionsOf, type ActionName, type Bindings } from "./bindings";
import { stroke } from "./stroke";

/** What the keys do here. A handler that returns false leaves the key to whoever is beneath. */
export interface Layer {
  actions?: Partial<Record<ActionName, (event: KeyboardEvent) => void | boolean>>;
  /** Strokes that are no named actions, such as arrows within a text. */
  raw?: (word: string, event: KeyboardEvent) => boolean;
  /** Nothing beneath gets a key while this is open. */
  modal?: boolean;
}

interface Hub {
  layers: { current: Layer; level: number }[];
  bound: Bindings;
  off: boolean;
}

const HubContext = createContext<Hub | null>(null);

/** What answers nothing, so that it need not wait: the first letter of a search would be a command. */
const ALWAYS: ActionName[] = ["help", "instructions", "settings", "history", "search"];

interface Props {
  bound: Bindings;
  off: boolean;
  /** Whether what is on the screen has been painted and loaded; until then no key may answer it. */
  settled: () => boolean;
  children: ReactNode;
}

/** Listens to the keyboard once, and hands each stroke to the layer on top that has a use for it. */
export function Keys({ bound, off, settled, children }: Props) {
  const hub = useRef<Hub>({ layers: [], bound, off });
  hub.current.bound = bound;
  hub.current.off = off;
  const isSettled = useRef(settled);
  isSettled.current = settled;

  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      const word = stroke(event);
      if (word === null || event.defaultPrevented || ignores(event, word)) return;
      const { layers, bound: now, off: silent } = hub.current;
      const typing = isEditable(event.target);
      if (typing && word === "escape") return (event.target as HTMLElement).blur();
      let actions = actionsOf(word, now, silent);
      if (typing) actions = actions.filter((name) => /^ctrl\+/.test(word) && (name === "submit" || name === "draft"));
      if (!isSettled.current() && !actions.some((name) => ALWAYS.includes(name))) {
        if (actions.length > 0) event.preventDefault();
        return;
      }
      for (const { current } of layers.toSorted((a, b) => b.level - a.level)) {
        if (!typing && current.raw && !(silent && /^.$/u.test(word)) && current.raw(word, event)) return handled(event);
        for (const name of actions) {
          const handler = current.actions?.[name];
          if (!handler) continue;
          if (event.repeat) return event.preventDefault();
          if (handler(event) !== false) return handled(event);
        }
        if (current.modal) {
          // What a layer moved into a field is typed there; any other key with a meaning beneath has none now.
          if (actions.length > 0 && !isEditable(document.activeElement)) event.preventDefault();
          return;
        }
      }
    };
    window.addEventListener("keydown", down);
    return () => window.removeEventListener("keydown", down);
  }, []);

  return <HubContext value={hub.current}>{children}</HubContext>;
}

function handled(event: KeyboardEvent): void {
  event.preventDefault();
  measureToPaint("key-to-paint", event.timeStamp);
}

/** Have a layer of keys while this component is shown: the page's own at level 0, an answer's at 1, a panel's at 2. */
export function useKeys(layer: Layer, level = 1): void {
  const hub = useContext(HubContext);
  const box = useMemo(() => ({ current: layer, level }), [level]);
  box.current = layer;
  useEffect(() => {
    if (!hub) return;
    hub.layers.push(box);
    return () => void hub.layers.splice(hub.layers.indexOf(box), 1);
  }, [hub, box]);
}

export function useBindings(): Bindings | null {
  return useContext(HubContext)?.bound ?? null;
}

const isEditable = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.tagName === "TEXTAREA" ||
    target.tagName === "SELECT" ||
    (target instanceof HTMLInputElement && !["checkbox", "radio", "button", "range"].includes(target.type)));

/** Strokes that belong to what has the focus: an open dialog, a menu, a button that Space or Enter would press. */
function ignores(event: KeyboardEvent, word: string): boolean {
  if (document.querySelector('[role="dialog"][aria-modal="true"], [role="alertdialog"]')) return true;
  const target = event.target;
  if (!(target instanceof Element)) return false;
  if (target.closest('[role="menu"], [role="listbox"]')) return true;
  const presses = word === "enter" || word === "space";
  const at = 'button, a[href], summary, audio, video, [role="button"], [role="checkbox"], [role="radio"], [role="tab"]';
  if (presses && target.closest(at)) return true;
  const moves = /^(shift\+)?arrow/.test(word);
  return moves && target.closest('[role="radio"], [role="slider"], [role="tab"], input[type="range"], audio, video') !== null;
}
