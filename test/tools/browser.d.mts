import type { Browser } from 'playwright-core';

export function launch(options?: { headless?: boolean; args?: string[] }): Promise<Browser>;
