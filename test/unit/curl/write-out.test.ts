import { describe, expect, it } from 'vitest';
import type { Transfer } from '../../../src/curl/write-out.ts';
import { writeOut } from '../../../src/curl/write-out.ts';
import { HttpHeaders } from '../../../src/http/headers.ts';

const transfer: Transfer = {
  method: 'POST',
  url: 'https://api.example/a?b',
  status: 201,
  headers: new HttpHeaders([
    ['Content-Type', 'application/json'],
    ['X-Request-Id', 'r1'],
  ]),
  timeStartTransfer: 0.0123456,
  timeTotal: 2,
  sizeDownload: 1000,
  redirects: 1,
  retries: 2,
};

describe('writeOut', () => {
  it.each([
    ['', ''],
    ['plain', 'plain'],
    ['%{http_code}', '201'],
    ['%{response_code}', '201'],
    ['%{method}', 'POST'],
    ['%{url}', 'https://api.example/a?b'],
    ['%{url_effective}', 'https://api.example/a?b'],
    ['%{content_type}', 'application/json'],
    ['%{size_download}', '1000'],
    ['%{speed_download}', '500'],
    ['%{time_starttransfer}', '0.012346'],
    ['%{time_total}', '2.000000'],
    ['%{num_redirects}', '1'],
    ['%{num_retries}', '2'],
    ['%{num_headers}', '2'],
    ['%header{x-request-id}', 'r1'],
    ['%header{X-REQUEST-ID}', 'r1'],
    ['%header{missing}', ''],
    ['%header{}', ''],
    ['%%', '%'],
    ['100%', '100%'],
    ['%%{http_code}', '%{http_code}'],
    ['%x', '%x'],
    ['%{', '%{'],
    ['%{http_code', '%{http_code'],
    ['a\\nb\\tc\\rd', 'a\nb\tc\rd'],
    ['\\x\\', '\\x\\'],
    ['\\\\n', '\\\n'],
    ['%{http_code} in %{time_total} s\\n', '201 in 2.000000 s\n'],
    ['ü🦊', 'ü🦊'],
  ])('%j writes %j', (format, stdout) => {
    expect(writeOut(format, transfer)).toEqual({ stdout, stderr: '', unknown: [] });
  });

  it('writes to standard error and back', () => {
    expect(writeOut('a%{stderr}b%{stdout}c', transfer)).toEqual({ stdout: 'ac', stderr: 'b', unknown: [] });
  });

  it('writes everything as JSON', () => {
    expect(JSON.parse(writeOut('%{json}', transfer).stdout)).toMatchObject({
      http_code: 201,
      method: 'POST',
      time_total: 2,
      size_download: 1000,
      content_type: 'application/json',
    });
  });

  it.each([
    'time_connect',
    'nothing',
    '',
    'HTTP_CODE',
    'toString',
    'constructor',
    '__proto__',
    'hasOwnProperty',
    'valueOf',
  ])('does not know the variable %j, and says so', (name) => {
    expect(writeOut(`a%{${name}}b`, transfer)).toEqual({ stdout: 'ab', stderr: '', unknown: [name] });
  });

  it('is empty where the API says no content type', () => {
    expect(writeOut('[%{content_type}]', { ...transfer, headers: new HttpHeaders() }).stdout).toBe('[]');
  });

  it('has a speed although no time went by', () => {
    expect(Number.isFinite(Number(writeOut('%{speed_download}', { ...transfer, timeTotal: 0 }).stdout))).toBe(true);
  });
});
