import { ActionIcon, Indicator, Menu, Progress, Tooltip, UnstyledButton } from "@mantine/core";
import { memo, type ReactNode } from "react";
import { Link } from "wouter";

import { oversees, useMe } from "../../api/queries";
import type { Pace } from "../../api/types";
import { Brand } from "../../ui/Brand";
import { BookIcon, ClockIcon, GearIcon, KeyboardIcon, MoreIcon } from "../../ui/icons";
import { PersonMenu } from "../../ui/PersonMenu";
import { count, duration } from "../../ui/words";
import type { Bindings } from "../keys/bindings";
import { show } from "../keys/stroke";
import type { Saving } from "../work/outbox";
import classes from "./bar.module.css";
import { SaveState } from "./SaveState";

interface Props {
  project: string;
  saving: Saving;
  retry: () => void;
  pace: Pace | null;
  /** Answers since the pace was asked for. */
  since: number;
  bound: Bindings;
  news: boolean;
  open: (what: "instructions" | "history" | "help" | "settings") => void;
}

export const Bar = memo(function Bar({ project, saving, retry, pace, since, bound, news, open }: Props) {
  const me = useMe();
  return (
    <header className={classes.bar}>
      <div className={classes.barLeft}>
        <Link href="/" className={classes.home} aria-label="Querist, all projects">
          <Brand bare />
        </Link>
        <h1 className={classes.project} title={project}>
          {oversees(me) ? <Link href={`/p/${encodeURIComponent(project)}`}>{project}</Link> : project}
        </h1>
      </div>
      <PaceView pace={pace} since={since} />
      <div className={classes.barRight}>
        <SaveState saving={saving} retry={retry} />
        <Tools bound={bound} news={news} open={open} />
        <PersonMenu />
      </div>
    </header>
  );
});

const TOOLS = [
  { what: "instructions" as const, label: "Instructions", icon: <BookIcon /> },
  { what: "history" as const, label: "My answers", icon: <ClockIcon /> },
  { what: "help" as const, label: "Keys", icon: <KeyboardIcon /> },
  { what: "settings" as const, label: "Settings", icon: <GearIcon /> },
];

/** Instructions, answers, keys and settings: side by side, or in a menu where there is no room. */
const Tools = memo(function Tools({ bound, news, open }: Pick<Props, "bound" | "news" | "open">) {
  return (
    <>
      <div className={classes.tools}>
        {news && (
          <UnstyledButton className={classes.news} onClick={() => open("instructions")}>
            Instructions changed
          </UnstyledButton>
        )}
        {TOOLS.map(({ what, label, icon }) => (
          <Tool key={what} label={`${label} (${show(bound[what][0] ?? "")})`} dot={what === "instructions" && news} onClick={() => open(what)}>
            {icon}
          </Tool>
        ))}
      </div>
      <div className={classes.toolsFolded}>
        <Menu position="bottom-end" width={220}>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" size={40} aria-label="More">
              <Indicator disabled={!news} size={8} color="ink">
                <MoreIcon />
              </Indicator>
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {TOOLS.map(({ what, label, icon }) => (
              <Menu.Item key={what} leftSection={icon} onClick={() => open(what)}>
                {label}
                {what === "instructions" && news ? " (changed)" : ""}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </div>
    </>
  );
});

function Tool({ label, dot, onClick, children }: { label: string; dot: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <Tooltip label={label} openDelay={400}>
      <Indicator disabled={!dot} size={8} offset={6} color="ink">
        <ActionIcon variant="subtle" color="gray" size={36} aria-label={dot ? `${label}, changed` : label} onClick={onClick}>
          {children}
        </ActionIcon>
      </Indicator>
    </Tooltip>
  );
}

/** My own progress and pace; nobody is compared with anybody. */
function PaceView({ pace, since }: { pace: Pace | null; since: number }) {
  if (!pace) return <div className={classes.pace} />;
  const today = Math.max(0, pace.today + since);
  const left = Math.max(0, (pace.left_for_me ?? pace.left) - since);
  const total = today + left;
  return (
    <div className={classes.pace}>
      <Progress value={total > 0 ? (100 * today) / total : 0} size={5} w={120} aria-label="My progress today" className={classes.paceBar} />
      <span>
        <b>{count(today)}</b> today
      </span>
      <span className={classes.paceMore}>{count(left)} left for me</span>
      {pace.median_s !== null && <span className={classes.paceMore}>{duration(pace.median_s)} each</span>}
    </div>
  );
}
