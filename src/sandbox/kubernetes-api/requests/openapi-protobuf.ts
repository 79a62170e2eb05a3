import type { Resource } from '../resources/resource.ts';

export const openApiProtobufType = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

/**
 * As much of /openapi/v2 in protobuf as kubectl reads of it: which kinds' PATCH knows `fieldValidation`, so that kubectl leaves validation to
 * the server. kubectl asks for it when a file holds a `List`. Field numbers are those of gnostic's OpenAPIv2.proto.
 */
export function openApiProtobuf(resources: readonly (Resource & { readonly path: string })[]): Buffer {
  const paths = resources.map((resource) =>
    field(2, text(1, resource.path), field(2, field(8, ...operation(resource)))),
  );
  return Buffer.concat([text(1, '2.0'), field(2, text(1, 'Kubernetes'), text(2, 'v1.34.0')), field(8, ...paths)]);
}

function operation({ group, version, kind }: Resource): readonly Buffer[] {
  const gvk = `group: ${JSON.stringify(group)}\nkind: ${kind}\nversion: ${version}\n`;
  return [
    ...['dryRun', 'fieldManager', 'fieldValidation'].map((name) =>
      field(8, field(1, field(2, field(3, text(2, 'query'), text(4, name), text(6, 'string'))))),
    ),
    field(13, text(1, 'x-kubernetes-group-version-kind'), field(2, text(2, gvk))),
  ];
}

function text(number: number, value: string): Buffer {
  return field(number, Buffer.from(value, 'utf8'));
}

/** A length-delimited field. */
function field(number: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([varint((number << 3) | 2), varint(body.length), body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  while (left > 127) {
    bytes.push((left & 127) | 128);
    left >>>= 7;
  }
  return Buffer.from([...bytes, left]);
}
