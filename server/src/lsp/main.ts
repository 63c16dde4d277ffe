import { setFlagsFromString } from 'node:v8';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { version } from '../../../package.json';
import { diskSource } from '../workspace/disk';
import { capabilitiesFor } from './capabilities';
import { featuresOf } from './features';
import { describe } from './safe';

// Every edit leaves a parsed document behind. Left alone the engine lets the heap double and more before it clears up: at
// 50,000 lines a quarter of the memory for nothing.
setFlagsFromString('--heap-growing-percent=40');

const connection = createConnection(ProposedFeatures.all);
// A fault in one file must not take the server away from all the others.
process.on('unhandledRejection', (error) => connection.console.error(describe(error)));
connection.onInitialize((params) => {
  // The rules and all they stand on are loaded once the editor has its answer. No message is handled before: the bundle
  // loads them within the turn of the loop that hears `initialized`.
  connection.onInitialized(async () => {
    try {
      const { startServer } = await import('./server');
      startServer(connection, diskSource(), params);
    } catch (error) {
      connection.console.error(`livemig's rules could not be loaded: ${describe(error)}`);
      process.exitCode = 1;
      connection.dispose();
    }
  });
  return { capabilities: capabilitiesFor(featuresOf(params)), serverInfo: { name: 'livemig', version } };
});
connection.listen();
