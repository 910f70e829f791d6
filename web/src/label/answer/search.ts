/** A label as it is compared: without case, accents, and the marks between its words. */
export function plain(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[\s_\-./]+/g, " ")
    .trim();
}

export interface Searchable {
  label: string;
  plain: string;
}

export const searchable = (labels: string[]): Searchable[] => labels.map((label) => ({ label, plain: plain(label) }));

/** The labels that hold every word of the question, those that begin with it first; all of them, where nothing is asked. */
export function search(labels: Searchable[], asked: string): string[] {
  const question = plain(asked);
  if (question === "") return labels.map((each) => each.label);
  const words = question.split(" ");
  const found: [number, number, string][] = [];
  labels.forEach((each, at) => {
    if (!words.every((word) => each.plain.includes(word))) return;
    const starts = each.plain.startsWith(question);
    const inOrder = each.plain.includes(question);
    const atWord = words.every((word) => ` ${each.plain}`.includes(` ${word}`));
    const rank = each.plain === question ? 0 : starts ? 1 : atWord && inOrder ? 2 : atWord ? 3 : 4;
    found.push([rank, at, each.label]);
  });
  return found.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, , label]) => label);
}

/** The labels used of late, for the digits: one that is used stays in its place, a new one takes that of the oldest. */
export interface Recent {
  places: string[];
  /** The same labels, the newest last. */
  order: string[];
}

export function used(recent: Recent, label: string, most = 9): Recent {
  const order = [...recent.order.filter((each) => each !== label), label];
  if (recent.places.includes(label)) return { places: recent.places, order };
  if (recent.places.length < most) return { places: [...recent.places, label], order };
  const oldest = order.find((each) => recent.places.includes(each));
  return {
    places: recent.places.map((each) => (each === oldest ? label : each)),
    order: order.filter((each) => each !== oldest),
  };
}
