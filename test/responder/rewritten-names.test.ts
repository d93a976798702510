/** Names that are answered as others: of the cluster, and outside, with the name that was asked put back. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { encodeName } from '../../src/dns/name.ts';
import { TestOutside } from '../support/outside.ts';
import { service } from '../support/resources.ts';
import { TestZone, type TestZoneOptions, UDP } from '../support/zone.ts';

const FORWARDING = { ...UDP, handOn: () => true };

function zoneWith(options: TestZoneOptions): TestZone {
  const zone = new TestZone({ forwarded: [''], ...options });
  zone.zone.setService('shop/web', {
    service: service('shop/web', {
      clusterIps: ['10.96.0.10'],
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 80 }],
    }),
    groups: [],
  });
  return zone;
}

suite('rewrite to a name of the cluster', () => {
  const zone = zoneWith({
    rewrite: [
      { from: '*.shop.example', to: '*.shop.svc.cluster.local' },
      { from: 'portal.example', to: 'web.shop.svc.cluster.local' },
    ],
  });

  test('an address is that of the other name, under the name that was asked', () => {
    for (const name of ['web.shop.example', 'portal.example', 'PORTAL.example']) {
      const { answer, flags, status } = zone.ask(`${name} A`, { transport: FORWARDING });
      assert.deepEqual([status, flags], ['NOERROR', 'qr aa rd ra']);
      assert.deepEqual(answer, [`${name}. 5 IN A 10.96.0.10`]);
    }
  });

  test('an SRV record points to the name that there is', () => {
    const { answer } = zone.ask('_http._tcp.web.shop.example SRV', { transport: FORWARDING });
    assert.deepEqual(answer, [
      '_http._tcp.web.shop.example. 5 IN SRV 0 100 80 web.shop.svc.cluster.local.',
    ]);
  });

  test('what is not there is denied with the SOA of the zone', () => {
    const missing = zone.ask('missing.shop.example A', { transport: FORWARDING });
    assert.equal(missing.status, 'NXDOMAIN');
    assert.match(missing.authority[0], /^cluster\.local\. 5 IN SOA /);
    const nodata = zone.ask('web.shop.example TXT', { transport: FORWARDING });
    assert.equal(nodata.status, 'NOERROR');
    assert.match(nodata.authority[0], /^cluster\.local\. 5 IN SOA /);
  });
});

/** `www.site.example` is `front.site.example` at an upstream that compresses every name. */
function compressedResponse(addresses = 2): Uint8Array {
  const question = [...encodeName('www.site.example'), 0, 1, 0, 1];
  const questionEnd = 12 + question.length;
  const site = 12 + 4;
  const front = questionEnd + 12;
  const records = [
    [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 8, 5, ...Buffer.from('front'), 0xc0, site],
    ...Array.from({ length: addresses }, (_, i) => [
      ...[0xc0, front, 0, 1, 0, 1, 0, 0, 0, 90, 0, 4],
      ...[192, 0, 2, i + 1],
    ]),
    [0xc0, site, 0, 2, 0, 1, 0, 0, 1, 44, 0, 5, 2, ...Buffer.from('ns'), 0xc0, site],
  ];
  const header = [0, 0, 0x81, 0x80, 0, 1, 0, 1 + addresses, 0, 1, 0, 0];
  return Uint8Array.from([...header, ...question, ...records.flat()]);
}

suite('rewrite to a name outside', () => {
  const outside = new TestOutside();
  outside.keep(compressedResponse());
  const zone = zoneWith({ outside, rewrite: [{ from: '*.corp.test', to: '*.site.example' }] });

  test('records keep their names, and those of the question have its name', () => {
    const printed = zone.ask('www.corp.test A', { transport: FORWARDING });
    assert.equal(printed.flags, 'qr rd ra');
    assert.deepEqual(printed.answer, [
      'www.corp.test. 60 IN CNAME front.site.example.',
      'front.site.example. 90 IN A 192.0.2.1',
      'front.site.example. 90 IN A 192.0.2.2',
    ]);
    assert.deepEqual(printed.authority, ['site.example. 300 IN NS ns.site.example.']);
  });

  test('the name itself is answered from the same records', () => {
    const printed = zone.ask('www.site.example A', { transport: FORWARDING });
    assert.deepEqual(printed.answer[0], 'www.site.example. 60 IN CNAME front.site.example.');
    assert.deepEqual(printed.authority, ['site.example. 300 IN NS ns.site.example.']);
  });

  test('what does not fit is left out as a whole, with TC', () => {
    const many = new TestOutside();
    many.keep(compressedResponse(60));
    const full = zoneWith({
      outside: many,
      rewrite: [{ from: '*.corp.test', to: '*.site.example' }],
    });
    const printed = full.ask('www.corp.test A', { transport: FORWARDING });
    assert.equal(printed.flags, 'qr tc rd ra');
    assert.ok(printed.answer.length > 20 && printed.answer.length < 60);
    assert.ok(printed.bytes <= 512);
  });
});
