import type { ReactNode } from "react";

import type { Json, Project } from "../../api/types";
import type { Work } from "../work/board";

export interface SubmitButton {
  label: string;
  ready: boolean;
  run: () => void;
  /** Why it is not ready, in a few words. */
  why?: string;
}

export interface Parts {
  /** Fields of the item shown another way than usual; null leaves one out. */
  instead?: Record<string, ReactNode>;
  /** Beneath the question. */
  answer: ReactNode;
  submit?: SubmitButton;
  /** How to answer by keyboard, in a line. */
  hint?: ReactNode;
  /** Why this item cannot be answered at all; said in place of the button, with skip and flag beside it. */
  stuck?: string;
  /** How to answer with a finger, in a line. */
  touch?: string;
  /** What is drawn on must not move while it is: on a phone, the card keeps one height. */
  still?: boolean;
}

/** What each way of answering is given. */
export interface AnswerProps {
  work: Work;
  project: Project;
  setValue: (value: Json) => void;
  submit: (value: Json) => void;
  frame: (parts: Parts) => ReactNode;
}
