"""The routes, by topic. Each is four words long: who, what, do, show."""

from querist.server.routes import people, projects

ROUTES = (people.routes, projects.routes)
