/** Hues for labels, told apart also by most who see colors differently; every mark carries its name besides. */
const HUES = [
  "#4f60e0",
  "#b8501a",
  "#16795a",
  "#b0347d",
  "#8a6d00",
  "#1f74a8",
  "#7a45c9",
  "#5d7d1f",
  "#c23b3b",
  "#5b6478",
];

export const labelColor = (index: number): string => HUES[((index % HUES.length) + HUES.length) % HUES.length] ?? "#4f60e0";
