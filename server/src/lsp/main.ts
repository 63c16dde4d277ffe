import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { diskSource } from '../workspace/disk';
import { describe } from './safe';
import { startServer } from './server';

const connection = createConnection(ProposedFeatures.all);
// A fault in one file must not take the server away from all the others.
process.on('unhandledRejection', (error) => connection.console.error(describe(error)));
startServer(connection, diskSource());
connection.listen();
