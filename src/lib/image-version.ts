/** What people call an image: its tag, or the first twelve characters of its digest. `undefined` when there is none. */
export function versionOf(image: string | undefined): string {
  if (image === undefined || image === '') return 'unknown';
  const digest = /@?sha256:([0-9a-f]+)$/i.exec(image)?.[1];
  if (digest !== undefined) return `sha ${digest.slice(0, 12)}`;
  const lastPart = image.slice(image.lastIndexOf('/') + 1);
  const colon = lastPart.indexOf(':');
  return colon === -1 ? 'latest' : lastPart.slice(colon + 1);
}
