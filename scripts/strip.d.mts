/** Blanks the documentation properties of the records passed to `defineRule({…})`; line breaks stay. */
export function stripDocumentation(source: string, fileName?: string): string;
