import type { ReactNode } from "react";
import { Link } from "wouter";

import classes from "./sidenav.module.css";

interface Props {
  label: string;
  here: string;
  links: { value: string; words: string; href: string }[];
  children: ReactNode;
}

/** A few pages of one kind: their names at the side, or above on a narrow screen. */
export function SideNav({ label, here, links, children }: Props) {
  return (
    <div className={classes.split}>
      <nav aria-label={label} className={classes.nav}>
        {links.map(({ value, words, href }) => (
          <Link key={value} href={href} className={classes.link} aria-current={value === here ? "page" : undefined}>
            {words}
          </Link>
        ))}
      </nav>
      <div className={classes.body}>{children}</div>
    </div>
  );
}
