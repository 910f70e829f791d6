import { QueryCache, QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { createContext, useContext } from "react";

import { ApiError, get, patch, path, remove, setCsrf } from "./client";
import type { Json, Me, Project, ProjectCard, Welcome } from "./types";

/** The one cache of what the server said. A 401 anywhere means that the session is over. */
export const queries = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== "session") {
        void queries.invalidateQueries({ queryKey: ["session"] });
      }
    },
  }),
  defaultOptions: {
    queries: {
      retry: (n, error) => !(error instanceof ApiError && error.status < 500) && n < 2,
      staleTime: 10_000,
    },
  },
});

let owner: string | null = null;

/** Let nobody see what the server said to another person: the cache belongs to who signed in last. */
function belongTo(person: string): void {
  const other = owner !== null && owner !== person;
  owner = person;
  if (other) void queries.resetQueries({ predicate: (query) => query.queryKey[0] !== "session" });
}

/** Who is signed in; `null` when nobody is. */
export function useSession() {
  return useQuery({
    queryKey: ["session"],
    staleTime: 5 * 60_000,
    queryFn: async () => {
      try {
        const me = await get<Me>(path("session"));
        setCsrf(me.csrf);
        belongTo(me.name);
        return me;
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
  });
}

/** The person signed in, handed down once: to ask the cache in each component would cost each of them a subscription. */
export const MeContext = createContext<Me | null>(null);

/** The person signed in, for components that are only shown to one. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("Nobody is signed in.");
  return me;
}

/** Take a fresh `Me` (after signing in, or after a change) as the session. */
export function keepMe(me: Me): void {
  setCsrf(me.csrf);
  belongTo(me.name);
  queries.setQueryData(["session"], me);
}

export function useWelcome() {
  return useQuery({ queryKey: ["welcome"], queryFn: () => get<Welcome>(path("welcome")), staleTime: 60_000 });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove<void>(path("session")),
    onSettled: () => {
      client.clear();
      client.setQueryData(["session"], null);
    },
  });
}

/** Merge `changes` into what the person prefers, here at once and on the server after. */
export function usePrefer(): (changes: Record<string, Json>) => void {
  return prefer;
}

function prefer(changes: Record<string, Json>): void {
  const me = queries.getQueryData<Me | null>(["session"]);
  if (!me) return;
  const preferences = { ...me.preferences, ...changes };
  queries.setQueryData(["session"], { ...me, preferences });
  void patch<Me>(path("me"), { preferences }).catch(() => undefined);
}

export function useProjects() {
  return useQuery({
    queryKey: ["projects"],
    queryFn: () => get<{ projects: ProjectCard[] }>(path("projects")).then((answer) => answer.projects),
  });
}

export function useProject(name: string) {
  return useQuery({ queryKey: ["project", name], queryFn: () => get<Project>(path("projects", name)) });
}

/** Whether a person may run projects, not only label in them. */
export const manages = (me: Me | null | undefined): boolean => me?.role === "manager" || me?.role === "admin";
/** Whether a person may look at how a project is run. */
export const oversees = (me: Me | null | undefined): boolean => manages(me) || me?.role === "auditor";
