/** `vipdns query`: asks a server one question, and prints its answer; the exit code says whether there is one. */
import { isIPv6 } from 'node:net';
import { parseArgs } from 'node:util';
import type { SocketAddress } from '../config/configuration.ts';
import { parseDuration } from '../config/duration.ts';
import { parseSocketAddress } from '../config/socket-address.ts';
import { FormatError } from '../dns/errors.ts';
import { encodeName } from '../dns/name.ts';
import { EXIT } from './exit-code.ts';
import { type Exchange, exchange, NoResponseError, type Response } from './query-exchange.ts';
import { formatAnswerData, formatResponse, parseType, responseCode } from './query-output.ts';

export const QUERY_HELP = `NAME
    vipdns query - ask a DNS server one question

SYNOPSIS
    vipdns query NAME [TYPE] [@SERVER[:PORT]] [--tcp] [--timeout TIME] [--short | --quiet]

DESCRIPTION
    Asks for the records of TYPE (A without one; TYPE65 for one without a name) at NAME, which is taken as it
    stands: no search path is appended. SERVER is an IP address, IPv6 with a port in brackets; its port is 53
    where none is given. Without a SERVER, 127.0.0.1:1053 is asked. An answer that does not fit a datagram is asked
    for again by TCP. What is printed resembles dig.

OPTIONS
    --tcp             ask by TCP at once
    --timeout TIME    longest time to wait for everything, such as 500ms or 2s; 2s by default
    --short           print the data of the answer alone, one record a line
    --quiet           print nothing but errors, for probes and scripts

EXIT STATUS
    0 there is an answer; 1 the server responded, but without one: the name or the type does not exist, or it
    failed; 2 the arguments are wrong; 3 no response within the time

EXAMPLES
    vipdns query web.shop.svc.cluster.local
    vipdns query _http._tcp.web.shop.svc.cluster.local SRV @10.96.0.10 --short
    vipdns query dns-version.cluster.local TXT @[::1]:53 --quiet --timeout 1s
`;

const DEFAULT_SERVER: SocketAddress = { address: '127.0.0.1', port: 1053 };
const DNS_PORT = 53;
const DEFAULT_TIMEOUT = '2s';

const OPTIONS = {
  tcp: { type: 'boolean' },
  timeout: { type: 'string', default: DEFAULT_TIMEOUT },
  short: { type: 'boolean' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Asks what the arguments say, prints the response, and gives the exit code. */
export async function runQuery(arguments_: string[]): Promise<number> {
  const request = parseRequest(arguments_);
  if (request === 'help') {
    console.log(QUERY_HELP);
    return EXIT.ok;
  }
  if (typeof request === 'string') {
    console.error(`Cannot read arguments: ${request}; see vipdns query --help`);
    return EXIT.usage;
  }
  const { server } = request.exchange;
  try {
    const response = await exchange(request.exchange);
    print(response, request);
    return hasAnswer(response) ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (!(error instanceof NoResponseError)) throw error;
    console.error(`Cannot ask "${server.address}" port ${server.port}: ${error.message}`);
    return EXIT.noResponse;
  }
}

interface Request {
  readonly exchange: Exchange;
  readonly output: 'full' | 'short' | 'quiet';
}

/** Gives what to ask, or what is wrong with the arguments. */
function parseRequest(args: string[]): Request | string {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return (error as Error).message;
  }
  const { values, positionals } = parsed;
  if (values.help) return 'help';
  const servers = positionals.filter((text) => text.startsWith('@'));
  const [name, typeText = 'A', ...more] = positionals.filter((text) => !text.startsWith('@'));
  if (name === undefined) return 'a name is missing';
  if (more.length > 0) return `expected a name and a type: received "${more[0]}" besides`;
  if (servers.length > 1) return 'expected one server: received more';
  if (values.short && values.quiet) return 'expected --short or --quiet: received both';
  const nameMistake = findNameMistake(name);
  if (nameMistake !== undefined) return nameMistake;
  const type = parseType(typeText);
  if (type === undefined) return `expected a type, such as A or SRV: received "${typeText}"`;
  const server = servers.length === 0 ? DEFAULT_SERVER : parseServer(servers[0].slice(1));
  if (server === undefined) return `expected an IP address as server: received "${servers[0]}"`;
  const timeoutMs = parseDuration(values.timeout) ?? 0;
  if (timeoutMs <= 0) {
    return `expected a time above zero, such as "500ms" or "2s": received "${values.timeout}"`;
  }
  return {
    exchange: { name: name.replace(/\.$/, ''), type, server, timeoutMs, tcp: values.tcp ?? false },
    output: values.quiet ? 'quiet' : values.short ? 'short' : 'full',
  };
}

function parse(args: string[]) {
  return parseArgs({ args, options: OPTIONS, allowPositionals: true });
}

function findNameMistake(name: string): string | undefined {
  // dns2 takes the characters of a name as they are, so it can have no escapes.
  if (!/^[!-[\]-~]+$/.test(name)) return `expected a name of plain ASCII: received "${name}"`;
  try {
    encodeName(name);
    return undefined;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return error.message;
  }
}

/** An address alone has port 53; port 0 cannot be asked. */
function parseServer(text: string): SocketAddress | undefined {
  const withPort = isIPv6(text) ? `[${text}]:${DNS_PORT}` : text;
  const server = parseSocketAddress(withPort) ?? parseSocketAddress(`${withPort}:${DNS_PORT}`);
  return server?.port === 0 ? undefined : server;
}

function print(response: Response, { exchange: { server }, output }: Request): void {
  switch (output) {
    case 'full':
      console.log(formatResponse(response, server));
      return;
    case 'short':
      if (response.message.answers.length > 0) console.log(formatAnswerData(response));
      return;
    case 'quiet':
      return;
  }
}

function hasAnswer({ message }: Response): boolean {
  return responseCode(message) === 'NOERROR' && message.answers.length > 0;
}
