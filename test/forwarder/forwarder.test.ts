/** Questions to real upstreams over loopback, by every way in which queries leave. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { encodeName } from '../../src/dns/name.ts';
import { until } from '../support/fake-clock.ts';
import { askedOf, IMPLEMENTATIONS, REAL_TIME, startForwarder } from '../support/test-forwarder.ts';
import {
  delay,
  endConnections,
  first,
  lose,
  overUdp,
  refuseEdns,
  replaceBy,
  truncateDatagrams,
  when,
} from '../support/upstream/faults.ts';
import { type Forgery, forge, forgeOnly } from '../support/upstream/forgeries.ts';

const WWW = ['www.example 300 A 192.0.2.1'];
const SOA = 'example 60 SOA ns.example hostmaster.example 1 2 3 4 60';
const FORGED = { answers: ['www.example 300 A 203.0.113.66'] };
const SERVFAIL = () => ({ rcode: 'SERVFAIL' });
/** An upstream whose records end with another byte. */
const answers = (last: number) => [`*.example 300 A 192.0.2.${last}`];

for (const implementation of IMPLEMENTATIONS) {
  suite(`UDP by ${implementation.name}`, { skip: implementation.skip }, () => {
    test('a question is asked once, with EDNS of 1232 bytes, RD, and the name in another case', async (t) => {
      const { ask, upstreams, tested } = await startForwarder(t, implementation, {
        upstreams: [{ answer: WWW }],
      });
      const { status, last, records } = await ask('www.example A', { dnssecOk: true });
      assert.deepEqual([status, last, records], ['NOERROR', 1, 1]);
      const [{ name, type, flags, edns, client }, ...others] = askedOf(upstreams[0]);
      assert.equal(others.length, 0);
      assert.equal(name.toLowerCase(), 'www.example');
      assert.notEqual(name, 'www.example');
      assert.deepEqual([type, flags, client.transport], ['A', 'rd ad', 'udp']);
      assert.deepEqual([edns?.payloadBytes, edns?.dnssecOk, edns?.options], [1232, true, []]);
      assert.equal(tested.forwarder.underway, 0);
    });

    test('a thousand who ask the same make one query', async (t) => {
      const { ask, upstreams, tested } = await startForwarder(t, implementation, {
        upstreams: [{ answer: WWW }],
      });
      const all = await Promise.all(Array.from({ length: 1000 }, () => ask('www.example A')));
      assert.ok(all.every(({ last }) => last === 1));
      assert.equal(askedOf(upstreams[0]).length, 1);
      assert.equal(tested.forwarder.counts.joined, 999);
    });

    test('a thousand who ask what fails make one query, and all hear of it', async (t) => {
      const { ask, upstreams } = await startForwarder(t, implementation, {
        upstreams: [{ answer: SERVFAIL }],
      });
      const all = await Promise.all(Array.from({ length: 1000 }, () => ask('www.example A')));
      assert.ok(all.every(({ status }) => status === 'SERVFAIL'));
      assert.equal(askedOf(upstreams[0]).length, 1);
    });

    test('what one upstream says of a failure is told, where the other says nothing', async (t) => {
      const { ask } = await startForwarder(t, implementation, {
        upstreams: [{ answer: () => ({ rcode: 'REFUSED' }) }, { answer: () => undefined }],
        now: () => performance.now(),
      });
      const startedAt = performance.now();
      assert.equal((await ask('www.example A')).status, 'REFUSED');
      // A question may take 2 s where nobody says anything.
      assert.ok(performance.now() - startedAt < 1500);
    });

    test('type, DO and CD are questions of their own', async (t) => {
      const { ask, upstreams } = await startForwarder(t, implementation, {
        upstreams: [{ answer: WWW }],
      });
      await Promise.all([
        ask('www.example A'),
        ask('www.example AAAA'),
        ask('www.example A', { dnssecOk: true }),
        ask('www.example A', { checkingDisabled: true }),
      ]);
      assert.equal(askedOf(upstreams[0]).length, 4);
      assert.equal(askedOf(upstreams[0]).filter(({ flags }) => flags.includes('cd')).length, 1);
    });

    const forgeries: readonly Forgery[] = [
      'other ID',
      'other port',
      'other address',
      'other name',
      'other type',
      'no question',
      'a query',
    ];
    test('forged responses are ignored, and the right one is waited for', async (t) => {
      const { ask, upstreams, tested } = await startForwarder(t, implementation, {
        upstreams: [{ answer: WWW, faults: [overUdp(forge(forgeries, FORGED))] }],
      });
      assert.equal((await ask('www.example A')).last, 1);
      assert.equal(askedOf(upstreams[0]).length, 1);
      // Those from elsewhere do not even reach us.
      assert.equal(tested.set.upstreams[0].stats.ignored, forgeries.length - 2);
    });

    test('forged responses alone are no answer', async (t) => {
      const { ask, upstreams } = await startForwarder(t, implementation, {
        now: REAL_TIME,
        upstreams: [{ answer: WWW, faults: [first(2, forgeOnly(forgeries, FORGED))] }],
      });
      assert.equal((await ask('www.example A')).last, 1);
      assert.ok(askedOf(upstreams[0]).length >= 3);
    });

    test('what is no message, or ends too early, is ignored', async (t) => {
      const { ask } = await startForwarder(t, implementation, {
        now: REAL_TIME,
        upstreams: [{ answer: WWW, faults: [first(1, replaceBy(Uint8Array.of(1, 2, 3)))] }],
      });
      assert.equal((await ask('www.example A')).last, 1);
    });

    test('what was cut is asked for by TCP', async (t) => {
      const { ask, upstreams, tested } = await startForwarder(t, implementation, {
        upstreams: [{ answer: WWW, faults: [truncateDatagrams()] }],
      });
      assert.equal((await ask('www.example A')).last, 1);
      const transports = askedOf(upstreams[0]).map(({ client }) => client.transport);
      assert.deepEqual(transports, ['udp', 'tcp']);
      assert.equal(tested.set.upstreams[0].stats.truncated, 1);
    });

    test('a datagram that is longer than any we asked for is asked for by TCP', async (t) => {
      const many = Array.from({ length: 300 }, (_, i) => `www.example 60 A 192.0.2.${i & 255}`);
      const padded = overUdp((deliveries, query) =>
        deliveries.map((delivery) => {
          const message = Buffer.alloc(5000);
          delivery.message.copy(message);
          // Whole: with the flags that it would have had.
          message[2] &= ~0x02;
          return query.client.transport === 'udp' ? { ...delivery, message } : delivery;
        }),
      );
      const { ask, upstreams } = await startForwarder(t, implementation, {
        upstreams: [{ answer: many, faults: [padded] }],
      });
      assert.equal((await ask('www.example A')).records, 300);
      const transports = askedOf(upstreams[0]).map(({ client }) => client.transport);
      assert.deepEqual(transports, ['udp', 'tcp']);
    });

    test('one who has no TCP fails what was cut, and goes on answering the rest', async (t) => {
      const { ask, upstreams, tested } = await startForwarder(t, implementation, {
        upstreams: [
          {
            answer: answers(1),
            faults: [when(({ name }) => /^big/i.test(name), truncateDatagrams())],
          },
        ],
      });
      await ask('a.example A');
      await upstreams[0].closeTcp();
      const big = await ask('big.example A');
      assert.deepEqual([big.status, big.extendedError], ['SERVFAIL', 23]);
      assert.match(big.text, /\(tcp\)/);
      assert.equal(tested.set.isDown, false);
      assert.equal((await ask('b.example A')).last, 1);
    });

    test('one who knows nothing of EDNS is asked without, and then at once', async (t) => {
      for (const rcode of ['FORMERR', 'NOTIMP'] as const) {
        const { ask, upstreams } = await startForwarder(t, implementation, {
          upstreams: [{ answer: answers(1), faults: [refuseEdns(rcode)] }],
        });
        assert.equal((await ask('a.example A')).last, 1);
        assert.equal((await ask('b.example A')).last, 1);
        const asked = askedOf(upstreams[0]).map(({ name, edns }) => [
          name.toLowerCase(),
          edns !== undefined,
        ]);
        const expected = [
          ['a.example', true],
          ['a.example', false],
          ['b.example', false],
        ];
        assert.deepEqual(asked, expected);
      }
    });

    test('one who answers an unreadable query by a header alone is asked without EDNS', async (t) => {
      const header = when(
        ({ edns }) => edns !== undefined,
        (deliveries, { id }) =>
          deliveries.map((delivery) => ({
            ...delivery,
            message: Buffer.from([id >> 8, id, 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
          })),
      );
      const { ask } = await startForwarder(t, implementation, {
        upstreams: [{ answer: WWW, faults: [header] }],
      });
      assert.equal((await ask('www.example A')).last, 1);
    });

    test('FORMERR with and without EDNS is about the question, and EDNS stays', async (t) => {
      const formerr = () => ({ rcode: 'FORMERR' });
      const { ask, upstreams } = await startForwarder(t, implementation, {
        upstreams: [{ answer: formerr }],
      });
      assert.equal((await ask('a.example A')).status, 'FORMERR');
      upstreams[0].answer = () => ({ answers: ['b.example 60 A 192.0.2.7'] });
      assert.equal((await ask('b.example A')).last, 7);
      assert.deepEqual(
        askedOf(upstreams[0]).map(({ edns }) => edns !== undefined),
        [true, false, true],
      );
    });

    test('the failure of one upstream is not that of the next', async (t) => {
      for (const rcode of ['SERVFAIL', 'REFUSED', 'NOTIMP']) {
        const { ask, upstreams } = await startForwarder(t, implementation, {
          upstreams: [{ answer: () => ({ rcode }) }, { answer: answers(2) }],
        });
        assert.equal((await ask('www.example A')).last, 2, rcode);
        assert.equal(askedOf(upstreams[1]).length, 1);
      }
    });

    test('NXDOMAIN and NODATA are answers, and nobody else is asked', async (t) => {
      const { ask, upstreams } = await startForwarder(t, implementation, {
        upstreams: [{ answer: [...WWW, SOA] }, { answer: WWW }],
      });
      const missing = await ask('missing.example A');
      assert.deepEqual([missing.status, missing.records], ['NXDOMAIN', 1]);
      const nodata = await ask('www.example MX');
      assert.deepEqual([nodata.status, nodata.records], ['NOERROR', 1]);
      assert.equal(askedOf(upstreams[1]).length, 0);
    });

    test('what all say is said: an RCODE with its extended error', async (t) => {
      const { ask } = await startForwarder(t, implementation, {
        upstreams: [
          { answer: SERVFAIL },
          { answer: () => ({ rcode: 'REFUSED', extendedErrors: [18] }) },
        ],
      });
      const { status, extendedError } = await ask('www.example A');
      assert.deepEqual([status, extendedError], ['REFUSED', 18]);
    });

    test('a closed port is known at once, and the next is asked', async (t) => {
      const { ask, upstreams, tested } = await startForwarder(t, implementation, {
        now: REAL_TIME,
        upstreams: [{ answer: answers(1) }, { answer: answers(2) }],
      });
      await upstreams[0].close();
      const startedAt = performance.now();
      assert.equal((await ask('a.example A')).last, 2);
      assert.ok(performance.now() - startedAt < 90, 'it did not wait');
      assert.deepEqual(
        tested.set.upstreams.map(({ health }) => health.isRefusing),
        [true, false],
      );
      assert.equal((await ask('b.example A')).last, 2);
      assert.ok(tested.set.upstreams[0].stats.failures.refused >= 1);
    });

    test('closed ports alone: SERVFAIL with EDE 23 at once, and answers soon after they are open', async (t) => {
      const { ask, upstreams, tested } = await startForwarder(t, implementation, {
        now: REAL_TIME,
        upstreams: [{ answer: answers(1) }],
      });
      await upstreams[0].close();
      const startedAt = performance.now();
      const failed = await ask('a.example A');
      assert.deepEqual([failed.status, failed.extendedError], ['SERVFAIL', 23]);
      assert.match(failed.text, /^127\.0\.0\.1:\d+ \(udp\): nobody listens there$/);
      const known = await ask('b.example A');
      assert.deepEqual([known.status, known.extendedError], ['SERVFAIL', 23]);
      assert.ok(performance.now() - startedAt < 500);
      await upstreams[0].reopen();
      const reopenedAt = performance.now();
      await until('it is up', () => !tested.set.isDown);
      assert.ok(performance.now() - reopenedAt < 1000);
      assert.equal((await ask('c.example A')).last, 1);
      const messages = tested.logged.map(({ message }) => message);
      assert.deepEqual(messages.slice(0, 2), [
        'upstream does not answer',
        'no upstream has answered',
      ]);
      assert.equal(messages.at(-1), 'upstream answers again');
    });

    test('an address to which there is no way fails at once', async (t) => {
      const { ask, tested } = await startForwarder(t, implementation, { upstreams: [] });
      // Nobody may broadcast who has not asked the system.
      const place = { transport: 'udp', address: '255.255.255.255', port: 53, serverName: '' };
      tested.set.use([place as never]);
      const { status, extendedError } = await ask('a.example A');
      assert.deepEqual([status, extendedError], ['SERVFAIL', 23]);
    });

    test('without upstreams there is no answer', async (t) => {
      const { ask } = await startForwarder(t, implementation, { upstreams: [] });
      const { status, text } = await ask('a.example A');
      assert.deepEqual([status, text], ['SERVFAIL', 'no upstream is known']);
    });

    test('lost datagrams are sent again', async (t) => {
      const { ask, upstreams } = await startForwarder(t, implementation, {
        now: REAL_TIME,
        upstreams: [3, 4].map((seed) => ({ answer: answers(1), faults: [lose(0.3, seed)] })),
      });
      const names = Array.from({ length: 100 }, (_, i) => `n${i}.example A`);
      const all = await Promise.all(names.map((name) => ask(name)));
      assert.ok(all.every(({ last }) => last === 1));
      assert.ok(askedOf(upstreams[0]).length + askedOf(upstreams[1]).length > 120);
    });

    test('an upstream over TCP alone is asked by TCP, and again when its connection ends', async (t) => {
      const { ask, upstreams } = await startForwarder(t, implementation, {
        upstreams: [{ answer: answers(1), faults: [] }],
        transport: 'tcp',
      });
      assert.equal((await ask('a.example A')).last, 1);
      upstreams[0].disconnect();
      assert.equal((await ask('b.example A')).last, 1);
      upstreams[0].faults = [endConnections('closed without answer')];
      assert.equal((await ask('c.example A')).status, 'SERVFAIL');
      const transports = new Set(askedOf(upstreams[0]).map(({ client }) => client.transport));
      assert.deepEqual([...transports], ['tcp']);
    });

    test('close() while questions are under way tells all who wait, and ends everything', async (t) => {
      const { ask, upstreams, tested } = await startForwarder(t, implementation, {
        upstreams: [{ answer: answers(1) }],
      });
      upstreams[0].silence();
      const waiting = ['a', 'a', 'b'].map((name) => ask(`${name}.example A`));
      await upstreams[0].received(2);
      tested.forwarder.close();
      const all = await Promise.all(waiting);
      assert.deepEqual(new Set(all.map(({ text }) => text)), new Set(['this server stops']));
      assert.equal(tested.forwarder.underway, 0);
      assert.equal((await ask('c.example A')).status, 'SERVFAIL');
    });

    test('upstreams that change are asked from then on, what is under way goes on', async (t) => {
      const { ask, upstreams, tested } = await startForwarder(t, implementation, {
        upstreams: [{ answer: answers(1), faults: [delay(60)] }, { answer: answers(2) }],
      });
      const [{ address }, other] = tested.set.upstreams;
      tested.set.use([address]);
      const before = ask('a.example A');
      await upstreams[0].received(1);
      tested.set.use([other.address]);
      assert.equal((await ask('b.example A')).last, 2);
      assert.equal((await before).last, 1);
      assert.equal(askedOf(upstreams[0]).length, 1);
    });

    test('the oldest question gives way when too many are under way', async (t) => {
      const { ask, upstreams, tested } = await startForwarder(t, implementation, {
        now: REAL_TIME,
        upstreams: [{ answer: answers(1) }],
        maxFlights: 3,
      });
      upstreams[0].silence();
      const waiting = Array.from({ length: 5 }, (_, i) => ask(`n${i}.example A`));
      const [oldest, second] = await Promise.all(waiting.slice(0, 2));
      assert.deepEqual([oldest.status, second.status], ['SERVFAIL', 'SERVFAIL']);
      assert.equal(oldest.text, 'too many questions are under way');
      assert.deepEqual([tested.forwarder.underway, tested.forwarder.counts.shed], [3, 2]);
      upstreams[0].resume();
      const rest = await Promise.all(waiting.slice(2));
      assert.ok(rest.every(({ last }) => last === 1));
    });

    test('all who wait hear of the same answer, though one of them asks on when there is no room', async (t) => {
      const { ask, upstreams } = await startForwarder(t, implementation, {
        upstreams: [{ answer: answers(1) }],
        maxFlights: 2,
      });
      upstreams[0].answer = async ({ name }) => {
        if (/^silent/i.test(name)) return undefined;
        return { answers: [`${name} 60 A 192.0.2.9`] };
      };
      const others: Promise<unknown>[] = [ask('silent.example A')];
      // As an alias does that has changed meanwhile.
      const onTold = () => others.push(ask('x.example A'), ask('y.example A'));
      const first = ask('www.example A', { onTold });
      const all = await Promise.all([first, ask('www.example A'), ask('www.example A')]);
      assert.deepEqual(
        all.map(({ last }) => last),
        [9, 9, 9],
      );
      await Promise.all(others);
    });

    test('our own query that comes back is a loop, told at once and logged once', async (t) => {
      const { ask, upstreams, tested } = await startForwarder(t, implementation, {
        upstreams: [{ answer: WWW }],
      });
      upstreams[0].answer = async ({ name }) => {
        const came = await ask('looping.example A', { spelled: spelledAs(name) });
        return { rcode: came.status };
      };
      const { status } = await ask('looping.example A');
      assert.equal(status, 'SERVFAIL');
      assert.equal(tested.forwarder.counts.loops, 1);
      assert.equal(askedOf(upstreams[0]).length, 1);
      assert.deepEqual(
        tested.logged
          .filter(({ code }) => code === 'ERR_FORWARDING_LOOP')
          .map(({ level }) => level),
        ['error'],
      );
    });

    test('two who ask for a name with few letters, or none, are no loop', async (t) => {
      const { ask, upstreams, tested } = await startForwarder(t, implementation, {
        upstreams: [{ answer: () => ({ answers: ['1.2 60 A 192.0.2.1'] }), faults: [delay(20)] }],
      });
      for (const name of ['.', '12.34', 'a']) {
        const ask1 = ask(`${name} A`, { spelled: encodeName(name) });
        const capitals = encodeName(name).map((byte) => (byte === 0x61 ? 0x41 : byte));
        const ask2 = ask(`${name} A`, { spelled: capitals });
        for (const { status } of await Promise.all([ask1, ask2])) assert.equal(status, 'NOERROR');
      }
      assert.equal(tested.forwarder.counts.loops, 0);
      assert.equal(askedOf(upstreams[0]).length, 3);
    });

    test('2,000 queries leave from more than 1,900 ports, with IDs that tell nothing of the next', async (t) => {
      const { ask, upstreams } = await startForwarder(t, implementation, {
        upstreams: [{ answer: answers(1) }],
      });
      for (let i = 0; i < 2000; i++) await ask(`n${i}.example A`);
      const queries = askedOf(upstreams[0]);
      const ports = queries.map(({ client }) => client.port);
      const ids = queries.map(({ id }) => id);
      const distances = (all: readonly number[]) =>
        new Set(all.slice(1).map((each, i) => (each - all[i]) & 0xffff)).size;
      assert.ok(new Set(ports).size > 1900, `${new Set(ports).size} ports`);
      assert.ok(new Set(ids).size > 1900, `${new Set(ids).size} IDs`);
      // Linux gives every second port to those who connect; even so, most steps come once.
      assert.ok(distances(ports) > 1500, `${distances(ports)} distances of ports`);
      assert.ok(distances(ids) > 1900, `${distances(ids)} distances of IDs`);
    });
  });
}

function spelledAs(name: string): Uint8Array {
  const wire = encodeName(name);
  let at = 1;
  for (const label of name.split('.')) {
    Buffer.from(wire.buffer).write(label, at, 'latin1');
    at += label.length + 1;
  }
  return wire;
}
