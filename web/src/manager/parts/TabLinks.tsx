import { useEffect, useRef } from "react";
import { Link } from "wouter";

import classes from "./parts.module.css";

interface Props {
  label: string;
  here: string;
  tabs: { value: string; words: string; href: string }[];
}

/** Pages side by side as links; on a narrow screen they scroll, the chosen one in sight. */
export function TabLinks({ label, here, tabs }: Props) {
  const chosen = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    chosen.current?.scrollIntoView?.({ block: "nearest", inline: "center" });
  }, [here]);
  return (
    <nav className={classes.tabs} aria-label={label}>
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
    </nav>
  );
}
