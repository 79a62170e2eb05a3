import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Resvg } from '@resvg/resvg-js';
import { TerminalError } from '../lib/index.ts';
import { zoom } from './chart-size.ts';

/** Inter, cut to Latin, Greek, Cyrillic and the signs we write (fonts/LICENSE). */
const fontFiles = ['inter-regular.ttf', 'inter-semibold.ttf'].map((file) =>
  fileURLToPath(new URL(`./fonts/${file}`, import.meta.url)),
);

/** Draws SVG as PNG at twice its size. */
export function renderPng(svg: string, fonts: readonly string[] = fontFiles): Uint8Array {
  const font = { loadSystemFonts: false, fontFiles: [...fonts], defaultFontFamily: 'Inter' };
  return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: zoom } }).render().asPng();
}

/** Throws where letters would be left out: without a font resvg draws none, and says nothing. */
export function checkFont(fonts: readonly string[] = fontFiles): void {
  const missing = fonts.filter((file) => !existsSync(file));
  if (missing.length > 0) throw new TerminalError(`charts need their font: ${missing.join(', ')} not found`);
  for (const weight of [400, 600]) {
    const text = `<text x="5" y="40" font-family="Inter" font-weight="${weight}" font-size="40">8%✗≥</text>`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="150" height="50">${text}</svg>`;
    const { pixels } = new Resvg(svg, { font: { loadSystemFonts: false, fontFiles: [...fonts] } }).render();
    if (pixels.every((byte) => byte === 0))
      throw new TerminalError(`charts need their font: ${fonts.join(', ')} draw nothing`);
  }
}
