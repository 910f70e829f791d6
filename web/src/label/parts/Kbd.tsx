import classes from "./kbd.module.css";

/** A key, drawn small. */
export function Kbd({ children }: { children: string }) {
  return (
    <kbd className={classes.kbd} aria-hidden>
      {children}
    </kbd>
  );
}
