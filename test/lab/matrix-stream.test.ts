import { stream } from './faults/stream';
import { matrixTests } from './matrix-tests';

matrixTests('memory, disks, guests', stream);
