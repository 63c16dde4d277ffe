/** For so many ms, or until one of the signals comes. */
export function sleep(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', go);
      resolve();
    };
    const timer = setTimeout(go, signals.some((signal) => signal.aborted) ? 0 : ms);
    for (const signal of signals) signal.addEventListener('abort', go);
  });
}
