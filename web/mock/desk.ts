import { route } from "./server.ts";

route("GET", "projects", () => ({ status: 200, body: { projects: [] } }));
