import { Waiting } from "../ui/states";

export default function Label({ project }: { project: string }) {
  return <Waiting key={project} />;
}
