/** A moment as Lease and Event write it. Go refuses a MicroTime with fewer than six digits after the point. */
export function renderMicroTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, -1)}000Z`;
}
