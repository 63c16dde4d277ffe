import { reach } from './faults/reach';
import { matrixTests } from './matrix-tests';

matrixTests('reaching libvirt', reach);
