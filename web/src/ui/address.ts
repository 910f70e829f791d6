/** A part of an address as it was before it was escaped; as it stands where it is none that was, half an escape say. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
