import { MantineProvider } from "@mantine/core";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";

import type { Me, ProjectCard } from "../api/types";
import { Card } from "./Card";

test("what is asked breaks within a word where it must, as the name does, so that the card fits a phone", () => {
  const project = { name: "n".repeat(100), target: "t".repeat(150), task: "choice", n_items: 1, n_labeled: 0, n_waiting: 1 };
  const page = document.createElement("div");
  page.innerHTML = renderToStaticMarkup(
    <MantineProvider env="test">
      <Card project={project as ProjectCard} me={{ role: "annotator" } as Me} />
    </MantineProvider>,
  );
  for (const long of [project.name, project.target]) {
    const words = [...page.querySelectorAll<HTMLElement>("h2, p")].find((each) => each.textContent?.includes(long));
    expect(words?.style.overflowWrap).toBe("anywhere");
  }
});
