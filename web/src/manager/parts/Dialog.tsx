import { Modal, type ModalProps } from "@mantine/core";

/** A dialog in the middle of the screen. */
export function Dialog(props: ModalProps) {
  return (
    <Modal
      centered
      closeButtonProps={{ "aria-label": "Close" }}
      // The title's bar is not the page's banner, which a screen reader would take it for.
      attributes={{ header: { role: "presentation" } }}
      {...props}
    />
  );
}
