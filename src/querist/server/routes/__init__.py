"""The routes, by topic. Each is four words long: who, what, do, show."""

from querist.server.routes import desk, drifting, evidence, gate, hooks, people, projects, rounds, server, watching

# They are looked through in this order: people at their desks ask most.
ROUTES = tuple(
    each.routes for each in (desk, people, projects, watching, evidence, drifting, rounds, gate, hooks, server)
)
