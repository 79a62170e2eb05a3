import {
  complain,
  finite,
  isRecord,
  list,
  object,
  type Shape,
  type Surroundings,
  string,
  typed,
} from './block-checks.ts';

/** Every series gives one finite value for every category, in whatever order, under a name of its own. */
function oneValuePerCategory(chart: Record<string, unknown>, pointer: string, around: Surroundings): void {
  const axis = isRecord(chart.axis_config) ? chart.axis_config : {};
  const categories = Array.isArray(axis.categories) ? axis.categories : [];
  if (new Set(categories).size < categories.length)
    complain(around, 'categories must be unique', `${pointer}/axis_config`);
  const names = new Set<unknown>();
  for (const [index, series] of (Array.isArray(chart.series) ? chart.series : []).entries()) {
    if (!isRecord(series)) continue;
    const at = `${pointer}/series/${index}`;
    if (names.has(series.name)) complain(around, `series names must be unique: ${String(series.name)}`, at);
    names.add(series.name);
    const points = Array.isArray(series.data) ? series.data.filter(isRecord) : [];
    const labels = new Set(points.map((point) => point.label));
    if (
      labels.size !== categories.length ||
      points.length !== categories.length ||
      !categories.every((c) => labels.has(c))
    ) {
      complain(around, 'every series must have exactly one data point per category', at);
    }
  }
}

const cartesian: Shape = {
  required: {
    series: list(
      1,
      12,
      object({
        required: {
          name: string(20, 1),
          data: list(1, 20, object({ required: { label: string(20, 1), value: finite } })),
        },
      }),
    ),
    axis_config: object({
      required: { categories: list(1, 20, string(20, 1)) },
      optional: { x_label: string(50), y_label: string(50) },
    }),
  },
  also: oneValuePerCategory,
};
const segment = object({
  required: { label: string(20, 1), value: finite },
  also(value, pointer, around) {
    if (typeof value.value === 'number' && value.value <= 0)
      complain(around, 'must be more than 0', `${pointer}/value`);
  },
});
export const chart = typed({
  line: cartesian,
  bar: cartesian,
  area: cartesian,
  pie: { required: { segments: list(1, 12, segment) } },
});
