import { certificates } from './faults/certificates';
import { matrixTests } from './matrix-tests';

matrixTests('certificates', certificates);
