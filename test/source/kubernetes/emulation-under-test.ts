/** The emulation as a contract sees it, at a time that stands still. */
import { FakeClock } from '../../support/fake-clock.ts';
import type { ApiServerUnderTest } from './contract.ts';
import { ApiServerEmulation, type EmulationOptions } from './emulation/api-server.ts';

const TOKEN = 'known';

export async function startEmulation(options: EmulationOptions): Promise<ApiServerUnderTest> {
  const clock = new FakeClock();
  const emulation = new ApiServerEmulation(options);
  emulation.token = TOKEN;
  await emulation.listen();
  return {
    access: { server: emulation.url, token: TOKEN },
    clock,
    random: () => 0,
    isStreaming: options.streaming !== 'refused',
    put: async (plural, object) => emulation.put(plural, object),
    remove: async (plural, key) => emulation.remove(plural, key),
    compact: async () => emulation.history.compact(),
    restart: async () => emulation.restart(),
    setAllowed: async (isAllowed) => {
      emulation.allowed = isAllowed ? undefined : new Set();
    },
    pass: (ms) => clock.advance(ms),
    close: () => emulation.close(),
  };
}
