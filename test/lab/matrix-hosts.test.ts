import { stream } from './faults/stream';
import { matrixTests } from './matrix-tests';

matrixTests('what guests ask of the hosts', stream.slice(Math.ceil(stream.length / 2)));
