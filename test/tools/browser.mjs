// Chromium of the distribution, driven by playwright-core, which downloads nothing.
import { chromium } from 'playwright-core';
import { findChromium } from './chromium.mjs';

/**
 * @param {{ headless?: boolean, args?: string[] }} [options]
 */
export function launch({ headless = true, args = [] } = {}) {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('no Chromium: run `node scripts/setup.mjs ui`, or set CHROMIUM to its path');
  const still = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  // root has no user namespace to put the sandbox into; the only page opened is our own server's
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({
    executablePath,
    headless,
    args: ['--disable-gpu', '--disable-quic', ...still, ...sandbox, ...args],
  });
}
