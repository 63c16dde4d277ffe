import { checker, type Checker } from './check';
import { tls } from './faults/stages';
import { startLab, type Lab } from './lab';

/** A lab in which faults are made. */
export interface Bench<T> {
  readonly lab: Lab;
  /** Makes one, looks what comes of it, and takes it back. */
  readonly try: T;
  close(): Promise<void>;
}

/**
 * Starts a lab and a look at it.
 * @param over `tls`: all is encrypted there
 * @param begin prepares it, and gives what tries a fault; when it fails the lab is taken away
 * @throws Error when the lab cannot be had, and what `begin` throws
 */
export async function startBench<T>(
  over: 'tls' | undefined,
  begin: (lab: Lab, look: Checker) => Promise<T>,
): Promise<Bench<T>> {
  const lab = await startLab();
  const look = checker(lab);
  const close = async (): Promise<void> => {
    look.close();
    await lab.stop();
  };
  try {
    if (over === 'tls') await tls(lab);
    return { lab, close, try: await begin(lab, look) };
  } catch (error) {
    await close();
    throw error;
  }
}
