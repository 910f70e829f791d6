import { onReset, refuse, route } from "./server.ts";

/** Signing in at the mock: any name with the password "synthetic"; a name that starts with "a" is an administrator. */

let me: Record<string, unknown> | null = null;

onReset(() => {
  me = person("ada");
});

function person(name: string): Record<string, unknown> {
  const role = name.startsWith("a") ? "admin" : name.startsWith("m") ? "manager" : "annotator";
  return { name, full_name: null, role, csrf: "synthetic", must_set_up: false, preferences: {} };
}

export const whoIsHere = (): string => String(me?.name ?? "nobody");

route("GET", "session", () => (me ? { status: 200, body: me } : refuse(401, "not_signed_in", "Sign in first.")));
route("GET", "welcome", () => ({ status: 200, body: { needs_setup: false, oidc: null, version: "0.0.0-mock" } }));
route("POST", "session", ({ body }) => {
  if (body.password !== "synthetic") return refuse(401, "not_signed_in", "Name or password is wrong.");
  me = person(String(body.name));
  return { status: 201, body: me };
});
route("DELETE", "session", () => {
  me = null;
  return { status: 204 };
});
route("PATCH", "me", ({ body }) => {
  me = { ...me, ...body };
  return { status: 200, body: me };
});
route("GET", "invitations/:/look", () => ({
  status: 200,
  body: { role: "annotator", project: "tickets", invited_by: "ada" },
}));
route("POST", "invitations/accept", ({ body }) => {
  me = person(String(body.name));
  return { status: 201, body: me };
});
