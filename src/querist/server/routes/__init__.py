"""The routes, by topic. Each is four words long: who, what, do, show."""

from querist.server.routes import desk, hooks, people, projects, rounds, server, watching

ROUTES = tuple(each.routes for each in (people, projects, watching, rounds, desk, hooks, server))
