import { Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";

import { get, path } from "../api/client";
import type { InvitationLook } from "../api/types";
import { Failure } from "../ui/states";
import { Frame } from "./Frame";
import { NewAccount } from "./NewAccount";

export function Invite({ token }: { token: string }) {
  const [, go] = useLocation();
  const look = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => get<InvitationLook>(path("invitations", token, "look")),
    retry: false,
  });
  const lead = look.data
    ? `${look.data.invited_by ?? "Somebody"} invites you${look.data.project ? ` to ${look.data.project}` : ""} as ${look.data.role}.`
    : undefined;
  const home = look.data?.project ? `/p/${encodeURIComponent(look.data.project)}/label` : "/";
  return (
    <Frame title="You are invited" lead={lead}>
      {look.isPending ? (
        <Loader type="dots" aria-label="Loading" />
      ) : look.error ? (
        <Failure error={look.error} title="This invitation cannot be used" />
      ) : (
        <NewAccount
          url={path("invitations", "accept")}
          token={token}
          button="Create account"
          onDone={() => go(home, { replace: true })}
        />
      )}
    </Frame>
  );
}
