/** One request in JSON, and its answer. */
import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import type { ApiAccess } from '../../../src/source/kubernetes/api-access.ts';

export interface Answer {
  readonly status: number;
  readonly json: unknown;
  /** When its head came, as of `performance.now()`. */
  readonly respondedAt: number;
}

export interface JsonRequest {
  readonly access: ApiAccess;
  readonly method: string;
  readonly path: string;
  readonly body?: object | undefined;
}

export function sendJson({ access, method, path, body }: JsonRequest): Promise<Answer> {
  const { server, token, tls } = access;
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers: {
        accept: 'application/json',
        'content-type': type,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...tls,
    };
    const { request } = server.protocol === 'https:' ? https : http;
    const sent = request(new URL(path, server), options, async (response) => {
      const respondedAt = performance.now();
      const answer = await text(response);
      const isJson = response.headers['content-type']?.includes('json') === true;
      const json = isJson ? JSON.parse(answer) : answer;
      resolve({ status: response.statusCode ?? 0, json, respondedAt });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
