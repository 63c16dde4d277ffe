import { drillTests } from './drills/tests';

drillTests('nova');
drillTests('tls');
