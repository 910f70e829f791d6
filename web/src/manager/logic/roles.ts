/** What people and keys may do, in words. */

import type { Role } from "../../api/types";

export const ROLES: { value: Role; label: string; what: string }[] = [
  { value: "annotator", label: "Annotator", what: "Labels what the queue gives." },
  { value: "adjudicator", label: "Adjudicator", what: "Labels, and decides where people disagree." },
  { value: "manager", label: "Manager", what: "Makes and runs projects, invites people." },
  { value: "auditor", label: "Auditor", what: "Reads everything and changes nothing." },
  { value: "admin", label: "Admin", what: "Everything, people and their roles included." },
];

/** The roles someone may invite: an admin all of them, a manager only those who label. */
export function rolesFor(role: Role): typeof ROLES {
  return role === "admin" ? ROLES : ROLES.filter(({ value }) => value === "annotator" || value === "adjudicator");
}

export const SCOPES: { value: string; label: string; what: string }[] = [
  { value: "read", label: "Read", what: "Projects, items, progress, exports." },
  { value: "annotate", label: "Annotate", what: "Ask for items and tell answers." },
  { value: "manage", label: "Manage", what: "Make projects, add items, steer rounds." },
  { value: "admin", label: "Admin", what: "People, roles and everything else." },
];

/** The scopes that a key of somebody of this role may have. */
export function scopesFor(role: Role): typeof SCOPES {
  const may = { annotator: 2, adjudicator: 2, manager: 3, admin: 4, auditor: 1 }[role];
  return SCOPES.slice(0, may);
}
