import { MantineProvider } from "@mantine/core";
import { act } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import type { Display, Json } from "../api/types";
import { FieldView } from "./FieldView";

const hostile = [
  `<script>window.hurt = 1</script>`,
  `<img src=x onerror="window.hurt=1">`,
  `[click](javascript:window.hurt=1)`,
  `<a href="javascript:window.hurt=1">x</a>`,
  `![x](https://evil.example/track.png)`,
  `![x](javascript:window.hurt=1)`,
  `<iframe src="https://evil.example"></iframe>`,
  `data:text/html,<script>window.hurt=1</script>`,
  `data:image/svg+xml,<svg onload="window.hurt=1"/>`,
  `javascript:window.hurt=1`,
  `<svg><style>@import "https://evil.example"</style></svg>`,
];

let root: HTMLElement;

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  root = document.createElement("div");
  document.body.append(root);
});

afterEach(() => root.remove());

async function show(value: Json, display: Display): Promise<void> {
  await act(async () => {
    createRoot(root).render(
      <MantineProvider env="test">
        <FieldView name="field" value={value} display={display} />
      </MantineProvider>,
    );
  });
}

describe.each(["text", "markdown", "json", "chat", "image", "audio"] as Display[])("shown as %s", (display) => {
  test.each(hostile)("%j runs nothing and asks nobody", async (text) => {
    const value: Json = display === "chat" ? [{ role: "user", content: text }] : display === "json" ? { [text]: text } : text;
    await show(value, display);
    expect(root.querySelector("script, iframe, object, embed, svg style, svg[onload]")).toBeNull();
    for (const element of root.querySelectorAll("*")) {
      for (const attribute of element.attributes) {
        expect(attribute.name.startsWith("on")).toBe(false);
        if (["src", "href"].includes(attribute.name)) {
          expect(attribute.value).not.toMatch(/^\s*(javascript|data:text|data:image\/svg)/i);
          if (attribute.name === "src") expect(attribute.value).not.toMatch(/^(https?:)?\/\//);
        }
      }
    }
    expect((window as unknown as { hurt?: number }).hurt).toBeUndefined();
  });
});

test("a picture of this server in Markdown is shown", async () => {
  await show("![a cat](cats/1.png)", "markdown");
  expect(root.querySelector("img")?.getAttribute("src")).toBe("/media/cats/1.png");
});

test("a picture in Markdown whose name has a space and a number sign is shown", async () => {
  await show("![a cat](<my cats/%231.png>)", "markdown");
  expect(root.querySelector("img")?.getAttribute("src")).toBe("/media/my%20cats/%231.png");
});

test.each(["javascript:alert(1)", "vbscript:x", "data:text/html,x", "file:///etc/passwd"])("a link to %s is only its words", async (url) => {
  await show(`[click here](${url})`, "markdown");
  expect(root.querySelector("a")).toBeNull();
  expect(root.querySelector("p")?.textContent).toBe("click here");
});

test("a link to a page is a link", async () => {
  await show("[click here](https://example.org)", "markdown");
  expect(root.querySelector("a")?.getAttribute("href")).toBe("https://example.org");
});
