"""Whatever the description allows to be sent, and much that it does not, no route fails."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from starlette.testclient import TestClient

from querist.core.people import SCOPES
from querist.core.schema import Schema
from querist.server import configure, create_app
from querist.service import intake, people, rounds

EXAMPLES = 12
SLOW = {"/api/session": 3, "/api/people": 4}  # a password costs a tenth of a second
ENDLESS = ("/events",)
KNOWN = {"project": "topics", "item_id": "m001", "number": 1, "name": "bert", "slot": 1, "delivery": 1}


class Caller:
    """Calls as an admin, with a new key where a call has just revoked the old one."""

    def __init__(self, app: Any, client: TestClient) -> None:
        self._database = app.state.querist.database
        self._client = client
        self._n = 0
        self._renew()

    def _renew(self) -> None:
        self._n += 1
        name = f"admin {self._n}"
        people.add_person(self._database, people.OPERATOR, name, "admin")
        self._key = people.make_key(self._database, people.OPERATOR, "test", SCOPES, owner=name).secret

    def send(self, case: Any) -> Any:
        """The answer to a case."""
        sent = case.as_transport_kwargs(base_url="http://testserver")
        headers = {**dict(sent.get("headers") or {}), "Authorization": f"Bearer {self._key}"}
        body = {name: sent[name] for name in ("json", "data", "files", "params") if name in sent}
        if isinstance(body.get("data"), bytes | str):
            body["content"] = body.pop("data")
        answer = self._client.request(sent["method"], sent["url"], headers=headers, **body)
        if answer.status_code == 401:
            self._renew()
        return answer


def _with_known_things(value: Any) -> Any:
    """A body that speaks of items and slots that there are: what is made up is mostly not found."""
    if isinstance(value, dict):
        made = {name: _with_known_things(inner) for name, inner in value.items()}
        return made | {name: KNOWN[name] for name in made.keys() & {"item_id", "slot"}}
    return [_with_known_things(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("known", [True, False], ids=["of what is there", "of anything"])
def test_no_route_fails_whatever_is_sent(tmp_path: Any, known: bool) -> None:
    app = create_app(configure(url=f"sqlite:///{tmp_path}/q.db", worker=False, allowed_hosts=["testserver"]))
    description = schemathesis.openapi.from_dict(app.openapi())
    failed: list[str] = []
    seen = 0
    with TestClient(app, raise_server_exceptions=False) as client:
        here = app.state.querist
        work = here.workspaces.create("topics", schema=Schema("topic", ("bug", "wish")), shares={"test": 0.2})
        intake.add_items(work, ({"id": f"m{i:03d}", "text": f"message {i} of many words"} for i in range(30)))
        rounds.ask(work, 5)
        people.add_person(here.database, people.OPERATOR, "bert", "annotator")
        caller = Caller(app, client)
        for result in description.get_all_operations():
            operation = result.ok()
            if operation.path.endswith(ENDLESS):
                continue
            seen += 1

            @settings(
                max_examples=SLOW.get(operation.path, EXAMPLES),
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
            )
            @given(case=operation.as_strategy())
            def run(case: Any) -> None:
                for name in case.path_parameters or {}:
                    if (known or name == "project") and name in KNOWN:
                        case.path_parameters[name] = KNOWN[name]
                if known:
                    case.body = _with_known_things(case.body)
                answer = caller.send(case)
                if answer.status_code >= 500:
                    failed.append(
                        f"{case.operation.label}: {answer.status_code} {answer.text[:200]} {case.body!r:.500}"
                    )

            run()
    assert seen > 50
    assert not failed, "\n".join(failed[:10])
