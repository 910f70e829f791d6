import { useEffect } from "react";
import { Redirect, useLocation } from "wouter";

import { manages, oversees, useMe, useProject } from "../api/queries";
import { decoded } from "../ui/address";
import { Shell } from "../ui/Shell";
import { Failure, NotFound, Waiting } from "../ui/states";
import { Admin } from "./pages/Admin";
import { Evidence } from "./pages/Evidence";
import { Exports } from "./pages/Exports";
import { ItemLifePage } from "./pages/ItemLife";
import { Items } from "./pages/Items";
import { Overview } from "./pages/Overview";
import { ProjectPeople } from "./pages/ProjectPeople";
import { RoundPage } from "./pages/RoundDetail";
import { Rounds } from "./pages/Rounds";
import { Settings } from "./pages/Settings";
import { ProjectShell } from "./parts/ProjectShell";
import { NewProject } from "./wizard/NewProject";

/** Everything for those who run projects: making them, watching them, steering them. */
export default function Manager() {
  const [location] = useLocation();
  const me = useMe();
  // The address itself, not the router's half-decoded reading of it: an item's id may hold a slash or a percent sign.
  const parts = window.location.pathname.split("/").slice(1).map(decoded);
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [location]);
  if (parts[0] === "new") return manages(me) ? <NewProject /> : <Shelled />;
  if (parts[0] === "admin") return oversees(me) ? <Admin section={parts[1] ?? ""} /> : <Shelled />;
  const [, project = "", section = "", detail = ""] = parts;
  if (!oversees(me)) return <Redirect to={`/p/${encodeURIComponent(project)}/label`} replace />;
  return <ProjectPages key={project} name={project} section={section} detail={detail} />;
}

function Shelled() {
  return (
    <Shell>
      <NotFound />
    </Shell>
  );
}

function ProjectPages({ name, section, detail }: { name: string; section: string; detail: string }) {
  const project = useProject(name);
  const body = () => {
    if (project.isPending) return <Waiting />;
    if (project.data === undefined) return <Failure error={project.error} retry={() => void project.refetch()} />;
    switch (section) {
      case "":
        return <Overview project={project.data} />;
      case "evidence":
        return <Evidence project={project.data} />;
      case "rounds":
        return detail ? (
          <RoundPage key={detail} project={project.data} number={Number(detail)} />
        ) : (
          <Rounds project={project.data} />
        );
      case "items":
        return detail ? (
          <ItemLifePage key={detail} project={project.data} item={detail} />
        ) : (
          <Items project={project.data} />
        );
      case "people":
        return <ProjectPeople project={project.data} />;
      case "exports":
        return <Exports project={project.data} />;
      case "settings":
        return <Settings project={project.data} section={detail} />;
      default:
        return <NotFound />;
    }
  };
  return (
    <ProjectShell name={name} section={section}>
      {body()}
    </ProjectShell>
  );
}
