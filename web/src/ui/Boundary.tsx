import { Anchor, Button } from "@mantine/core";
import { Component, type ReactNode } from "react";

import { Empty } from "./states";

interface Props {
  /** The address; where it changes, what is there gets a fresh try. */
  at: string;
  children: ReactNode;
  reload?: () => void;
}

/** Shows a way on in place of what could not be drawn, where nothing would be left of the page otherwise. */
export class Boundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidUpdate(before: Props): void {
    if (this.state.failed && before.at !== this.props.at) this.setState({ failed: false });
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    const reload = this.props.reload ?? (() => window.location.reload());
    return (
      <main role="alert">
        <Empty title="This page cannot be shown" action={<Button onClick={reload}>Load again</Button>}>
          Something went wrong in the page itself, or it is older than the server. What you have answered is kept. If
          it happens again, tell whoever runs the server, and go on with <Anchor href="/">another project</Anchor>.
        </Empty>
      </main>
    );
  }
}
