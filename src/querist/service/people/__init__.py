"""Who may come in, and what each may do: signing in, people, invitations, keys."""

from querist.access.oidc import OidcClient, OidcProvider, OidcStart
from querist.core.people import OPERATOR, PersonRole, Principal, Scope
from querist.service.people.admitting import admit
from querist.service.people.entering import (
    Recognized,
    SignedIn,
    check_csrf,
    check_writes,
    first_link,
    needs_setup,
    note_use,
    set_up,
    sign_in,
    sign_out,
    who,
)
from querist.service.people.inviting import Invited, Look, accept, invitations, invite, look, revoke_invitation
from querist.service.people.keeping import add_person, change_me, change_person, database_at, listed, me
from querist.service.people.keys import MadeKey, keys, make_key, revoke_key
from querist.service.people.permitting import enterable, let_in, may, members, put_out
from querist.service.people.provider import oidc_begin, oidc_sign_in
from querist.store.api_keys import ApiKey
from querist.store.invitations import Invitation
from querist.store.people import Person

__all__ = [
    "OPERATOR",
    "ApiKey",
    "Invitation",
    "Invited",
    "Look",
    "MadeKey",
    "OidcClient",
    "OidcProvider",
    "OidcStart",
    "Person",
    "PersonRole",
    "Principal",
    "Recognized",
    "Scope",
    "SignedIn",
    "accept",
    "add_person",
    "admit",
    "change_me",
    "change_person",
    "check_csrf",
    "check_writes",
    "database_at",
    "enterable",
    "first_link",
    "invitations",
    "invite",
    "keys",
    "let_in",
    "listed",
    "look",
    "make_key",
    "may",
    "me",
    "members",
    "needs_setup",
    "note_use",
    "oidc_begin",
    "oidc_sign_in",
    "put_out",
    "revoke_invitation",
    "revoke_key",
    "set_up",
    "sign_in",
    "sign_out",
    "who",
]
