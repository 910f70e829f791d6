import { Loader, Text } from "@mantine/core";
import { type DragEvent, useId, useRef, useState } from "react";

import classes from "./drop.module.css";

export const ACCEPT = ".csv,.tsv,.jsonl,.ndjson,.json,.parquet,.arrow,.feather,.conll,.gz";

interface Props {
  file: File | null;
  pick: (file: File) => void;
  busy?: boolean;
}

/** Where a file is dropped or chosen. A real file input, so that a keyboard and a screen reader know it. */
export function FileDrop({ file, pick, busy }: Props) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const dropped = event.dataTransfer.files[0];
    if (dropped && !busy) pick(dropped);
  };
  return (
    <label
      htmlFor={id}
      className={classes.drop}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <input
        ref={input}
        id={id}
        type="file"
        accept={ACCEPT}
        className={classes.input}
        disabled={busy}
        onChange={(event) => {
          const chosen = event.currentTarget.files?.[0];
          if (chosen) pick(chosen);
          event.currentTarget.value = "";
        }}
      />
      {busy ? (
        <Loader size="sm" />
      ) : (
        <svg
          width="28"
          height="28"
          viewBox="0 0 24 24"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.6"
          aria-hidden="true"
        >
          <path d="M12 15V4m0 0L7.5 8.5M12 4l4.5 4.5M4 15v3.5A1.5 1.5 0 0 0 5.5 20h13a1.5 1.5 0 0 0 1.5-1.5V15" />
        </svg>
      )}
      <span>
        <Text component="span" fw={600} className={classes.words}>
          {file ? file.name : "Drop a file here, or choose one"}
        </Text>
        <Text component="span" size="sm" c="dimmed" className={classes.words}>
          {file
            ? `${size(file.size)}. Choose another to replace it.`
            : "CSV, TSV, JSON Lines, Parquet or Arrow; also gzipped. One row per item."}
        </Text>
      </span>
    </label>
  );
}

function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const kilo = bytes / 1024;
  return kilo < 1024 ? `${Math.round(kilo)} kB` : `${(kilo / 1024).toFixed(1)} MB`;
}
