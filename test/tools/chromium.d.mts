/** Path of a Chromium, $CHROMIUM first; undefined when there is none. */
export function findChromium(): string | undefined;
