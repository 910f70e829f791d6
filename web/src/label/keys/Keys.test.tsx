import { act } from "react";
import { createRoot } from "react-dom/client";
import { expect, test, vi } from "vitest";

import { bindings } from "./bindings";
import { Keys, useKeys } from "./Keys";

const pick = vi.fn();

function Question() {
  useKeys({ actions: { "pick.1": pick, search: () => document.querySelector("input")?.focus() } });
  return <input />;
}

test("what is not painted yet can be searched, and not answered", async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const place = document.createElement("div");
  document.body.append(place);
  const root = createRoot(place);
  let settled = false;
  await act(async () =>
    root.render(
      <Keys bound={bindings({})} off={false} settled={() => settled}>
        <Question />
      </Keys>,
    ),
  );
  const press = (key: string) => window.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
  press("1");
  expect(pick).not.toHaveBeenCalled();
  press("/");
  expect(document.activeElement).toBe(place.querySelector("input"));
  (document.activeElement as HTMLElement).blur();
  settled = true;
  press("1");
  expect(pick).toHaveBeenCalledOnce();
  await act(async () => root.unmount());
  place.remove();
});
