import { Shell } from "../ui/Shell";
import { NotFound } from "../ui/states";

/** Everything under /p/:project, /admin and /new, but the labeling page. */
export default function Manager() {
  return (
    <Shell>
      <NotFound />
    </Shell>
  );
}
