import { openDB, type DBSchema, type IDBPDatabase } from "idb";

import type { Act, Assignment, Json } from "../../api/types";

/** An act that the server has not acknowledged yet. */
export interface Waiting {
  key: string;
  person: string;
  project: string;
  /** The order in which acts were made, on this device. */
  at: number;
  act: Act;
  /** The act (by its key) whose event this one takes the place of, while that event has no number yet. */
  supersedesKey: string | null;
  /** The undo (by its key) whose answer brings the slot to submit to. */
  slotFromKey: string | null;
}

export interface Draft {
  value: Json;
  note: string;
}

/** Where acts wait, and what is remembered of items, so that a reload loses nothing. */
export interface Keep {
  waiting(person: string): Promise<Waiting[]>;
  put(entry: Waiting): Promise<void>;
  drop(key: string): Promise<void>;
  items(person: string, project: string): Promise<Assignment[]>;
  putItem(person: string, project: string, item: Assignment): Promise<void>;
  draft(person: string, project: string, item: string): Promise<Draft | null>;
  putDraft(person: string, project: string, item: string, draft: Draft | null): Promise<void>;
}

interface Shape extends DBSchema {
  outbox: { key: string; value: Waiting; indexes: { person: string } };
  items: { key: [string, string, string]; value: { person: string; project: string; at: number; item: Assignment } };
  drafts: { key: [string, string, string]; value: Draft };
}

const REMEMBERED = 200;

async function open(): Promise<IDBPDatabase<Shape>> {
  return openDB<Shape>("querist", 1, {
    upgrade(db) {
      db.createObjectStore("outbox", { keyPath: "key" }).createIndex("person", "person");
      db.createObjectStore("items");
      db.createObjectStore("drafts");
    },
  });
}

/** In the browser's database; where it has none (a private window of some browsers), in memory. */
export async function keep(): Promise<Keep> {
  let db: IDBPDatabase<Shape>;
  try {
    db = await open();
  } catch {
    return inMemory();
  }
  return {
    async waiting(person) {
      const found = await db.getAllFromIndex("outbox", "person", person);
      return found.sort((a, b) => a.at - b.at);
    },
    async put(entry) {
      await db.put("outbox", entry);
    },
    async drop(key) {
      await db.delete("outbox", key);
    },
    async items(person, project) {
      const all = await db.getAll("items", IDBKeyRange.bound([person, project], [person, project, []]));
      return all.map((each) => each.item);
    },
    async putItem(person, project, item) {
      const store = db.transaction("items", "readwrite").store;
      await store.put({ person, project, at: Date.now(), item }, [person, project, item.item_id]);
      const keys = await store.getAllKeys(IDBKeyRange.bound([person, project], [person, project, []]));
      if (keys.length <= REMEMBERED) return;
      const values = await store.getAll(IDBKeyRange.bound([person, project], [person, project, []]));
      const oldest = values.sort((a, b) => a.at - b.at).slice(0, values.length - REMEMBERED);
      for (const { item: old } of oldest) await store.delete([person, project, old.item_id]);
    },
    async draft(person, project, item) {
      return (await db.get("drafts", [person, project, item])) ?? null;
    },
    async putDraft(person, project, item, draft) {
      if (draft === null) await db.delete("drafts", [person, project, item]);
      else await db.put("drafts", draft, [person, project, item]);
    },
  };
}

export function inMemory(): Keep {
  const outbox = new Map<string, Waiting>();
  const items = new Map<string, Assignment>();
  const drafts = new Map<string, Draft>();
  const word = (...parts: string[]) => JSON.stringify(parts);
  return {
    waiting: async (person) => [...outbox.values()].filter((e) => e.person === person).sort((a, b) => a.at - b.at),
    put: async (entry) => void outbox.set(entry.key, structuredClone(entry)),
    drop: async (key) => void outbox.delete(key),
    items: async (person, project) =>
      [...items].filter(([key]) => key.startsWith(word(person, project).slice(0, -1))).map(([, item]) => item),
    putItem: async (person, project, item) => void items.set(word(person, project, item.item_id), item),
    draft: async (person, project, item) => drafts.get(word(person, project, item)) ?? null,
    putDraft: async (person, project, item, draft) =>
      void (draft === null ? drafts.delete(word(person, project, item)) : drafts.set(word(person, project, item), draft)),
  };
}
