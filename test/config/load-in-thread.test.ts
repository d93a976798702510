import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigurationError } from '../../src/config/configuration.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { loadConfigurationInThread } from '../../src/config/load-in-thread.ts';

test('loadConfigurationInThread() gives what loadConfiguration() gives, frozen as well', async () => {
  const options = { file: 'config/default.yaml', overrides: { listen: ['[::1]:0'] } };
  const configuration = await loadConfigurationInThread(options);
  assert.deepEqual(configuration, loadConfiguration(options));
  assert.ok(Object.isFrozen(configuration));
  assert.ok(Object.isFrozen(configuration.listen[0]));
});

test('loadConfigurationInThread() rejects with every mistake', async () => {
  const options = { overrides: { ttl: -1, zones: ['a..b'] } };
  const mistakes = catchMistakes(() => loadConfiguration(options));
  assert.equal(mistakes.length, 2);
  await assert.rejects(loadConfigurationInThread(options), (error) => {
    assert.ok(error instanceof ConfigurationError);
    assert.deepEqual(error.mistakes, mistakes);
    return true;
  });
});

function catchMistakes(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.mistakes;
    throw error;
  }
  return [];
}
