/** `vipdns check`: reads what `serve` would, tells every mistake, and prints the virtual IPs. */
import type { Configuration } from '../config/configuration.ts';
import { ManifestFolderError, ManifestSource } from '../source/manifests/manifest-source.ts';
import { formatProblem } from '../source/manifests/problem.ts';
import { Store } from '../source/store.ts';
import { configurationFrom } from './configuration-arguments.ts';
import { count } from './count.ts';
import { EXIT } from './exit-code.ts';

export const CHECK_HELP = `NAME
    vipdns check - tell what is wrong with a configuration and its manifests

SYNOPSIS
    vipdns check [FILE] [--manifests DIR]... [--zone NAME]...

DESCRIPTION
    Reads the configuration FILE (without one, the defaults) and the manifests, and tells each mistake in a
    line: where, what was expected, what was found. Prints every Service with its virtual IPs; "allocated" are
    those that no manifest names. Changes nothing, and needs no server; with "stateDir" the virtual IPs are those
    that an earlier run gave out.

OPTIONS
    As those of vipdns serve.

EXIT STATUS
    0 nothing is wrong; 1 a manifest is; 2 arguments or configuration are

EXAMPLES
    vipdns check --manifests config/demo
    vipdns check /etc/vipdns/vipdns.yaml
`;

/** Checks, and gives the exit code. */
export async function runCheck(arguments_: string[]): Promise<number> {
  const configuration = await configurationFrom(arguments_, { help: CHECK_HELP, takesFile: true });
  if (typeof configuration === 'number') return configuration;
  if (configuration.source.kubernetes !== null) {
    console.log('the configuration is right; the API server has checked what comes from it');
    return EXIT.ok;
  }
  const source = new ManifestSource({
    folders: configuration.source.manifests,
    serviceCidr: configuration.serviceCidr,
    stateDir: configuration.stateDir,
    store: new Store(),
    isReadOnly: true,
  });
  try {
    source.read();
  } catch (error) {
    if (!(error instanceof ManifestFolderError)) throw error;
    console.error(error.message);
    return EXIT.failed;
  }
  for (const problem of source.problems) console.error(formatProblem(problem));
  printVips(source, configuration);
  return source.problems.length === 0 ? EXIT.ok : EXIT.failed;
}

function printVips(source: ManifestSource, configuration: Configuration): void {
  const rows = [...source.vips].map(([key, { addresses, isAllocated }]) => [
    key,
    addresses.join(', '),
    isAllocated ? 'allocated' : '',
  ]);
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column].length)));
  for (const [key, addresses, how] of rows) {
    console.log(`${key.padEnd(widths[0])}  ${addresses.padEnd(widths[1])}  ${how}`.trimEnd());
  }
  const { manifests } = configuration.source;
  console.log(
    `${count(rows.length, 'Service')} with virtual IPs, ${count(source.fileCount, 'file')} of ${manifests.join(', ')}, ${count(source.problems.length, 'mistake')}`,
  );
}
