import { createContext, useCallback, useContext, useLayoutEffect, useRef } from "react";

/** Counts what of an item is still loading, so that keys do not answer what nobody has seen yet. */
export interface Settling {
  wait: () => void;
  done: () => void;
}

export const SettlingContext = createContext<Settling | null>(null);

/** Say that this part of an item is loading; call what comes back once it is there, or will never be. */
export function useSettling(): () => void {
  const settling = useContext(SettlingContext);
  const waiting = useRef(false);
  useLayoutEffect(() => {
    settling?.wait();
    waiting.current = true;
    return () => {
      if (waiting.current) settling?.done();
      waiting.current = false;
    };
  }, [settling]);
  return useCallback(() => {
    if (waiting.current) settling?.done();
    waiting.current = false;
  }, [settling]);
}
