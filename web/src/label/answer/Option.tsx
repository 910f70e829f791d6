import { labelColor } from "../parts/colors";
import classes from "./answer.module.css";

interface Props {
  label: string;
  hint: string | null;
  chosen: boolean;
  suggested: boolean;
  confidence?: number | null;
  onPick: () => void;
  color?: number;
  many?: boolean;
  active?: boolean;
  small?: boolean;
}

/** One label to pick, large enough for a thumb, with its key at the left. */
export function Option({ label, hint, chosen, suggested, confidence, onPick, color, many = false, active = false, small = false }: Props) {
  return (
    <button
      type="button"
      className={classes.option}
      data-small={small || undefined}
      data-suggested={suggested || undefined}
      data-active={active || undefined}
      aria-pressed={chosen}
      onClick={onPick}
    >
      <span className={classes.key} aria-hidden data-many={many || undefined}>
        {chosen ? "✓" : (hint ?? "")}
      </span>
      {color !== undefined && <span className={classes.dot} style={{ background: labelColor(color) }} aria-hidden />}
      <span className={classes.label} dir="auto">
        {label}
      </span>
      {suggested && (
        <span className={classes.suggested}>
          suggested{typeof confidence === "number" ? ` ${Math.round(100 * confidence)}%` : ""}
        </span>
      )}
    </button>
  );
}
