import { showDrain } from './drain';
import { showMatrix } from './matrix';
import { listen } from './page';

listen((message) => {
  if (message.kind === 'matrix') showMatrix(message.page);
  else if (message.kind === 'drain') showDrain(message.page);
});
