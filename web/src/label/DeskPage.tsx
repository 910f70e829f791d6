import { Alert, Button, Group, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Suspense, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type RefObject } from "react";

import { get, path, post } from "../api/client";
import { useMe, usePrefer } from "../api/queries";
import type { Assignment, Instructions, ItemLife, Pace, Project } from "../api/types";
import { Failure, Waiting } from "../ui/states";
import { Item } from "../view/FieldView";
import { SettlingContext } from "../view/settling";
import { answers } from "./answer";
import { sayAnswer } from "./answer/say";
import type { Parts } from "./answer/types";
import classes from "./desk.module.css";
import { bindings, singleKeysOff, type Bindings } from "./keys/bindings";
import { Keys, useKeys } from "./keys/Keys";
import { Bar } from "./parts/Bar";
import { ClashDialog } from "./parts/ClashDialog";
import { Help } from "./parts/Help";
import { HistoryDrawer, Strip } from "./parts/History";
import { InstructionsPanel } from "./parts/InstructionsPanel";
import { NothingNow } from "./parts/NothingNow";
import { QuestionCard, type Panel } from "./parts/QuestionCard";
import { RefusedAlert } from "./parts/RefusedAlert";
import { Settings } from "./parts/Settings";
import { useBackButton } from "./useBackButton";
import { useDeskState } from "./useDesk";
import { Arrival, useSettled, type Settled } from "./useSettled";
import type { Given, State } from "./work/board";
import type { Desk } from "./work/desk";
import type { Keep } from "./work/keep";
import { measureToPaint } from "./work/paint";

interface Props {
  desk: Desk;
  store: Keep;
  project: Project;
  person: string;
  instructions: Instructions | null;
}

/** So long open, instructions count as read. */
const READ_MS = 200;

/** Tasks whose items need the whole width. */
const WIDE = new Set(["boxes", "polygons", "pair"]);

const SIZES: Record<string, string> = { s: "15px", m: "17px", l: "20px", xl: "24px" };

/** One item a screen, the question beside it, and my answers beneath. */
export function DeskPage(props: Props) {
  const me = useMe();
  const state = useDeskState(props.desk);
  const bound = useMemo(() => bindings(me.preferences), [me.preferences]);
  const settled = useSettled(state.work?.id ?? null);
  return (
    <SettlingContext value={settled.settling}>
      <Keys bound={bound} off={singleKeysOff(me.preferences)} settled={settled.isSettled}>
        <Inside {...props} state={state} bound={bound} content={settled.mark} arrived={settled.arrived} />
      </Keys>
    </SettlingContext>
  );
}

interface InsideProps extends Props {
  state: State;
  bound: Bindings;
  content: RefObject<HTMLElement | null>;
  arrived: Settled["arrived"];
}

function Inside({ desk, store, project, person, instructions, state, bound, content, arrived }: InsideProps) {
  const me = useMe();
  const prefer = usePrefer();
  const client = useQueryClient();
  const [panel, setPanel] = useState<Panel>("none");
  const [dialog, setDialog] = useState<"none" | "help" | "settings" | "history">("none");
  const pressed = useRef<number | null>(null);
  const scrolled = useRef(false);
  const { work } = state;

  const open = useItem(desk, store, project, person);
  useBackButton(desk, state, open);
  const pace = usePace(project.name, person, state);

  // Instructions: open or closed as the person left them, else open while there is something new; read once open.
  // As a sheet over the item they open only when asked for.
  const wide = useMediaQuery("(min-width: 1100px)", true, { getInitialValueInEffect: false });
  const [sheet, setSheet] = useState(false);
  const remembered = me.preferences.instructions_open;
  const news = instructions?.version != null && instructions.read_version !== instructions.version && instructions.text !== "";
  const [wasNews, setWasNews] = useState<"no" | "first" | "changed">("no");
  const isOpen = !wide ? sheet : typeof remembered === "boolean" ? remembered : news || wasNews !== "no";
  useEffect(() => {
    if (!isOpen || !news || !instructions) return;
    setWasNews(instructions.read_version == null ? "first" : "changed");
    const timer = setTimeout(() => {
      void post(path("projects", project.name, "instructions", "read"), { version: instructions.version })
        .then(() => client.setQueryData(["instructions", project.name, person], { ...instructions, read_version: instructions.version }))
        .catch(() => undefined);
    }, READ_MS);
    return () => clearTimeout(timer);
  }, [isOpen, news, instructions, project.name, person, client]);
  const known = instructions?.version ?? 0;
  useEffect(() => {
    // An item was handed out under newer ones than are shown here.
    if (state.instructions !== null && state.instructions > known) {
      void client.invalidateQueries({ queryKey: ["instructions", project.name, person] });
    }
  }, [state.instructions, known, project.name, person, client]);
  const toggleInstructions = useCallback(() => {
    if (isOpen) setWasNews("no");
    if (wide) prefer({ instructions_open: !isOpen });
    else setSheet(!isOpen);
  }, [isOpen, wide, prefer]);
  const retry = useCallback(() => desk.retry(), [desk]);
  const openTool = useCallback(
    (what: "instructions" | "history" | "help" | "settings") => (what === "instructions" ? toggleInstructions() : setDialog(what)),
    [toggleInstructions],
  );

  const undo = useCallback(async () => {
    const last = desk.snapshot().given.find((each) => !each.undone && each.editable);
    if (!last) return;
    if (last.assignment === null) await open(last, true);
    desk.undo();
    setPanel("none");
  }, [desk, open]);

  const step = (by: number) => {
    const standing = state.given.filter((each) => !each.undone);
    const at = work?.revising ? standing.findIndex((each) => each.key === work.revising?.key) : -1;
    const next = standing[at + by];
    if (at + by < 0) desk.leave();
    else if (next) void open(next);
  };

  useKeys({
    actions: {
      undo: () => void undo(),
      skip: () => (work && !work.revising ? setPanel("skip") : false),
      flag: () => (work && !work.revising ? setPanel("flag") : false),
      note: () => (work ? setPanel("note") : false),
      back: () => step(1),
      forward: () => step(-1),
      draft: () => {
        desk.saveDraft();
        desk.tell("Draft saved.");
      },
      instructions: toggleInstructions,
      history: () => setDialog("history"),
      help: () => setDialog("help"),
      settings: () => setDialog("settings"),
      play: () => playFirst(content.current),
    },
    raw: (word) => {
      if (word !== "escape" || !work?.revising) return false;
      desk.leave();
      return true;
    },
  }, 0);

  // The keyboard is on an item as soon as it is there, which may be after its turn began: some tasks are fetched first.
  const pane = useCallback(
    (element: HTMLElement | null) => {
      content.current = element;
      const active = document.activeElement;
      const typing = active instanceof HTMLInputElement || active instanceof HTMLTextAreaElement;
      if (!typing && !document.querySelector('[aria-modal="true"]')) element?.focus({ preventScroll: true });
    },
    [content],
  );

  // A new item: from its top, and the time it took written down.
  useLayoutEffect(() => {
    setPanel("none");
    // To scroll and to focus both make the browser reckon the whole layout anew, so only where it is needed.
    if (scrolled.current) content.current?.scrollTo(0, 0);
    scrolled.current = false;
    if (pressed.current !== null) measureToPaint("next-item", pressed.current);
    pressed.current = null;
  }, [work?.id]);

  useEffect(() => {
    if (state.told) notifications.show({ message: state.told.text, color: "gray", autoClose: 5000 });
  }, [state.told]);

  const after = useMemo(() => secondOpinion(project, state.lastGiven), [project, state.lastGiven]);

  const Answer = answers[project.schema.task];
  const frame = (parts: Parts) =>
    work && (
      <>
        <main className={classes.content} ref={pane} tabIndex={0} id="item" aria-label="Item" onScroll={() => void (scrolled.current = true)}>
          <article className={classes.article} data-wide={WIDE.has(project.schema.task) || undefined}>
            <Item fields={work.assignment.fields} display={project.display} instead={parts.instead} />
            <Arrival id={work.id} item={work.assignment.item_id} arrived={arrived} />
          </article>
        </main>
        <QuestionCard
          work={work}
          question={project.schema.target}
          showReason={project.settings.show_reason}
          bound={bound}
          answer={parts.answer}
          submit={parts.submit}
          stuck={parts.stuck}
          hint={parts.hint}
          touch={parts.touch}
          still={parts.still ?? false}
          panel={panel}
          setPanel={setPanel}
          after={after}
          canUndo={state.given.some((each) => !each.undone && each.editable)}
          undo={() => void undo()}
          skip={(reason) => {
            pressed.current = performance.now();
            desk.skip(work.id, reason);
          }}
          flag={(reason, note) => desk.flag(work.id, reason, note)}
          setNote={(note) => desk.setNote(note)}
          leave={() => desk.leave()}
        />
      </>
    );

  return (
    <div
      className={classes.desk}
      onKeyUp={(event) => event.currentTarget.toggleAttribute("data-tabbing", event.key === "Tab")}
      style={{ "--q-reading": SIZES[String(me.preferences.text_size ?? "m")] ?? "17px" } as React.CSSProperties}
    >
      <Bar
        project={project.name}
        saving={state.saving}
        retry={retry}
        pace={pace.data}
        since={pace.since}
        bound={bound}
        news={news && !isOpen}
        open={openTool}
      />
      <RefusedAlert refused={state.refused} settle={(refused, again) => desk.settleRefused(refused, again)} />
      {state.signedOut && (
        <Alert color="yellow" variant="light" radius={0} role="alert">
          <Group justify="space-between">
            <Text size="sm">You are signed out. Your answers are kept on this device and saved once you sign in again.</Text>
            {/* Whoever is not signed in is led to where one signs in, and back. */}
            <Button size="xs" onClick={() => client.setQueryData(["session"], null)}>
              Sign in
            </Button>
          </Group>
        </Alert>
      )}
      <div className={classes.body}>
        <InstructionsPanel wide={wide} instructions={instructions} changed={(news && instructions?.read_version != null) || wasNews === "changed"} opened={isOpen} close={toggleInstructions} />
        {state.phase === "starting" ? (
          <Waiting />
        ) : state.phase === "failed" ? (
          <div className={classes.content}>
            <Failure error={state.error} retry={() => desk.retry()} />
          </div>
        ) : work ? (
          <Suspense fallback={<Waiting />}>
            <Answer
              key={work.id}
              work={work}
              project={project}
              setValue={(value) => desk.setValue(value)}
              submit={(value) => {
                pressed.current = performance.now();
                desk.submit(work.id, value);
              }}
              frame={frame}
            />
          </Suspense>
        ) : (
          <main className={classes.content}>
            <NothingNow state={state} again={() => desk.retry()} take={() => void desk.takeHere()} />
          </main>
        )}
      </div>
      <Strip given={state.given} project={project} person={person} looking={work?.revising ?? null} open={open} />
      {dialog === "history" && (
        <HistoryDrawer given={state.given} project={project} person={person} looking={work?.revising ?? null} open={open} close={() => setDialog("none")} />
      )}
      {dialog === "help" && (
        <Help
          bound={bound}
          off={singleKeysOff(me.preferences)}
          setOff={(off) => prefer({ keys_off: off })}
          close={() => setDialog("none")}
          edit={() => setDialog("settings")}
        />
      )}
      {dialog === "settings" && <Settings preferences={me.preferences} prefer={prefer} close={() => setDialog("none")} />}
      <ClashDialog clash={state.clash} task={project.schema.task} settle={(mine) => desk.settleClash(mine)} />
    </div>
  );
}

/** What the model would have said to the last item, where it may be seen after the answer only. */
function secondOpinion(project: Project, given: Given | null): string | null {
  const suggestion = given?.assignment?.suggestion;
  if (project.settings.suggestions !== "after" || !given || given.action !== "submit") return null;
  if (!suggestion || suggestion.visible) return null;
  const theirs = sayAnswer(project.schema.task, suggestion.value);
  const mine = sayAnswer(project.schema.task, given.value);
  return theirs === mine ? `The model says ${theirs} as well.` : `You said ${mine}; the model says ${theirs}.`;
}

/** Opens one of my answers, with its item from this device, or else from the server. */
function useItem(desk: Desk, store: Keep, project: Project, person: string) {
  return useCallback(
    async (given: Given, quietly = false) => {
      let item: Assignment | null = given.assignment;
      if (!item) {
        const kept = await store.items(person, project.name).catch(() => []);
        item = kept.find((each) => each.item_id === given.itemId) ?? null;
      }
      if (!item) {
        const own = await get<Partial<Assignment>>(path("projects", project.name, "mine", given.itemId)).catch(() => null);
        if (own?.fields) item = { ...ofItem(given.itemId, own.fields, project), ...own };
      }
      if (!item) {
        const life = await get<ItemLife>(path("projects", project.name, "items", given.itemId)).catch(() => null);
        if (life) item = ofItem(given.itemId, life.item.fields, project);
      }
      if (!item) return desk.tell("This item cannot be shown again now.");
      desk.learn(given, item);
      if (!quietly) desk.reopen({ ...given, assignment: item }, item);
    },
    [desk, store, project, person],
  );
}

const ofItem = (itemId: string, fields: Assignment["fields"], project: Project): Assignment => ({
  slot: 0,
  token: "",
  lease_until: "",
  lease_s: 0,
  item_id: itemId,
  content_hash: "",
  fields,
  round: null,
  rank: null,
  reason: null,
  suggestion: null,
  schema_version: project.schema.version,
  instruction_version: project.instructions?.version ?? null,
  draft: null,
  purpose: "label",
});

/** My pace as the server counts it, asked for now and then, and what I did since. */
function usePace(project: string, person: string, state: State) {
  const counted = useRef(0);
  const query = useQuery({
    queryKey: ["pace", project, person],
    queryFn: async () => {
      const waiting = state.saving.waiting;
      const pace = await get<Pace>(path("projects", project, "pace"));
      counted.current = state.done - waiting;
      return pace;
    },
    refetchInterval: 30_000,
  });
  const { refetch } = query;
  useEffect(() => {
    if (state.renewed > 0) void refetch();
  }, [state.renewed, refetch]);
  return { data: query.data ?? null, since: state.done - counted.current };
}

function playFirst(root: HTMLElement | null): boolean {
  const audio = root?.querySelector<HTMLAudioElement>("audio[data-item-audio]");
  if (!audio) return false;
  if (audio.paused) void audio.play();
  else audio.pause();
  return true;
}
