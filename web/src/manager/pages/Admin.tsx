import { manages, useMe } from "../../api/queries";
import { Shell } from "../../ui/Shell";
import { NotFound } from "../../ui/states";
import { Invitations } from "../admin/Invitations";
import { Keys } from "../admin/Keys";
import { People } from "../admin/People";
import { TabLinks } from "../parts/TabLinks";

const SECTIONS = [
  ["people", "People"],
  ["invitations", "Invitations"],
  ["keys", "API keys"],
] as const;

/** What is not of one project: people, invitations, keys. */
export function Admin({ section }: { section: string }) {
  const me = useMe();
  const shown = section || "people";
  const body = () => {
    switch (shown) {
      case "people":
        return <People me={me} />;
      case "invitations":
        return manages(me) ? <Invitations me={me} /> : <NotFound />;
      case "keys":
        return <Keys me={me} />;
      default:
        return <NotFound />;
    }
  };
  return (
    <Shell
      nav={
        <TabLinks
          label="Installation"
          here={shown}
          tabs={SECTIONS.filter(([value]) => value !== "invitations" || manages(me)).map(([value, words]) => ({
            value,
            words,
            href: `/admin/${value}`,
          }))}
        />
      }
    >
      {body()}
    </Shell>
  );
}
