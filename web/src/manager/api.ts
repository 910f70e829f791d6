import {
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
  useMutation,
  type UseMutationResult,
  useQueryClient,
} from "@tanstack/react-query";

import { get, patch, path, post, query, remove } from "../api/client";
import type {
  ApiKey,
  Curve,
  Figure,
  Invitation,
  ItemLife,
  ItemPage,
  Job,
  Json,
  Person,
  Progress,
  Project,
  Round,
  RoundQuery,
  Webhook,
  WorkingPerson,
} from "../api/types";
import type { Filters } from "./logic/paging";

export interface Delivery {
  id: number | string;
  event: string;
  state: "waiting" | "sent" | "dead";
  attempts: number;
  last_status: number | null;
  last_error: string | null;
  created_at: string;
  sent_at: string | null;
}

export interface DatasetVersion {
  number: number;
  digest: string;
  parent: number | null;
  schema_version: number;
  n_items: number;
  counts: Record<string, number>;
  note: string;
  created_at: string;
}

export interface Frozen {
  number: number;
  n_items: number;
  created: boolean;
}

export interface Soundness {
  sound: boolean;
  problems: { kind: string; where: string; message: string }[];
}

/** What is kept of a project lies under `["project", name, …]`, so that one word lets all of it go stale. */
const of = (project: string, ...rest: (string | number | Filters)[]) => ["project", project, ...rest] as const;

export const progressOf = (project: string) =>
  queryOptions({
    queryKey: of(project, "progress"),
    queryFn: () => get<Progress>(path("projects", project, "progress")),
  });

export const curveOf = (project: string) =>
  queryOptions({ queryKey: of(project, "curve"), queryFn: () => get<Curve>(path("projects", project, "curve")) });

export const evidenceOf = (project: string) =>
  queryOptions({
    queryKey: of(project, "evidence"),
    queryFn: () =>
      get<{ figures: Figure[] }>(path("projects", project, "evidence")).then((answer) => answer.figures),
  });

export const workingOn = (project: string) =>
  queryOptions({
    queryKey: of(project, "people"),
    queryFn: () =>
      get<{ people: WorkingPerson[] }>(path("projects", project, "people")).then((answer) => answer.people),
  });

export const roundsOf = (project: string) =>
  queryOptions({
    queryKey: of(project, "rounds"),
    queryFn: () => get<{ rounds: Round[] }>(path("projects", project, "rounds")).then((answer) => answer.rounds),
  });

export const roundOf = (project: string, number: number) =>
  queryOptions({
    queryKey: of(project, "rounds", number),
    queryFn: () => get<{ round: Round; queries: RoundQuery[] }>(path("projects", project, "rounds", number)),
  });

export const jobsOf = (project: string) =>
  queryOptions({
    queryKey: of(project, "jobs"),
    queryFn: () => get<{ jobs: Job[] }>(path("projects", project, "jobs")).then((answer) => answer.jobs),
  });

export const PAGE = 50;
const LINE = 2_000; // characters of each text: more than a list shows, however they are spaced

export const itemsOf = (project: string, filters: Filters) =>
  infiniteQueryOptions({
    queryKey: of(project, "items", filters),
    queryFn: ({ pageParam, signal }) =>
      get<ItemPage>(path("projects", project, "items") + query({ ...filters, after: pageParam, limit: PAGE, cut: LINE }), {
        signal,
      }),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
    staleTime: 5_000,
    // A long list is fetched page by page; not all of it again whenever its window comes to the front.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

export const itemOf = (project: string, item: string) =>
  queryOptions({
    queryKey: of(project, "item", item),
    queryFn: () => get<ItemLife>(path("projects", project, "items", item)),
  });

export const versionsOf = (project: string) =>
  queryOptions({
    queryKey: of(project, "versions"),
    queryFn: () =>
      get<{ versions: DatasetVersion[] }>(path("projects", project, "versions")).then((answer) => answer.versions),
  });

export const webhooksOf = (project: string) =>
  queryOptions({
    queryKey: of(project, "webhooks"),
    queryFn: () =>
      get<{ webhooks: Webhook[] }>(path("projects", project, "webhooks")).then((answer) => answer.webhooks),
  });

export const deliveriesOf = (project: string, webhook: Webhook["id"]) =>
  queryOptions({
    queryKey: of(project, "webhooks", webhook),
    queryFn: () =>
      get<{ deliveries: Delivery[] }>(path("projects", project, "webhooks", webhook, "deliveries")).then(
        (answer) => answer.deliveries,
      ),
  });

export const everybody = () =>
  queryOptions({
    queryKey: ["people"],
    queryFn: () => get<{ people: Person[] }>(path("people")).then((answer) => answer.people),
  });

export const invitations = () =>
  queryOptions({
    queryKey: ["invitations"],
    queryFn: () => get<{ invitations: Invitation[] }>(path("invitations")).then((answer) => answer.invitations),
  });

export const apiKeys = () =>
  queryOptions({
    queryKey: ["keys"],
    queryFn: () => get<{ keys: ApiKey[] }>(path("keys")).then((answer) => answer.keys),
  });

/** A change on the server; what it makes stale is fetched anew. */
function useChange<Given, Got>(
  change: (given: Given) => Promise<Got>,
  after: (client: QueryClient, got: Got, given: Given) => void,
): UseMutationResult<Got, Error, Given> {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: (got, given) => after(client, got, given) });
}

const refresh = (client: QueryClient, ...key: (string | number)[]) => void client.invalidateQueries({ queryKey: key });

const keepProject = (client: QueryClient, project: Project) => {
  client.setQueryData(["project", project.name], project);
  refresh(client, "project", project.name, "progress");
  refresh(client, "projects");
};

export const useSetProject = (project: string) =>
  useChange((changes: Record<string, unknown>) => patch<Project>(path("projects", project), changes), keepProject);

export const useDeleteProject = (project: string) =>
  useChange(
    (_: void) => remove<void>(path("projects", project)),
    (client) => {
      client.removeQueries({ queryKey: ["project", project] });
      refresh(client, "projects");
    },
  );

export const usePause = (project: string) =>
  useChange((paused: boolean) => post<Project>(path("projects", project, paused ? "pause" : "resume")), keepProject);

const keepJob = (project: string) => (client: QueryClient) => {
  for (const part of ["progress", "jobs", "rounds"]) refresh(client, "project", project, part);
};

export const useForceRound = (project: string) =>
  useChange(
    (body: { n?: number; split?: "pool" | "test" }) => post<Job>(path("projects", project, "rounds"), body),
    keepJob(project),
  );

export const useTrain = (project: string) =>
  useChange((_: void) => post<Job>(path("projects", project, "train")), keepJob(project));

export const useLookAt = (project: string) =>
  useChange(
    (what: string) => post<unknown>(path("projects", project, what), {}),
    (client) => refresh(client, "project", project, "evidence"),
  );

export const useRetryJob = (project: string) =>
  useChange((job: Job["id"]) => post<Job>(path("projects", project, "jobs", job, "retry")), keepJob(project));

export const useWithdraw = (project: string) =>
  useChange(
    (round: number) => post<{ n_withdrawn: number }>(path("projects", project, "rounds", round, "withdraw")),
    (client) => {
      refresh(client, "project", project);
    },
  );

export const useFreeze = (project: string) =>
  useChange(
    (note: string) => post<Frozen>(path("projects", project, "freeze"), note ? { note } : {}),
    (client) => refresh(client, "project", project, "versions"),
  );

export const useVerify = (project: string) =>
  useMutation({ mutationFn: () => get<Soundness>(path("projects", project, "verify")) });

export const useSetPerson = () =>
  useChange(
    ({ name, ...changes }: { name: string } & Partial<Person>) => patch<Person>(path("people", name), changes),
    (client) => refresh(client, "people"),
  );

export const useInvite = () =>
  useChange(
    (body: Record<string, Json>) => post<Invitation>(path("invitations"), body),
    (client) => refresh(client, "invitations"),
  );

export const useUninvite = () =>
  useChange(
    (id: Invitation["id"]) => remove<void>(path("invitations", id)),
    (client) => refresh(client, "invitations"),
  );

export const useMakeKey = () =>
  useChange(
    (body: Record<string, Json>) => post<ApiKey>(path("keys"), body),
    (client) => refresh(client, "keys"),
  );

export const useDropKey = () =>
  useChange(
    (id: ApiKey["id"]) => remove<void>(path("keys", id)),
    (client) => refresh(client, "keys"),
  );

export const useAddWebhook = (project: string) =>
  useChange(
    (body: Record<string, Json>) => post<Webhook>(path("projects", project, "webhooks"), body),
    (client) => refresh(client, "project", project, "webhooks"),
  );

export const useDropWebhook = (project: string) =>
  useChange(
    (id: Webhook["id"]) => remove<void>(path("projects", project, "webhooks", id)),
    (client) => refresh(client, "project", project, "webhooks"),
  );

export const useRetryDelivery = (project: string, webhook: Webhook["id"]) =>
  useChange(
    (id: Delivery["id"]) => post<unknown>(path("projects", project, "webhooks", webhook, "deliveries", id, "retry")),
    (client) => refresh(client, "project", project, "webhooks", webhook),
  );
