import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";

import { count } from "../ui/words";
import classes from "./view.module.css";

interface Props {
  text: string;
  /** So many characters are shown at first. */
  most: number;
  draw: (text: string) => ReactNode;
}

/** A text whose beginning alone is drawn until somebody asks for all of it: millions of letters hold a browser up. */
export function LongText({ text, most, draw }: Props) {
  const [whole, setWhole] = useState<string | null>(null);
  if (text.length <= most || whole === text) return draw(text);
  return (
    <>
      {draw(`${beginning(text, most)}…`)}
      <Button variant="default" size="xs" className={classes.showAll} onClick={() => setWhole(text)}>
        Show all {count(text.length)} characters
      </Button>
    </>
  );
}

/** The first characters of a text, never half of one that takes two places. */
function beginning(text: string, most: number): string {
  const last = text.charCodeAt(most - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most);
}
