import { z } from 'zod';
import type { Json as JsonValue } from '../../src/lib/index.ts';

/** Any JSON, read from a fixture. */
export const Json: z.ZodType<JsonValue> = z.json();
export type Json = JsonValue;
