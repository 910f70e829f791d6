import { useCallback, useEffect, useRef, useState } from "react";
import { Link } from "wouter";

import { beyond } from "./beyond";
import classes from "./parts.module.css";

interface Props {
  label: string;
  here: string;
  tabs: { value: string; words: string; href: string }[];
}

/** Pages side by side as links; on a narrow screen they scroll, the chosen one in sight, and fade where there are more. */
export function TabLinks({ label, here, tabs }: Props) {
  const chosen = useRef<HTMLAnchorElement>(null);
  const view = useRef<HTMLDivElement>(null);
  const [more, setMore] = useState({ before: false, after: false });
  const look = useCallback(() => {
    if (view.current) setMore(beyond(view.current));
  }, []);
  useEffect(() => {
    chosen.current?.scrollIntoView?.({ block: "nearest", inline: "center" });
    look();
  }, [here, look]);
  useEffect(() => {
    window.addEventListener("resize", look);
    return () => window.removeEventListener("resize", look);
  }, [look]);
  return (
    <nav className={classes.tabs} aria-label={label}>
      <div
        ref={view}
        className={classes.tabsView}
        data-before={more.before || undefined}
        data-after={more.after || undefined}
        onScroll={look}
      >
        <div className={classes.tabsRow}>
          {tabs.map(({ value, words, href }) => (
            <Link
              key={value}
              href={href}
              ref={value === here ? chosen : undefined}
              className={classes.tab}
              aria-current={value === here ? "page" : undefined}
            >
              {words}
            </Link>
          ))}
        </div>
      </div>
    </nav>
  );
}
