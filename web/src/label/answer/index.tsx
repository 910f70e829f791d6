import { lazy, type ComponentType } from "react";

import type { Task } from "../../api/types";
import { Choice } from "./Choice";
import { Labels } from "./Labels";
import { NumberAnswer } from "./NumberAnswer";
import { Pair } from "./Pair";
import { Ranking } from "./Ranking";
import { Rating } from "./Rating";
import { Review } from "./Review";
import { Rewrite } from "./Rewrite";
import type { AnswerProps } from "./types";

const Spans = lazy(() => import("./Spans"));
const Shapes = lazy(() => import("./Shapes"));

/** How each kind of question is answered. */
export const answers: Record<Task, ComponentType<AnswerProps>> = {
  choice: Choice,
  labels: Labels,
  number: NumberAnswer,
  rating: Rating,
  text: Rewrite,
  pair: Pair,
  ranking: Ranking,
  review: Review,
  spans: Spans,
  boxes: Shapes,
  polygons: Shapes,
};
