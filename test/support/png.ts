import { inflateSync } from 'node:zlib';

/** A decoded picture: RGBA, row by row. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Decodes a PNG of 8 bits a channel, RGBA, not interlaced: what resvg writes. */
export function decodePng(png: Uint8Array): Picture {
  const bytes = Buffer.from(png);
  if (bytes.toString('latin1', 1, 4) !== 'PNG') throw new Error('not a PNG');
  const width = bytes.readUInt32BE(16);
  const height = bytes.readUInt32BE(20);
  if (bytes[24] !== 8 || bytes[25] !== 6 || bytes[28] !== 0) throw new Error('not 8-bit RGBA');
  const data: Buffer[] = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') data.push(bytes.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  return { width, height, pixels: unfilter(inflateSync(Buffer.concat(data)), width, height) };
}

function unfilter(raw: Uint8Array, width: number, height: number): Uint8Array {
  const stride = width * 4;
  const pixels = new Uint8Array(stride * height);
  for (let row = 0; row < height; row++) {
    const filter = raw[row * (stride + 1)];
    for (let column = 0; column < stride; column++) {
      const at = row * stride + column;
      const left = column < 4 ? 0 : (pixels[at - 4] ?? 0);
      const up = row === 0 ? 0 : (pixels[at - stride] ?? 0);
      const upLeft = column < 4 || row === 0 ? 0 : (pixels[at - stride - 4] ?? 0);
      const predicted = predict(filter, left, up, upLeft);
      pixels[at] = (raw[row * (stride + 1) + 1 + column] ?? 0) + predicted;
    }
  }
  return pixels;
}

function predict(filter: number | undefined, left: number, up: number, upLeft: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const estimate = left + up - upLeft;
  const [toLeft, toUp, toBoth] = [left, up, upLeft].map((one) => Math.abs(estimate - one));
  if (toLeft === undefined || toUp === undefined || toBoth === undefined) return 0;
  if (toLeft <= toUp && toLeft <= toBoth) return left;
  return toUp <= toBoth ? up : upLeft;
}

/** Pixels of a box that are as dark as letters are. */
export function countDark({ width, pixels }: Picture, box: Box): number {
  let count = 0;
  for (let row = Math.floor(box.top); row < box.bottom; row++) {
    for (let column = Math.floor(box.left); column < box.right; column++) {
      const at = (row * width + column) * 4;
      const brightness = (pixels[at] ?? 255) * 0.3 + (pixels[at + 1] ?? 255) * 0.59 + (pixels[at + 2] ?? 255) * 0.11;
      if (brightness < 140) count += 1;
    }
  }
  return count;
}
