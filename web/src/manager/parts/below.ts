import type { InputWrapperProps } from "@mantine/core";

/** A control's explanation beneath it, so that controls side by side stand on one line. */
export const BELOW: Pick<InputWrapperProps, "inputWrapperOrder"> = {
  inputWrapperOrder: ["label", "input", "description", "error"],
};
