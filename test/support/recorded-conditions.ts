import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Json } from './json.ts';

const Answer = z.object({ condition: z.string(), answer: z.boolean().optional(), error: z.string().optional() });
const Recording = z.array(z.object({ result: Json, answers: z.array(Answer) }));

/** What JSON cannot say: NaN and Inf (`{ float: 'NaN' }`, `{ floats: ['NaN', '1'] }`), and a list of numbers that JSON held (`{ anys: [1] }`). */
const Float = z.object({ float: z.string() });
const Floats = z.object({ floats: z.array(z.string()) });
const Anys = z.object({ anys: z.array(z.number()) });

export interface RecordedAnswer {
  readonly condition: string;
  readonly result: Json;
  readonly numbersAre: 'floats' | 'anything';
  /** `true`, `false`, or the words of the error. */
  readonly answer: string;
}

/** The answers of the real expr-lang; how they were recorded: test/fixtures/conditions/record.go. */
export function readRecordedAnswers(): readonly RecordedAnswer[] {
  const file = new URL('../fixtures/conditions/answers.json', import.meta.url);
  return Recording.parse(JSON.parse(readFileSync(file, 'utf8'))).flatMap(({ result, answers }) =>
    answers.map(({ condition, answer, error }) => ({
      condition,
      answer: error || String(answer),
      result: decode(result),
      numbersAre: Anys.safeParse(result).success ? ('anything' as const) : ('floats' as const),
    })),
  );
}

const Measured = z.object({
  questions: z.array(
    z.object({
      result: Json,
      provider: z.enum(['prometheus', 'web']),
      answers: z.array(
        z.object({
          successCondition: z.string().optional(),
          failureCondition: z.string().optional(),
          phase: z.string(),
          message: z.string().optional(),
        }),
      ),
    }),
  ),
});

export interface RecordedMeasurement {
  readonly result: Json;
  readonly provider: 'prometheus' | 'web';
  readonly conditions: {
    readonly successCondition?: string | undefined;
    readonly failureCondition?: string | undefined;
  };
  /** Phase, and message if there was one. */
  readonly measured: string;
}

/** What a real Argo controller made of results and conditions; which one says the fixture. */
export function readMeasuredByArgo(): readonly RecordedMeasurement[] {
  const file = new URL('../fixtures/conditions/measured-by-argo.json', import.meta.url);
  return Measured.parse(JSON.parse(readFileSync(file, 'utf8'))).questions.flatMap(({ result, provider, answers }) =>
    answers.map(({ phase, message = '', ...conditions }) => ({
      result: decode(result),
      provider,
      conditions,
      measured: `${phase} ${message}`,
    })),
  );
}

function decode(result: Json): Json {
  const float = Float.safeParse(result);
  if (float.success) return toNumber(float.data.float);
  const floats = Floats.safeParse(result);
  if (floats.success) return floats.data.floats.map(toNumber);
  const anys = Anys.safeParse(result);
  return anys.success ? anys.data.anys : result;
}

function toNumber(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}
