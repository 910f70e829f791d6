import { Badge, createTheme, Drawer, Menu, Modal, type MantineColorsTuple } from "@mantine/core";

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

// Mantine's grays are warm; these are those of styles.css, from text to shadow.
const dark: MantineColorsTuple = [
  "#e9eaf0",
  "#cdd0dc",
  "#a2a7b8",
  "#7d8296",
  "#464956",
  "#32343f",
  "#23252e",
  "#1c1d24",
  "#14151a",
  "#0e0f13",
];

const fonts = '-apple-system, "Segoe UI Variable Text", "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif';

const overlay = { backgroundOpacity: 0.35, color: "#14151a" };
// A dialog's header is no header of the page, which its element would make it.
const plain = { header: { role: "presentation" } };
const dialog = {
  content: { backgroundColor: "var(--q-card)" },
  header: { backgroundColor: "var(--q-card)" },
  title: { fontWeight: 650, fontSize: 17 },
};

export const theme = createTheme({
  primaryColor: "ink",
  primaryShade: { light: 7, dark: 6 },
  colors: { ink, dark },
  fontFamily: fonts,
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Code", "Noto Sans Mono", Menlo, Consolas, monospace',
  headings: { fontFamily: fonts, fontWeight: "650" },
  defaultRadius: "md",
  autoContrast: true,
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
  components: {
    Badge: Badge.extend({ defaultProps: { tt: "none", fw: 600 } }),
    Modal: Modal.extend({ defaultProps: { overlayProps: overlay, centered: true, radius: "lg", attributes: plain }, styles: dialog }),
    // Its placeholder is a child that a menu may not have.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    Drawer: Drawer.extend({ defaultProps: { overlayProps: overlay, attributes: plain }, styles: dialog }),
  },
});
