/** The contract against the emulation, in every way that an API server can be read. */
import { testFollowing } from './contract.ts';
import { startEmulation } from './emulation-under-test.ts';

testFollowing('an emulation with streaming lists', () => startEmulation({}));
testFollowing('an emulation with pages', () => startEmulation({ streaming: 'refused' }));
testFollowing('an emulation with JSON and streaming lists', () =>
  startEmulation({ isJsonOnly: true }),
);
testFollowing('an emulation with JSON and pages', () =>
  startEmulation({ isJsonOnly: true, streaming: 'refused' }),
);
