/** Lists that go on: pages by cursor, and searches that look through a bounded number of items a call. No DOM. */

export interface Page<Row> {
  items: Row[];
  next: string | null;
  searched: number;
}

export interface Progress {
  /** Rows found so far. */
  found: number;
  /** Items looked through so far. */
  searched: number;
  /** Whether there is more to look through. */
  more: boolean;
}

export function progressOf(pages: Array<Page<unknown>>): Progress {
  let found = 0;
  let searched = 0;
  for (const page of pages) {
    found += page.items.length;
    searched += page.searched;
  }
  return { found, searched, more: pages.at(-1)?.next != null };
}

/**
 * Whether a search should go on by itself: it has found less than was wanted since it was last asked for more, and
 * has looked at fewer than `patience` pages for it. Then the reader decides, who sees how far it has come.
 */
export function goesOn(pages: Array<Page<unknown>>, since: number, wanted: number, patience: number): boolean {
  if (pages.length === 0 || pages.at(-1)?.next == null) return false;
  const asked = pages.slice(since);
  if (asked.length >= patience) return false;
  return asked.reduce((sum, page) => sum + page.items.length, 0) < wanted;
}

export const FILTERS = ["split", "state", "label", "annotator", "round", "search"] as const;
export type FilterName = (typeof FILTERS)[number];
export type Filters = Partial<Record<FilterName, string>>;

/** The filters an address holds; unknown words and blanks are left out. */
export function readFilters(query: string): Filters {
  const params = new URLSearchParams(query);
  const filters: Filters = {};
  for (const name of FILTERS) {
    const value = params.get(name)?.trim();
    if (value) filters[name] = value;
  }
  return filters;
}

/** The filters as an address's query, always in the same order. */
export function writeFilters(filters: Filters): string {
  const params = new URLSearchParams();
  for (const name of FILTERS) {
    const value = filters[name]?.trim();
    if (value) params.set(name, value);
  }
  return params.toString();
}
