import { names } from './faults/names';
import { matrixTests } from './matrix-tests';

matrixTests('who is who', names);
