import type { Step } from './faults/fault';
import type { Lab } from './lab';

/** Runs commands in nodes, one after the other. `@NET` stands for the first two parts of the lab's addresses. */
export async function steps(lab: Lab, list: readonly Step[]): Promise<void> {
  const net = lab.address('controller').split('.').slice(0, 2).join('.');
  const own = (word: string) => word.replaceAll('@NET', net);
  for (const { node, argv, input, mayFail } of list) {
    const words = argv.map(own);
    if (mayFail) await lab.run(node, words, input && own(input));
    else await lab.must(node, words, input && own(input));
  }
}
