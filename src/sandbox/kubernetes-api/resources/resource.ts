import type { Json, JsonObject } from '../../../lib/index.ts';
import type { FieldCause } from '../api-error.ts';
import type { StoredObject } from '../kubernetes-object.ts';
import type { Schema } from '../schema/schema.ts';

/** One column of `kubectl get`. `read` gives the cell. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 0: always shown; 1: with `-o wide`. */
  readonly priority: number;
  read(object: JsonObject, nowMs: number): Json;
}

/** Dotted paths inside the object that its /scale subresource reads and writes. */
export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  /** A serialised selector; for built-in kinds `spec.selector` itself is turned into one. */
  readonly selector: readonly string[];
}

/** What the server's own code adds to the schema of a kind. */
export interface Strategy {
  /**
   * `spec`: counts changes of anything but metadata and status; `spec and annotations`: of annotations too (a Deployment copies them to its
   * ReplicaSets); `none`: the kind has no generation.
   */
  readonly generation: 'spec' | 'spec and annotations' | 'none';
  /** Rules for names; `path` allows what fits in a URL (RBAC kinds). */
  readonly names: 'subdomain' | 'label' | 'service' | 'path';
  readonly mayCreateOnUpdate: boolean;
  /** A Deployment's controller writes its revision down together with the status. */
  readonly statusTakesAnnotations?: boolean;
  /** Fills in what the schema cannot say, on create and on update. Must be repeatable. */
  fill?(object: JsonObject, old: StoredObject | undefined): JsonObject;
  /** Only on create, after `fill`: status, generated labels. */
  begin?(object: StoredObject): StoredObject;
  check?(object: StoredObject, causes: FieldCause[], old: StoredObject | undefined): void;
}

/** One kind as one version of its group serves it. All versions of a kind share one collection. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly isNamespaced: boolean;
  readonly isBuiltIn: boolean;
  readonly verbs: readonly string[];
  /** `<plural>.<group>` of the version in which objects are stored. */
  readonly collection: string;
  readonly schema: Schema;
  readonly hasStatus: boolean;
  /** Does its schema hold x-kubernetes-validations anywhere? */
  readonly hasRules: boolean;
  readonly scale: ScalePaths | undefined;
  /** Dotted paths that field selectors may name, beside those of every kind. */
  readonly selectableFields: readonly string[];
  readonly columns: readonly Column[];
  readonly strategy: Strategy;
  /** Between the stored form and this version's form, where field names differ. */
  readonly convert: { toServed(stored: JsonObject): JsonObject; toStored(served: JsonObject): JsonObject } | undefined;
}

export function groupVersionOf(resource: { readonly group: string; readonly version: string }): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** A custom kind lists its verbs in another order. */
export const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'] as const;
export const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;
