import { CloseButton, TextInput } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useContext, useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";

import { MeContext } from "../../api/queries";
import { useBindings, useKeys } from "../keys/Keys";
import type { ActionName } from "../keys/bindings";
import { show } from "../keys/stroke";
import classes from "./answer.module.css";
import { digits } from "./digits";
import { Option } from "./Option";
import { search, searchable, used, type Recent } from "./search";

interface Props {
  project: string;
  labels: string[];
  chosen: string[];
  suggested: string[];
  confidence: number | null;
  onPick: (label: string) => void;
  many?: boolean;
}

/** Of each person and project, which labels were used of late, and whether the last one came from the search. */
const memory = new Map<string, { recent: Recent; searching: boolean }>();

/** Ten to a thousand labels: a search that answers at once, and the last nine under the digits. */
export function ManyLabels({ project, labels, chosen, suggested, confidence, onPick, many = false }: Props) {
  const mine = JSON.stringify([useContext(MeContext)?.name ?? "", project]);
  const memo = memory.get(mine) ?? { recent: { places: [], order: [] }, searching: false };
  const [recent, setRecent] = useState(memo.recent);
  const [asked, setAsked] = useState("");
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement | null>(null);
  const scroll = useRef<HTMLDivElement | null>(null);
  const bound = useBindings();

  const index = useMemo(() => searchable(labels), [labels]);
  const top = [...suggested, ...recent.places.filter((label) => labels.includes(label) && !suggested.includes(label))];
  const found = useMemo(() => {
    const all = search(index, asked);
    return asked.trim() === "" ? all.filter((label) => !top.includes(label)) : all;
    // `top` changes only with these two.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [index, asked, recent, suggested.join("\n")]);
  const quick = asked.trim() === "" ? top : [];
  const rows = [...quick, ...found];

  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 46,
    overscan: 6,
  });

  useEffect(() => {
    if (memo.searching) input.current?.focus();
    // Only when an item comes on the screen.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  const pick = (label: string, searching = false) => {
    const now = used(recent, label);
    memory.set(mine, { recent: now, searching });
    if (many) setRecent(now);
    setAsked("");
    setAt(0);
    onPick(label);
  };

  const move = (by: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, at + by));
    setAt(next);
    list.scrollToIndex(next);
  };

  useKeys({
    actions: {
      ...digits(recent.places, pick),
      search: () => input.current?.focus(),
    },
    raw: (word) => {
      if (word !== "arrowdown" && word !== "arrowup") return false;
      input.current?.focus();
      move(word === "arrowdown" ? 1 : -1);
      return true;
    },
  });

  const keys = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      const label = rows[at];
      if (label !== undefined && (asked.trim() !== "" || at > 0)) {
        event.preventDefault();
        pick(label, true);
      }
    } else if (event.key === "Escape") {
      event.preventDefault();
      setAsked("");
      setAt(0);
      input.current?.blur();
    }
  };

  return (
    <div className={classes.many}>
      <TextInput
        ref={input}
        value={asked}
        onChange={(event) => {
          setAsked(event.currentTarget.value);
          setAt(0);
          scroll.current?.scrollTo(0, 0);
        }}
        onKeyDown={keys}
        placeholder={`Search ${labels.length} labels`}
        aria-label="Search the labels"
        aria-controls="labels-found"
        role="searchbox"
        autoComplete="off"
        spellCheck={false}
        rightSectionWidth={40}
        rightSection={
          asked ? (
            <CloseButton size="sm" aria-label="Clear the search" onClick={() => setAsked("")} />
          ) : bound?.search[0] ? (
            <span className={classes.keyBare}>{show(bound.search[0])}</span>
          ) : null
        }
      />
      <div className="q-hidden" role="status">
        {asked ? `${rows.length} labels found` : ""}
      </div>
      <div id="labels-found" ref={scroll} className={classes.list} role="group" aria-label="Labels" tabIndex={-1}>
        {rows.length === 0 && <p className="q-quiet">No label is like “{asked}”.</p>}
        <div style={{ height: list.getTotalSize(), position: "relative" }}>
          {list.getVirtualItems().map((row) => {
            const label = rows[row.index];
            if (label === undefined) return null;
            // A digit stays with its label for as long as that is among the last nine, whatever the model suggests.
            const place = row.index < quick.length ? recent.places.indexOf(label) : -1;
            const key = place === -1 ? null : bound?.[`pick.${place + 1}` as ActionName]?.[0];
            return (
              <div key={label} className={classes.virtualRow} style={{ transform: `translateY(${row.start}px)` }}>
                <Option
                  small
                  label={label}
                  hint={key ? show(key) : null}
                  chosen={chosen.includes(label)}
                  suggested={suggested.includes(label)}
                  confidence={confidence}
                  active={row.index === at && (asked !== "" || at > 0)}
                  onPick={() => pick(label, asked !== "")}
                  many={many}
                />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
