import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** A file of the page, ready to be sent. */
export interface Asset {
  readonly type: string;
  readonly bytes: Uint8Array;
}

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  woff2: 'font/woff2',
};

/** Bundles the browser side into memory, in well under a second; nothing is written to the disk. */
export async function bundleClient(): Promise<ReadonlyMap<string, Asset>> {
  const result = await build({
    entryPoints: { page: join(import.meta.dirname, 'client', 'main.tsx') },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    outdir: '/assets',
    assetNames: '[name]',
    loader: { '.woff2': 'file' },
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    logLevel: 'silent',
  });
  const assets = new Map<string, Asset>();
  for (const file of result.outputFiles) {
    const name = basename(file.path);
    const type = types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    assets.set(`/assets/${name}`, { type, bytes: file.contents });
  }
  return assets;
}
