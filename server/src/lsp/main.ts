import { setFlagsFromString } from 'node:v8';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { diskSource } from '../workspace/disk';
import { describe } from './safe';
import { startServer } from './server';

// Every edit leaves a parsed document behind. Left alone the engine lets the heap double and more before it clears up: at
// 50,000 lines a quarter of the memory for nothing.
setFlagsFromString('--heap-growing-percent=40');

const connection = createConnection(ProposedFeatures.all);
// A fault in one file must not take the server away from all the others.
process.on('unhandledRejection', (error) => connection.console.error(describe(error)));
startServer(connection, diskSource());
connection.listen();
