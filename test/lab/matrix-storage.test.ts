import { storage } from './faults/storage';
import { matrixTests } from './matrix-tests';

matrixTests('storage and guests, as measured', storage);
