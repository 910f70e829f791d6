/** What a record holds under a name. A column may be called `constructor`, which every object has without holding it. */
export const own = <T>(record: Record<string, T>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;
