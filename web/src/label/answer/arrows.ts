/** An arrow key as a direction. */
export interface Arrow {
  dx: -1 | 0 | 1;
  dy: -1 | 0 | 1;
  shift: boolean;
  alt: boolean;
}

const WAYS = { left: [-1, 0], up: [0, -1], down: [0, 1], right: [1, 0] } as const;

export const ways = Object.keys(WAYS) as (keyof typeof WAYS)[];

export function towards(way: keyof typeof WAYS, shift = false, alt = false): Arrow {
  const [dx, dy] = WAYS[way];
  return { dx, dy, shift, alt };
}

/** The arrow that a stroke stands for. */
export function arrowOf(word: string): Arrow | null {
  const found = /^(alt\+)?(shift\+)?arrow(left|right|up|down)$/.exec(word);
  return found ? towards(found[3] as keyof typeof WAYS, found[2] !== undefined, found[1] !== undefined) : null;
}
