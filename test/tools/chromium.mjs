// No dependencies: the setup script asks before anything is installed.
import { existsSync } from 'node:fs';

const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/microsoft-edge'];

/** Path of a Chromium, $CHROMIUM first; undefined when there is none. */
export const findChromium = () => [process.env.CHROMIUM ?? '', ...known].find((file) => file && existsSync(file));
