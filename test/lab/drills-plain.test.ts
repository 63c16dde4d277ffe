import { drillTests } from './drills/tests';

drillTests('plain');
