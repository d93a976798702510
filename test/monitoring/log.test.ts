/** The log as it comes out of a file descriptor, and its lines for a terminal. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { createLog, type LogOptions } from '../../src/monitoring/log.ts';
import { type LogEvent, type LogFunction, logEvent } from '../../src/monitoring/log-event.ts';
import { formatTerminalLine } from '../../src/monitoring/terminal-line.ts';

/** Runs with a log that writes to a file, and gives the file's lines. */
async function linesOf(
  t: TestContext,
  { use, ...options }: Omit<LogOptions, 'fd'> & { use: (log: LogFunction) => void },
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'log');
  const log = createLog({ fd: openSync(path, 'w'), ...options });
  use(log.log);
  await log.close();
  const lines = readFileSync(path, 'utf8').split('\n');
  assert.equal(lines.pop(), '');
  return lines;
}

test('createLog() writes one JSON object a line, with level, time, fields and message', async (t) => {
  const before = Date.now();
  const lines = await linesOf(t, {
    level: 'info',
    use: (log) => {
      log('info', 'listening', { address: '192.0.2.1', port: 53 });
      log('warn', 'two\nlines', { code: 'ERR_EXAMPLE', nested: { list: [1, null] } });
    },
  });
  const [first, second] = lines.map((line) => JSON.parse(line));
  const { time, ...rest } = first;
  assert.deepEqual(rest, { level: 'info', msg: 'listening', address: '192.0.2.1', port: 53 });
  const age = Date.parse(time) - before;
  assert.ok(age >= 0 && age < 10_000, time);
  assert.deepEqual([second.msg, second.nested.list], ['two\nlines', [1, null]]);
  assert.equal(lines.length, 2);
});

test('createLog() writes nothing below its level, nothing at all when silent', async (t) => {
  const use = (log: LogFunction) => {
    log('debug', 'debug');
    log('info', 'info');
    log('error', 'error', { code: 'ERR_EXAMPLE' });
  };
  const lines = await linesOf(t, { level: 'warn', use });
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).msg),
    ['error'],
  );
  assert.deepEqual(await linesOf(t, { level: 'silent', use }), []);
  assert.equal((await linesOf(t, { level: 'trace', use })).length, 3);
});

test('createLog() keeps every line in order when it is closed', async (t) => {
  const numbers = Array.from({ length: 2000 }, (_, i) => i);
  const lines = await linesOf(t, {
    level: 'info',
    use: (log) => {
      for (const number of numbers) log('info', 'line', { number });
    },
  });
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).number),
    numbers,
  );
});

test('createLog() counts what it cannot write: over the limit, to a bad descriptor, after close()', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const log = createLog({ level: 'info', fd: openSync(join(folder, 'log'), 'w') });
  for (let i = 0; i < 30; i++) log.log('info', 'x'.repeat(65_536));
  assert.ok(log.dropped > 0 && log.dropped < 30, String(log.dropped));
  await log.close();
  const { dropped } = log;
  log.log('info', 'too late');
  assert.equal(log.dropped, dropped + 1);
  await log.close();

  // A descriptor that can only be read fails at each write; the end of this process must not wait for it.
  const fd = openSync(join(folder, 'log'), 'r');
  const broken = createLog({ level: 'info', fd });
  broken.log('info', 'nowhere to go');
  broken.log('info', 'nor this');
  await broken.close();
  assert.equal(broken.dropped, 2);
});

test('createLog() writes what waits when the process exits, and survives a reader that has gone', async () => {
  const module = new URL('../../src/monitoring/log.ts', import.meta.url).href;
  const source = `
    const { createLog } = await import(${JSON.stringify(module)});
    const { log } = createLog({ level: 'info' });
    for (let number = 0; number < 500; number++) log('info', 'line', { number });
    process.exit(7);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.on('exit', resolve));
  const lines = (await text(child.stdout)).trimEnd().split('\n');
  assert.equal(await exited, 7);
  assert.equal(lines.length, 500);
  assert.equal(JSON.parse(lines[499]).number, 499);
});

test('createLog() lets a server go on, and end, whose log cannot be written', async () => {
  const module = new URL('../../src/monitoring/log.ts', import.meta.url).href;
  const source = `
    const { createLog } = await import(${JSON.stringify(module)});
    const { log } = createLog({ level: 'info' });
    let turns = 0;
    const timer = setInterval(() => {
      for (let i = 0; i < 100; i++) log('fatal', 'line', { code: 'ERR_EXAMPLE' });
      if (++turns === 20) clearInterval(timer);
    }, 1);
    process.on('exit', () => { process.exitCode = turns; });
  `;
  const readOnly = openSync(new URL(import.meta.url), 'r');
  for (const stdout of ['pipe', readOnly] as const) {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      stdio: ['ignore', stdout, 'inherit'],
    });
    child.stdout?.destroy();
    assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 20);
  }
  closeSync(readOnly);
});

test('logEvent() logs what another thread handed over', () => {
  const logged: unknown[][] = [];
  const log: LogFunction = (...event) => logged.push(event);
  const events: LogEvent[] = [
    { level: 'info', message: 'ready' },
    { level: 'warn', message: 'problem', fields: { code: 'ERR_MANIFEST' } },
  ];
  for (const event of events) logEvent(log, structuredClone(event));
  assert.deepEqual(logged, [
    ['info', 'ready', {}],
    ['warn', 'problem', { code: 'ERR_MANIFEST' }],
  ]);
});

test('LogFunction takes no fault without a code', () => {
  const log: LogFunction = () => {};
  // @ts-expect-error the compiler is what is tested
  log('error', 'no code');
  // @ts-expect-error the compiler is what is tested
  log('warn', 'no code', { file: 'shop.yaml' });
});

test('formatTerminalLine() gives time, level, message and fields on one line', () => {
  const time = new Date(2026, 10, 23, 7, 4, 9, 5).toISOString();
  const line = (fields: object) =>
    formatTerminalLine(JSON.stringify({ level: 'debug', time, ...fields }));
  assert.equal(line({ msg: 'ready' }), '07:04:09.005 DEBUG ready\n');
  assert.equal(
    line({ msg: 'ready', services: 3, name: 'a b', ok: true, list: [1], file: 'shop.yaml' }),
    '07:04:09.005 DEBUG ready  services=3 name="a b" ok=true list=[1] file=shop.yaml\n',
  );
});

test('formatTerminalLine() lets no control character reach the terminal', () => {
  const hostile = '\x1b[2J\r\n\x07\x9b31m\x7f"';
  const json = JSON.stringify({ level: 'info', time: 0, msg: hostile, name: hostile });
  const line = formatTerminalLine(json).replace('\x1b[32mINFO \x1b[39m', 'INFO ');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  assert.doesNotMatch(line.slice(0, -1), /[\x00-\x1f\x7f-\x9f]/);
});

test('createLog() writes lines for a person where it is told so', async (t) => {
  const lines = await linesOf(t, {
    level: 'info',
    isTerminal: true,
    use: (log) => log('info', 'ready', { services: 3 }),
  });
  assert.match(lines[0], /^\d\d:\d\d:\d\d\.\d{3} .*INFO .* ready {2}services=3$/);
});
