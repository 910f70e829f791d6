import { get, patch, path, post, remove } from "../../api/client";
import { ApiError } from "../../api/client";
import type { Imported, Job, Progress, Project } from "../../api/types";
import { upload } from "../logic/upload";
import { displayBody, type Draft, itemsForm, projectBody } from "./draft";

/** How far it is; at the end the first round is open, `ready`, or still in the making when patience ended, `asked`. */
export type Stage = "project" | "items" | "round" | "ready" | "asked";

export interface Tell {
  stage: (stage: Stage) => void;
  uploaded: (share: number) => void;
  imported: (imported: Imported) => void;
  progress: (progress: Progress) => void;
}

/** What a start that broke off has done already, so that trying again goes on from there. */
export interface Made {
  project: string;
  /** What it was made of: by another draft it would be another project. */
  of: Source;
  /** What came in of the file; null where nothing did. */
  imported: Imported | null;
}

interface Source {
  file: File | null;
  said: string;
}

const LOOK_AGAIN_MS = 700;
const PATIENCE_MS = 120_000; // a first round over a large pool; after that the overview tells

/** Make the project, upload its items, open its first round. Returns what to hand in again after an error. */
export async function start(draft: Draft, before: Made | null, keep: (made: Made | null) => void, tell: Tell): Promise<void> {
  const body = projectBody(draft);
  const of = { file: draft.file, said: JSON.stringify([body, draft.uses, draft.labelUse]) };
  let made = before?.imported && same(before.of, of) ? before : null;
  if (!made) {
    tell.stage("project");
    if (before) {
      // Without the items, or made otherwise, it would stay in the list for nothing, and hold the name.
      await drop(before.project);
      keep(null);
    }
    const project = await post<Project>(path("projects"), body);
    made = { of, project: project.name, imported: null };
    keep(made);
  }
  const { project } = made;
  if (!made.imported) {
    tell.stage("items");
    made = { ...made, imported: await taken(project, draft, keep, tell) };
    keep(made);
  }
  if (made.imported) tell.imported(made.imported);
  tell.stage("round");
  await patch<Project>(path("projects", project), { display: displayBody(draft) });
  await open(project);
  tell.stage((await opened(project, tell)) ? "ready" : "asked");
}

const same = (a: Source, b: Source): boolean => a.file === b.file && a.said === b.said;

/** Upload the items. Where they are refused the project goes with them: whoever leaves now leaves nothing behind. */
async function taken(project: string, draft: Draft, keep: (made: null) => void, tell: Tell): Promise<Imported> {
  try {
    return await upload<Imported>(path("projects", project, "items"), itemsForm(draft), tell.uploaded);
  } catch (error) {
    // After any other error they may yet come in, or the server be out of reach: that is for the next try to settle.
    if (error instanceof ApiError && error.status < 500) await drop(project).then(() => keep(null), () => undefined);
    throw error;
  }
}

/** Delete a project that nobody answers in yet; one that is gone, or holds known labels by now, is left as it is. */
async function drop(project: string): Promise<void> {
  try {
    await remove<void>(path("projects", project));
  } catch (error) {
    if (!(error instanceof ApiError && (error.status === 404 || error.code === "conflict"))) throw error;
  }
}

/** Ask for the first round; that one is in the making already is as good. */
async function open(project: string): Promise<void> {
  try {
    await post<Job>(path("projects", project, "rounds"));
  } catch (error) {
    if (!(error instanceof ApiError && error.code === "conflict")) throw error;
  }
}

/** Wait for the first round; false where it is still in the making when patience ends. */
async function opened(project: string, tell: Tell): Promise<boolean> {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    const progress = await get<Progress>(path("projects", project, "progress"));
    tell.progress(progress);
    if (progress.rounds.number > 0) return true;
    if (progress.job?.state === "failed") {
      throw new Error(`The first round could not be opened: ${progress.job.error ?? "no reason is given"}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  return false;
}
