'use strict';

// The least that a Node program does to get an access token over https: what ccgrant's uncached path is measured against.
const { readFileSync, writeSync } = require('node:fs');
const { request } = require('node:https');

const [endpoint = '', clientId = '', secretFile = '', caFile = '', scope = ''] = process.argv.slice(2);
const secret = readFileSync(secretFile, 'utf8').trimEnd();
const body = new URLSearchParams({ grant_type: 'client_credentials', scope }).toString();
const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length };
const options = { method: 'POST', ca: readFileSync(caFile), auth: `${clientId}:${secret}`, headers };

request(endpoint, options, (response) => {
  let json = '';
  response.setEncoding('utf8');
  response.on('data', (text) => {
    json += text;
  });
  response.on('end', () => writeSync(1, `${JSON.parse(json).access_token}\n`));
}).end(body);
