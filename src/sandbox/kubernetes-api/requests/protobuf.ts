import type { Json, JsonObject } from '../../../lib/index.ts';
import { badRequest, unsupportedMediaType } from '../api-error.ts';
import { isList, isObject, objectAt, textAt } from '../kubernetes-object.ts';
import { type Message, messages } from './protobuf-messages.ts';

export const protobufType = 'application/vnd.kubernetes.protobuf';
const magic = Buffer.from('k8s\0');

/** The object in a protobuf body: kubectl's `create` speaks nothing else. Kinds that are not in the table are refused. */
export function readProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, 4).equals(magic)) throw badRequest('provided data does not appear to be a protobuf message');
  const envelope = readMessage(body.subarray(4), messages.Unknown ?? {});
  const { kind, apiVersion } = objectAt(envelope, 'typeMeta');
  const message = typeof kind === 'string' ? messages[kind] : undefined;
  if (message === undefined) throw unsupportedMediaType(['application/json', 'application/yaml']);
  return {
    kind: kind ?? '',
    apiVersion: apiVersion ?? '',
    ...readMessage(Buffer.from(textAt(envelope, 'raw'), 'base64'), message),
  };
}

interface Reader {
  readonly bytes: Buffer;
  at: number;
}

function readMessage(bytes: Buffer, message: Message): JsonObject {
  const reader: Reader = { bytes, at: 0 };
  const found: Record<string, Json> = {};
  while (reader.at < bytes.length) {
    const tag = readVarint(reader);
    const value = readField(reader, Number(tag & 7n));
    const known = message[Number(tag >> 3n)];
    if (known === undefined) continue;
    const [field, type] = known;
    const before = found[field];
    if (type.startsWith('[]')) found[field] = [...(isList(before) ? before : []), decode(value, type.slice(2))];
    else if (type.startsWith('{}'))
      found[field] = { ...(isObject(before) ? before : {}), ...mapEntry(value, type.slice(2)) };
    else if (!isZero(value, type)) found[field] = decode(value, type);
  }
  // `http` of an Ingress rule is wrapped once more on the wire.
  const { http } = found;
  if (isObject(http) && isObject(http.http)) found.http = http.http;
  return found;
}

/** Proto2 writes the zero value of a Go field that was left out. */
function isZero(value: bigint | Buffer, type: string): boolean {
  return typeof value === 'bigint' ? type === 'count' && value === 0n : value.length === 0;
}

function readField(reader: Reader, wireType: number): bigint | Buffer {
  if (wireType === 0) return readVarint(reader);
  if (wireType === 2) return take(reader, Number(readVarint(reader)));
  if (wireType === 1) return take(reader, 8);
  if (wireType === 5) return take(reader, 4);
  throw badRequest(`proto: illegal wireType ${wireType}`);
}

function take(reader: Reader, length: number): Buffer {
  const end = reader.at + length;
  if (end > reader.bytes.length) throw badRequest('unexpected EOF');
  const part = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return part;
}

function readVarint(reader: Reader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes[reader.at];
    if (byte === undefined) throw badRequest('unexpected EOF');
    reader.at += 1;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return BigInt.asIntN(64, value);
  }
  throw badRequest('proto: integer overflow');
}

function decode(value: bigint | Buffer, type: string): Json {
  if (typeof value === 'bigint') return type === 'bool' ? value !== 0n : Number(value);
  if (type === 'text') return value.toString('utf8');
  if (type === 'bytes') return value.toString('base64');
  if (type === 'int-or-string') return intOrString(value);
  if (type === 'quantity') return textAt(readMessage(value, messages.Quantity ?? {}), 'text');
  return readMessage(value, messages[type] ?? {});
}

function intOrString(value: Buffer): Json {
  const parts = readMessage(value, { 1: ['type', 'number'], 2: ['int', 'number'], 3: ['text', 'text'] });
  return parts.type === 1 ? textAt(parts, 'text') : (parts.int ?? 0);
}

function mapEntry(value: bigint | Buffer, type: string): JsonObject {
  if (typeof value === 'bigint') return {};
  const entry = readMessage(value, { 1: ['key', 'text'], 2: ['value', type] });
  return { [textAt(entry, 'key')]: entry.value ?? '' };
}
