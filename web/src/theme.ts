import { createTheme, type MantineColorsTuple } from "@mantine/core";

const ink: MantineColorsTuple = [
  "#eef0ff",
  "#dfe3fd",
  "#bcc4f7",
  "#98a4f1",
  "#7886ea",
  "#6170e6",
  "#4f60e0",
  "#4050c7",
  "#3747b3",
  "#2b3a9e",
];

const fonts = '-apple-system, "Segoe UI Variable Text", "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif';

export const theme = createTheme({
  primaryColor: "ink",
  primaryShade: { light: 7, dark: 6 },
  colors: { ink },
  fontFamily: fonts,
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Code", "Noto Sans Mono", Menlo, Consolas, monospace',
  headings: { fontFamily: fonts, fontWeight: "650" },
  defaultRadius: "md",
  autoContrast: true,
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
});
