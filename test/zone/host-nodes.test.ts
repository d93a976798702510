/** Names of `hosts`: each a zone of its own among names that are not ours. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { service } from '../support/resources.ts';
import { NOW, TestZone, type TestZoneOptions } from '../support/zone.ts';

const HOSTS = [
  { name: 'db.corp.example', addresses: ['192.0.2.7', '2001:db8::7', '192.0.2.8'] },
  { name: 'four.corp.example', addresses: ['192.0.2.4'] },
];

function zoneWithHosts(options: TestZoneOptions = {}) {
  return new TestZone({ hosts: HOSTS, ttl: 7, negativeTtl: 9, ...options });
}

/** The SOA of a name that is a zone of its own. */
function soaOf(name: string): string {
  return `${name} 9 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. ${NOW} 7200 1800 86400 9`;
}

suite('hosts', () => {
  test('have A and AAAA with the ttl of the zone, whatever the case of the question', () => {
    const zone = zoneWithHosts();
    const ipv4 = zone.ask('DB.corp.EXAMPLE A');
    assert.deepEqual([ipv4.status, ipv4.flags], ['NOERROR', 'qr aa rd']);
    assert.deepEqual(ipv4.answer.toSorted(), [
      'DB.corp.EXAMPLE. 7 IN A 192.0.2.7',
      'DB.corp.EXAMPLE. 7 IN A 192.0.2.8',
    ]);
    assert.deepEqual(zone.ask('db.corp.example AAAA').answer, [
      'db.corp.example. 7 IN AAAA 2001:db8::7',
    ]);
  });

  test('have no other type: NODATA with a SOA of their own', () => {
    const zone = zoneWithHosts();
    for (const question of ['four.corp.example AAAA', 'four.corp.example MX']) {
      const { status, flags, answer, authority } = zone.ask(question);
      assert.deepEqual([status, flags, answer], ['NOERROR', 'qr aa rd', []], question);
      assert.deepEqual(authority, [soaOf('four.corp.example.')]);
    }
  });

  test('leave names above, below and beside them to others', () => {
    const zone = zoneWithHosts();
    const names = [
      'corp.example',
      'x.db.corp.example',
      'db2.corp.example',
      '7.2.0.192.in-addr.arpa',
    ];
    for (const name of names) assert.equal(zone.ask(`${name} A`).status, 'REFUSED', name);
  });

  test('are answered before the objects of the cluster are known', () => {
    const zone = zoneWithHosts({ isStarting: true });
    assert.equal(zone.ask('db.corp.example A').answer.length, 2);
  });

  test('are what an ExternalName may lead to', () => {
    const zone = zoneWithHosts();
    zone.zone.setService('shop/db', {
      service: service('shop/db', { type: 'ExternalName', externalName: 'four.corp.example' }),
      groups: [],
    });
    assert.deepEqual(zone.ask('db.shop.svc.cluster.local A').answer, [
      'db.shop.svc.cluster.local. 7 IN CNAME four.corp.example.',
      'four.corp.example. 7 IN A 192.0.2.4',
    ]);
  });
});
