import type { Json, JsonObject } from '../../../lib/index.ts';
import { badRequest, unsupportedMediaType } from '../api-error.ts';
import { isList, isObject, textAt } from '../kubernetes-object.ts';
import generated from '../schemas/protobuf.generated.json' with { type: 'json' };

export const protobufType = 'application/vnd.kubernetes.protobuf';
const magic = Buffer.from('k8s\0');

/**
 * What the fields of a message are called, by their numbers, and what they are: `text`, `number`, `bool`, `bytes`, `double`, `time`,
 * `int-or-string`, `quantity`, `json`, another message by name; `[]` in front repeats it, `{}` makes it a map of text to it. With `?`
 * at the end its zero value means that it is not there: Go writes it all the same. A field without a name stands for its own fields.
 */
type Message = { readonly [fieldNumber: string]: readonly string[] };

const messages: { readonly [name: string]: Message | undefined } = generated;

const unknown: Message = { 1: ['apiVersion', 'text'], 2: ['kind', 'text'] };
const envelope: Message = { 1: ['typeMeta', 'bytes'], 2: ['raw', 'bytes'] };

/**
 * The object in a protobuf body: Go's clients of the built-in kinds write nothing else (kubectl's `create`, controllers). Kinds that are
 * not in the table are refused.
 */
export function readProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, 4).equals(magic)) throw badRequest('provided data does not appear to be a protobuf message');
  const { typeMeta, raw } = readMessage(body.subarray(4), envelope);
  const { apiVersion = '', kind = '' } = readMessage(bytesOf(typeMeta), unknown);
  const message = messageOf(String(apiVersion), String(kind));
  if (message === undefined) throw unsupportedMediaType(['application/json', 'application/yaml']);
  return { kind, apiVersion, ...readMessage(bytesOf(raw), message) };
}

function bytesOf(value: Json | undefined): Buffer {
  return Buffer.from(typeof value === 'string' ? value : '', 'base64');
}

/** `rbac.authorization.k8s.io/v1` is `rbac/v1` there; what every group knows is `meta/v1`. */
function messageOf(apiVersion: string, kind: string): Message | undefined {
  const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  return messages[`${group.split('.')[0]}/${version}.${kind}`] ?? messages[`meta/v1.${kind}`];
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
    const [field, marked = ''] = message[String(tag >> 3n)] ?? [];
    if (field === undefined) continue;
    const type = marked.replace(/\?$/, '');
    const before = found[field];
    if (type.startsWith('[]')) found[field] = [...(isList(before) ? before : []), decode(value, type.slice(2))];
    else if (type.startsWith('{}'))
      found[field] = { ...(isObject(before) ? before : {}), ...mapEntry(value, type.slice(2)) };
    else if (field === '') Object.assign(found, decode(value, type));
    else if (!isAbsent(value, type, marked !== type)) found[field] = decode(value, type);
  }
  return found;
}

/** Go has a null time where others have none, and writes each field that is no pointer. */
function isAbsent(value: bigint | Buffer, type: string, isOmittedWhenZero: boolean): boolean {
  const isZero = typeof value === 'bigint' ? value === 0n : value.length === 0;
  return isZero && (type === 'time' || (isOmittedWhenZero && !isStruct(type)));
}

/** A struct is there even when it is empty. */
function isStruct(type: string): boolean {
  return messages[type] !== undefined;
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
  if (length < 0 || end > reader.bytes.length) throw badRequest('unexpected EOF');
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
  if (type === 'double') return value.length === 8 ? value.readDoubleLE() : 0;
  if (type === 'time') return time(value);
  if (type === 'json') return json(value);
  if (type === 'int-or-string') return intOrString(value);
  if (type === 'quantity') return textAt(readMessage(value, { 1: ['text', 'text'] }), 'text');
  return readMessage(value, messages[type] ?? {});
}

function intOrString(value: Buffer): Json {
  const parts = readMessage(value, { 1: ['type', 'number'], 2: ['int', 'number'], 3: ['text', 'text'] });
  return parts.type === 1 ? textAt(parts, 'text') : (parts.int ?? 0);
}

/** Whole seconds as in JSON; with micros where there are any. */
function time(value: Buffer): Json {
  const { seconds, nanos } = readMessage(value, { 1: ['seconds', 'number'], 2: ['nanos', 'number'] });
  const at = new Date((typeof seconds === 'number' ? seconds : 0) * 1000);
  if (Number.isNaN(at.getTime())) throw badRequest('proto: time out of range');
  const whole = at.toISOString().slice(0, 19);
  const micros = typeof nanos === 'number' ? Math.floor(nanos / 1000) : 0;
  return micros === 0 ? `${whole}Z` : `${whole}.${String(micros).padStart(6, '0')}Z`;
}

/** Text of JSON within the message: managedFields and embedded objects. */
function json(value: Buffer): Json {
  const raw = textAt(readMessage(value, { 1: ['raw', 'text'] }), 'raw');
  try {
    return raw === '' ? {} : JSON.parse(raw);
  } catch (error) {
    throw badRequest(`error decoding: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function mapEntry(value: bigint | Buffer, type: string): JsonObject {
  if (typeof value === 'bigint') return {};
  const entry = readMessage(value, { 1: ['key', 'text'], 2: ['value', type] });
  return { [textAt(entry, 'key')]: entry.value ?? '' };
}
