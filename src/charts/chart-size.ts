/** Sizes of the drawing, in CSS pixels. */
export const chartSize = { widthPx: 800, heightPx: 400 } as const;

/** The picture is twice as fine, for the screens of phones. */
export const zoom = 2;
