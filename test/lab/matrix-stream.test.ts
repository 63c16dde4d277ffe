import { stream } from './faults/stream';
import { matrixTests } from './matrix-tests';

// The second half has a file of its own: no file may take too long.
matrixTests('memory and disks', stream.slice(0, Math.ceil(stream.length / 2)));
