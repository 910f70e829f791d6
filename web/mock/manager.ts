/** Synthetic answers for the pages of the manager: routes are added with `route` of `server.ts`. */
export {};
